// Inputs drawn from a JSON Schema: one for every property of what is chosen. Types of fields that come later need nothing
// here: their options are told by their schemas.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { locale as pageLocale, t } from '../shell/words.ts';
import { icon, type Bench } from './bench.ts';
import { choose, idOf, json, several, text, wordOf, type Slot } from './controls.ts';
import { setType } from './expects.ts';
import { expression } from './expressions.ts';
import { LOCALES, withWords, words } from './labels.ts';
import { everyField, fieldAt, freshKey } from './model.ts';
import { fieldInput, unknown } from './naming/field-input.ts';
import { templateInput } from './naming/template.ts';
import { DRAWN, special } from './naming/special.ts';
import { defaultInput } from './rules/default.ts';
import { optionsOf } from './rules/names.ts';
import type { Label, Schema } from './types.ts';

export type { Slot } from './controls.ts';

/** A property with its name, its help behind "?" and what is wrong with it. */
export function property(slot: Slot): TemplateResult {
  const { bench, schema } = slot;
  const id = idOf(slot);
  const about = `help:${slot.path.slice(-2).join('.')}`;
  const helps = bench.opened.has(about);
  const wrong = bench.problems.filter((one) => one.path === slot.path.join('.'));
  const title = schema.title ?? slot.name;
  const bool = schema.type === 'boolean';
  const head = html`<span class="dz-prop-name">${bool ? html`<label for=${id}>${title}</label>` : html`<label class="form-label" for=${id} id="${id}-name">${title}${slot.required ? html`<span class="dz-must" title=${t('Required')}>*</span>` : nothing}</label>`}
    ${schema.description ? html`<button type="button" class="dz-help" aria-expanded=${helps} aria-label=${t('What is {name}?', { name: title })} @click=${() => bench.toggle(about)}>?</button>` : nothing}</span>`;
  return html`<div class="dz-prop ${bool ? 'dz-prop-switch' : ''}" data-prop=${slot.name}>
    ${bool ? html`${head}${control(slot)}` : html`${head}${control(slot)}`}
    ${helps ? html`<p class="dz-help-text">${schema.description}</p>` : nothing}
    ${isExpression(slot) ? nothing : wrong.map((one) => html`<div class="invalid-feedback d-block">${one.message}</div>`)}
  </div>`;
}

const isExpression = (slot: Slot): boolean => slot.schema['x-widget'] === 'expression';

export function control(slot: Slot): TemplateResult {
  const { schema } = slot;
  if (slot.name === 'choices' && slot.path[0] === 'rules') return allowed(slot);
  const named = special(slot);
  if (named) return named;
  switch (schema['x-widget']) {
    case 'label': return labelInput(slot);
    case 'expression': return slot.name === 'default' && slot.path[0] === 'fields' && slot.path.length < 6 ? defaultInput({ bench: slot.bench, id: `${idOf(slot)}`, path: slot.path, expects: slot.expects ?? '', text: String(slot.value ?? ''), set: (text) => slot.set(text, idOf(slot)), formula: expression(slot) }) : expression(slot.name === 'value' && slot.path[0] === 'rules' ? { ...slot, expects: setType(slot.bench, slot.path.slice(0, -1)), place: 'default' } : slot);
    case 'form': return choose(slot, slot.bench.boot.forms.filter((one) => !one.system || schema.pattern?.includes(one.key)).map((one) => [one.key, words(one.title, slot.bench.locale)]));
    case 'option_set': return choose(slot, slot.bench.boot.option_sets.map((one) => [one.key, words(one.title, slot.bench.locale)]));
    case 'field': return html`${choose(slot, fieldsOf(slot, false))}${unknownIn(slot)}`;
    case 'path': return fieldInput({ world: slot.bench, id: idOf(slot), source: slot.form ?? slot.scope, now: String(slot.value ?? ''), offer: { far: true, beyond: Boolean(schema.pattern && !new RegExp(schema.pattern).test('own')) }, hint: t('Add a relation to this form first: its fields can be chosen here then.'), set: (path) => slot.set(path) });
    case 'fields': return several(slot, fieldsOf(slot, true));
    case 'icon': return iconInput(slot);
    case 'color': return colors(slot);
    case 'template': return templateInput(slot);
    case 'width': return widths(slot);
  }
  if (schema.type === 'boolean') return toggle(slot);
  if (schema.enum) return choose(slot, schema.enum.map((one) => [String(one), wordOf(schema, one)]), schema.default);
  const either = schema.anyOf?.find((one) => one.enum);
  if (either?.enum) return choose(slot, either.enum.map((one) => [String(one), wordOf(either, one)]));
  if (schema.type === 'integer' || schema.type === 'number') return number(slot);
  if (schema.type === 'array' && schema.items?.enum) return several(slot, schema.items.enum.map((one) => [String(one), wordOf(schema.items as Schema, one)]));
  if (schema.type === 'array' && schema.items?.properties) return elements(slot);
  if (schema.type === 'object' && schema.properties) return group(slot);
  if (schema.type === 'string') return text(slot);
  // a text that may also be more (what a roll-up goes over): people write the text, what is more is shown as it is
  if (Array.isArray(schema.type) && schema.type.includes('string') && typeof slot.value !== 'object') return text(slot);
  return json(slot);
}

/** Which options an action leaves: those of the first field that it is about; a formula where it has none of its own. */
function allowed(slot: Slot): TemplateResult {
  const rule = slot.bench.doc.rules?.find((one) => one.key === slot.path[1]);
  const action = (rule?.['actions'] as { key: string; fields?: string[] }[] | undefined)?.find((one) => one.key === slot.path[3]);
  const spec = action?.fields?.[0] ? fieldAt(slot.bench.doc, action.fields[0]) : undefined;
  const { choices } = optionsOf(slot.bench, spec);
  if (choices && typeof slot.value !== 'string') return several(slot, choices);
  return expression({ ...slot, expects: 'list', place: 'default' });
}

function number(slot: Slot): TemplateResult {
  const whole = slot.schema.type === 'integer';
  return html`<input class="form-control num" id=${idOf(slot)} type="number" step=${whole ? 1 : 'any'} min=${slot.schema.minimum ?? ''} max=${slot.schema.maximum ?? ''}
    placeholder=${String(slot.schema.default ?? '')} .value=${live(String(slot.value ?? ''))}
    @input=${(event: Event) => {
      const typed = (event.target as HTMLInputElement).value;
      slot.set(typed === '' ? undefined : Number(typed), idOf(slot));
    }}>`;
}

function toggle(slot: Slot): TemplateResult {
  const on = Boolean(slot.value ?? slot.schema.default ?? false);
  return html`<span class="form-check form-switch mb-0"><input class="form-check-input" type="checkbox" role="switch" id=${idOf(slot)} .checked=${live(on)}
    @change=${(event: Event) => {
      const now = (event.target as HTMLInputElement).checked;
      slot.set(now === Boolean(slot.schema.default ?? false) ? undefined : now);
    }}></span>`;
}

/** Words in the page's language; those of the other behind a button. */
function labelInput(slot: Slot): TemplateResult {
  const { bench } = slot;
  const home = pageLocale();
  const about = `lang:${slot.path.join('.')}`;
  const more = bench.opened.has(about);
  const value = slot.value as Label | undefined;
  const shown = typeof value === 'string' || value === undefined ? (value ?? '') : (value[home] ?? '');
  const other = LOCALES.filter((one) => one !== home);
  const lines = slot.schema['x-lines'];
  const long = Boolean(lines) || slot.name === 'help' || slot.name === 'description' || slot.name === 'message';
  const write = (locale: string) => (event: Event) => {
    slot.set(withWords(value, locale, (event.target as HTMLInputElement).value, home), `${idOf(slot)}-${locale}`);
  };
  const line = (locale: string, id: string, now: string, hint: string): TemplateResult =>
    long
      ? html`<textarea class="form-control" id=${id} rows=${lines ?? 2} lang=${locale} placeholder=${hint} aria-label=${locale === home ? nothing : `${slot.schema.title} (${locale})`} .value=${live(now)} @input=${write(locale)}></textarea>`
      : html`<input class="form-control" id=${id} type="text" autocomplete="off" lang=${locale} placeholder=${hint} aria-label=${locale === home ? nothing : `${slot.schema.title} (${locale})`} .value=${live(now)} @input=${write(locale)}>`;
  const fallback = typeof value === 'object' && !shown ? words(value, home) : '';
  return html`<div class="dz-label-input">
      ${line(home, idOf(slot), shown, fallback)}
      <button type="button" class="dg-tool" aria-expanded=${more} aria-label=${t('In another language')} title=${t('In another language')} @click=${() => bench.toggle(about)}>${icon('language', 'sm')}</button>
    </div>
    ${more ? other.map((locale) => html`<div class="dz-label-other"><span class="dg-tag">${locale === 'en' ? 'EN' : '中'}</span>${line(locale, `${idOf(slot)}-${locale}`, typeof value === 'object' ? (value[locale] ?? '') : '', t('The same'))}</div>`) : nothing}`;
}

/** A field that is named and does not exist any more. */
function unknownIn(slot: Slot): TemplateResult | typeof nothing {
  const now = String(slot.value ?? '');
  const source = slot.form ?? slot.bench.doc.key;
  const here = source === slot.bench.doc.key && everyField(slot.bench.doc).some((each) => each.spec.key === now); // of the rows, too
  return !now || now.startsWith('_') || here || fieldsOf(slot, false).some(([key]) => key === now) ? nothing : unknown(slot.bench, source, now);
}

function fieldsOf(slot: Slot, rows: boolean): [string, string][] {
  const { bench } = slot;
  const say = (label: Label): string => words(label, bench.locale);
  const other = slot.form && slot.form !== bench.doc.key ? bench.boot.forms.find((one) => one.key === slot.form) : undefined;
  if (other) return other.fields.map((one) => [one.key, say(one.label)]);
  const found: [string, string][] = [];
  for (const one of bench.doc.fields) {
    found.push([one.key, say(one.label)]);
    if (rows) for (const below of one.fields ?? []) found.push([`${one.key}.${below.key}`, `${say(one.label)} › ${say(below.label)}`]);
  }
  return found;
}

function iconInput(slot: Slot): TemplateResult {
  const { bench } = slot;
  const about = `icons:${slot.path.join('.')}`;
  const open = bench.opened.has(about);
  const now = String(slot.value ?? 'file-text');
  return html`<button type="button" class="btn btn-plain" id=${idOf(slot)} aria-expanded=${open} @click=${() => bench.toggle(about)}>${icon(now)}<span>${t('Choose…')}</span></button>
    ${open ? html`<div class="dz-icons" role="group" aria-label=${t('Icons')}>${bench.boot.icons.map((one) => html`<button type="button" class="dg-tool" title=${one} aria-label=${one} aria-pressed=${one === now} @click=${() => slot.set(one)}>${icon(one, 'sm')}</button>`)}</div>` : nothing}`;
}

function colors(slot: Slot): TemplateResult {
  const options = slot.schema.enum ?? [];
  return html`<span class="dz-colors" role="group" id=${idOf(slot)} aria-label=${slot.schema.title ?? ''}>${options.map((one) => html`<button type="button" class="dz-color" data-color=${one} aria-pressed=${slot.value === one} title=${wordOf(slot.schema, one)} aria-label=${wordOf(slot.schema, one)}
    @click=${() => slot.set(slot.value === one ? undefined : one)}></button>`)}</span>`;
}

const WIDTHS: [number, string][] = [[3, '¼'], [4, '⅓'], [6, '½'], [8, '⅔'], [9, '¾'], [12, '1']];

function widths(slot: Slot): TemplateResult {
  return html`<div class="dz-segments" role="group" id=${idOf(slot)} aria-label=${slot.schema.title ?? ''}>
    <button type="button" aria-pressed=${slot.value === undefined} @click=${() => slot.set(undefined)}>${t('Auto')}</button>
    ${WIDTHS.map(([width, name]) => html`<button type="button" aria-pressed=${slot.value === width} aria-label="${name} (${t('{n} of 12', { n: width })})" @click=${() => slot.set(width)}>${name}</button>`)}
  </div>`;
}

function group(slot: Slot): TemplateResult {
  const about = `group:${slot.path.join('.')}`;
  // what may be left out altogether does not fill the panel before somebody wants it
  if (slot.value === undefined && !slot.required && slot.name !== 'linkage' && !slot.bench.opened.has(about)) return html`<button type="button" class="btn btn-quiet dz-list-add" id=${idOf(slot)} aria-label="${t('Set up')}: ${slot.schema.title ?? ''}" @click=${() => slot.bench.toggle(about)}>${icon('plus', 'sm')}${t('Set up')}</button>`;
  const value = (slot.value ?? {}) as Record<string, unknown>;
  return html`<div class="dz-group" role="group" id=${idOf(slot)} aria-label=${slot.schema.title ?? ''}>${properties(slot, slot.schema.properties ?? {}, value, slot.schema.required ?? [])}</div>`;
}

const FOR_RESULTS: Record<string, string[]> = {
  decimals: ['number', 'money', 'percent'], percent: ['number'], grouping: ['number', 'money'], unit: ['number'], currency: ['money'], currency_field: ['money'], base: ['money'], precision: ['date', 'datetime'],
};

/** Whether a property means anything beside what else is chosen: the kind of result (formulas, roll-ups), what a button does. */
export function fits(name: string, value: Record<string, unknown>, schemas: Record<string, Schema>): boolean {
  const when = Object.entries(schemas[name]?.['x-when'] ?? {});
  if (!when.every(([other, values]) => values.includes(String(value[other] ?? schemas[other]?.default)))) return false;
  const results = FOR_RESULTS[name];
  return !results || typeof value['result'] !== 'string' || results.includes(value['result']);
}

/** The inputs of an object's properties. */
export function properties(slot: Omit<Slot, 'schema' | 'name' | 'value'>, schemas: Record<string, Schema>, value: Record<string, unknown>, required: string[], skip: string[] = []): TemplateResult[] {
  return Object.entries(schemas)
    .filter(([name]) => !skip.includes(name) && fits(name, value, schemas))
    .map(([name, schema]) =>
      property({
        ...slot,
        name,
        schema,
        value: value[name],
        path: [...slot.path, name],
        required: required.includes(name),
        form: name !== 'form' && typeof value['form'] === 'string' ? (value['form'] as string) : slot.form,
        set: (next, about) => {
          const { [name]: _old, ...rest } = value;
          const after = next === undefined ? rest : { ...value, [name]: next };
          slot.set(Object.keys(after).length ? after : undefined, about);
        },
      } as Slot),
    );
}

// -- lists ----------------------------------------------------------------------------------------------------------------

type Element = Record<string, unknown> & { key?: string };

/** A list of things: their first words and colour in a line, the rest behind an arrow; moved with the arrows or dragged. */
function elements(slot: Slot): TemplateResult {
  const { bench } = slot;
  const list = Array.isArray(slot.value) ? (slot.value as Element[]) : [];
  const schemas = slot.schema.items?.properties ?? {};
  const keyed = 'key' in schemas;
  const set = (next: Element[], about?: string): void => slot.set(next.length || slot.required ? next : undefined, about);
  const nameOf = (one: Element, index: number): string => (keyed ? String(one.key) : String(index));
  const kept = (one: Element, index: number): string => ('label' in schemas ? String(index) : nameOf(one, index)); // the key of an option follows its name: its inputs stay, and with them the focus
  return html`<div class="dz-list" id=${idOf(slot)} role="group" aria-label=${slot.schema.title ?? ''}>
    ${repeat(list, kept, (one, index) => element(slot, list, one, index, nameOf(one, index), set))}
    <button type="button" class="btn btn-quiet dz-list-add" @click=${() => set([...list, fresh(slot, list, keyed)])}>${icon('plus', 'sm')}${t('Add')}</button>
    ${'label' in schemas && keyed ? html`<button type="button" class="btn btn-quiet" @click=${() => bench.toggle(`many:${slot.path.join('.')}`)}>${icon('list', 'sm')}${t('Several at once')}</button>
      ${bench.opened.has(`many:${slot.path.join('.')}`) ? many(slot, list, set) : nothing}` : nothing}
  </div>`;
}

function fresh(slot: Slot, list: Element[], keyed: boolean): Element {
  const schemas = slot.schema.items?.properties ?? {};
  const made: Element = {};
  if ('label' in schemas) {
    const word = slot.bench.locale.startsWith('zh') ? '选项' : 'Option ';
    let number = list.length + 1;
    while (list.some((one) => one.key === `${word}${number}`)) number += 1;
    if (keyed) made.key = `${word}${number}`;
    made['label'] = `${word}${number}`;
    return made;
  }
  if (keyed) made.key = freshKey(slot.name.replace(/s$/, '').replace(/[^a-z0-9_]/g, '') || 'item', [...list.map((one) => String(one.key)), '']);
  for (const [name, schema] of Object.entries(schemas)) {
    if (name !== 'key' && slot.schema.items?.required?.includes(name) && schema.enum) made[name] = schema.default ?? schema.enum[0];
  }
  return made;
}

function element(slot: Slot, list: Element[], one: Element, index: number, name: string, set: (next: Element[], about?: string) => void): TemplateResult {
  const { bench } = slot;
  const schemas = slot.schema.items?.properties ?? {};
  const simple = 'label' in schemas;
  const about = `item:${[...slot.path, name].join('.')}`;
  const open = bench.opened.has(about) || (!simple && !bench.opened.has(`${about}:shut`));
  const put = (next: Element, mark?: string): void => set(list.map((each, at) => (at === index ? next : each)), mark);
  const move = (to: number): void => {
    if (to < 0 || to >= list.length) return;
    const next = list.filter((_each, at) => at !== index);
    next.splice(to, 0, one);
    set(next);
  };
  const label = words((one['label'] ?? one['title'] ?? one['message']) as Label, bench.locale) || nameIn(schemas, one) || ('key' in schemas ? name : String(index + 1));
  const inDoc = isPublished(bench, [...slot.path, name]);
  return html`<div class="dz-element" data-element=${name}>
    <div class="dz-element-line">
      <button type="button" class="dz-grip" draggable="false" aria-label=${t('Move {name}: press the up or down arrow', { name: label })} title=${t('Drag, or press the up or down arrow')}
        @keydown=${(event: KeyboardEvent) => {
          const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          move(index + step);
          const area = (event.target as HTMLElement).closest('.dz-list');
          setTimeout(() => area?.querySelector<HTMLElement>(`[data-element="${CSS.escape(name)}"] .dz-grip`)?.focus());
        }}
        @pointerdown=${(event: PointerEvent) => dragElement(event, move)}>${icon('grip-vertical', 'sm')}</button>
      ${simple && 'color' in schemas ? html`<button type="button" class="dz-swatch" data-color=${String(one['color'] ?? '')} aria-label=${t('Colour of {name}', { name: label })} aria-expanded=${bench.opened.has(`${about}:color`)} @click=${() => bench.toggle(`${about}:color`)}></button>` : nothing}
      ${simple
        ? html`<input class="form-control" type="text" aria-label=${t('The name')} autocomplete="off" .value=${live(words(one['label'] as Label, pageLocale()) || String(one.key ?? ''))}
            @keydown=${(event: KeyboardEvent) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              slot.set([...list, fresh(slot, list, true)]);
              const area = (event.target as HTMLElement).closest('.dz-list');
              setTimeout(() => [...(area?.querySelectorAll<HTMLInputElement>('.dz-element-line input') ?? [])].at(-1)?.select());
            }}
            @input=${(event: Event) => {
              const typed = (event.target as HTMLInputElement).value;
              put({ ...one, label: withWords(one['label'] as Label, pageLocale(), typed, pageLocale()) ?? typed }, `${idOf(slot)}-${name}`);
            }}
            @change=${() => {
              const typed = words(one['label'] as Label, pageLocale()).trim().slice(0, 60);
              if (inDoc || !typed || typed === one.key || list.some((each) => each.key === typed)) return;
              put({ ...one, key: typed }, `${idOf(slot)}-${name}`);
            }}>`
        : html`<span class="dz-element-name">${label}</span>`}
      <button type="button" class="dg-tool" aria-expanded=${open} aria-label=${t('More about {name}', { name: label })} @click=${() => bench.toggle(simple || !open ? (simple ? about : `${about}:shut`) : `${about}:shut`)}>${icon(open ? 'chevron-up' : 'chevron-down', 'sm')}</button>
      <button type="button" class="dg-tool" aria-label=${t('Remove {name}', { name: label })} @click=${() => set(list.filter((_each, at) => at !== index))}>${icon('x', 'sm')}</button>
    </div>
    ${bench.opened.has(`${about}:color`) && schemas['color'] ? html`<div class="dz-element-more">${colors({ ...slot, name: 'color', schema: schemas['color'], value: one['color'], path: [...slot.path, name, 'color'], set: (next) => put(withValue(one, 'color', next)) })}</div>` : nothing}
    ${open ? html`<div class="dz-element-more">${properties({ ...slot, path: [...slot.path, name], set: (next, mark) => put((next ?? {}) as Element, mark) }, schemas, one, slot.schema.items?.required ?? [], hiddenOf(one, inDoc || !simple, simple))}</div>` : nothing}
  </div>`;
}

/** A thing without words is called by the first of its values that has some. */
function nameIn(schemas: Record<string, Schema>, one: Element): string {
  const found = Object.entries(schemas).find(([name, schema]) => schema.enum && one[name] !== undefined);
  return found ? wordOf(found[1], String(one[found[0]])) : '';
}

function withValue(one: Element, name: string, value: unknown): Element {
  const { [name]: _old, ...rest } = one;
  return value === undefined ? rest : { ...one, [name]: value };
}

/** Which properties of an element are not offered: keys that are fixed, and what an action of a rule has no use for. */
function hiddenOf(one: Element, keyFixed: boolean, simple: boolean): string[] {
  const hidden = keyFixed ? ['key'] : [];
  if (simple) hidden.push('label', 'color');
  const uses = typeof one['do'] === 'string' ? ACTION_USES[one['do']] : undefined;
  if (uses) hidden.push(...['fields', 'value', 'choices', 'color', 'message', 'field'].filter((name) => !uses.includes(name)));
  return hidden;
}

const ACTION_USES: Record<string, string[]> = {
  show: ['fields'], hide: ['fields'], require: ['fields'], optional: ['fields'], readonly: ['fields'], editable: ['fields'],
  set: ['fields', 'value'], choices: ['fields', 'choices'], color: ['fields', 'color'], block: ['message', 'field'], warn: ['message', 'field'], lock: ['message'],
};

function isPublished(bench: Bench, path: string[]): boolean {
  let value: unknown = bench.boot.published;
  for (const name of path) {
    value = Array.isArray(value) ? value.find((one) => (one as Element).key === name) : (value as Record<string, unknown> | undefined)?.[name];
    if (value === undefined || value === null) return false;
  }
  return true;
}

/** Moves an element of a list with the pointer, step by step over its neighbours. */
export function dragElement(event: PointerEvent, move: (to: number) => void, inside = '.dz-list', each = '.dz-element'): void {
  const grip = event.currentTarget as HTMLElement;
  const list = grip.closest(inside);
  const row = grip.closest(each);
  if (!list || !row) return;
  event.preventDefault();
  grip.focus();
  let to = [...list.querySelectorAll(`:scope > ${each}`)].indexOf(row);
  row.classList.add('dz-element-drag');
  const over = (moved: PointerEvent): void => {
    const rows = [...list.querySelectorAll<HTMLElement>(`:scope > ${each}`)];
    to = rows.filter((one) => one !== row && moved.clientY > one.getBoundingClientRect().top + one.offsetHeight / 2).length;
    rows.forEach((one) => one.classList.remove('dz-element-before', 'dz-element-after'));
    const others = rows.filter((one) => one !== row);
    const next = others[to];
    if (next) next.classList.add('dz-element-before');
    else others.at(-1)?.classList.add('dz-element-after');
  };
  const end = (): void => {
    removeEventListener('pointermove', over);
    row.classList.remove('dz-element-drag');
    list.querySelectorAll(each).forEach((one) => one.classList.remove('dz-element-before', 'dz-element-after'));
    if ([...list.querySelectorAll(`:scope > ${each}`)].indexOf(row) !== to) move(to);
  };
  addEventListener('pointermove', over);
  addEventListener('pointerup', end, { once: true });
}

/** Options as lines of a text: quick to paste from a table. */
function many(slot: Slot, list: Element[], set: (next: Element[]) => void): TemplateResult {
  const lines = list.map((one) => words((one['label'] ?? one.key) as Label, pageLocale())).join('\n');
  const id = `${idOf(slot)}-many`;
  return html`<div class="dz-many"><label class="form-label" for=${id}>${t('One option in each line')}</label>
    <textarea class="form-control" id=${id} rows="6" .value=${lines}></textarea>
    <button type="button" class="btn btn-plain" @click=${(event: Event) => {
      const area = (event.target as HTMLElement).closest('.dz-many')?.querySelector('textarea');
      const typed = [...new Set((area?.value ?? '').split('\n').map((one) => one.trim()).filter(Boolean))];
      const found = typed.map((text): Element => list.find((one) => words((one['label'] ?? one.key) as Label, pageLocale()) === text) ?? { key: text.slice(0, 60), label: text });
      set(found);
      slot.bench.toggle(`many:${slot.path.join('.')}`);
    }}>${t('Take over')}</button></div>`;
}

DRAWN.property = property;
