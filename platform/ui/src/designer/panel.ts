// The right side: the properties of what is chosen, of the form where nothing is.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../shell/words.ts';
import { icon, pressing, problemsOf, type Bench } from './bench.ts';
import { oneSource } from './choices.ts';
import { expectsOf, valueType } from './expects.ts';
import { properties, property, type Slot } from './inputs.ts';
import { get, put, same } from './keyed.ts';
import { words } from './labels.ts';
import { maskInput } from './mask-input.ts';
import { everyField, exists, fieldAt, fitsInto, freshKey, isField, moveFields, parentOf, placeOf, renameKey, sectionOf, siblings, type Entry } from './model.ts';
import { shows } from './settings.ts';
import type { FieldSpec, Problem, Schema } from './types.ts';

const FIRST = ['label', 'help', 'placeholder', 'required', 'unique', 'encrypted', 'readonly', 'hidden', 'default', 'width'];
const SHARED = ['required', 'readonly', 'hidden', 'width'];

export function panel(bench: Bench): TemplateResult {
  const ids = bench.chosen.filter((id) => exists(bench.doc, id));
  const body = ids.length > 1 ? severalFields(bench, ids) : ids.length ? one(bench, ids[0] as string) : form(bench);
  return html`<aside class="dz-panel" aria-label=${t('Properties')} @keydown=${(event: KeyboardEvent) => leave(bench, event)}>${body}</aside>`;
}

function leave(bench: Bench, event: KeyboardEvent): void {
  if (event.key !== 'Escape' || event.defaultPrevented) return;
  event.preventDefault();
  event.stopPropagation();
  bench.choose([...bench.chosen], true);
}

function one(bench: Bench, id: string): TemplateResult {
  if (id.startsWith('#s:')) return thing(bench, id, t('Section'), 'layout-list', bench.boot.panels.section, ['fields']);
  if (id.startsWith('#t:')) return thing(bench, id, t('Tab'), 'layout-sidebar', bench.boot.panels.tab, []);
  if (id.startsWith('#r:')) return form(bench);
  return field(bench, id);
}

function head(bench: Bench, iconName: string, title: string, about: string, ids: string[]): TemplateResult {
  return html`<header class="dz-panel-head">
    <span class="dz-panel-icon">${icon(iconName)}</span>
    <span class="dz-panel-words"><strong>${title}</strong>${about ? html`<span>${about}</span>` : nothing}</span>
    ${ids.length
      ? html`<span class="dz-panel-tools">
          ${ids.every(isField) ? html`<button type="button" class="dg-tool" title="${t('Duplicate')} (Ctrl+D)" aria-label=${t('Duplicate')} @click=${() => bench.duplicate()}>${icon('copy', 'sm')}</button>` : nothing}
          <button type="button" class="dg-tool" title="${t('Remove')} (Delete)" aria-label=${t('Remove')} @click=${() => bench.discard(ids)}>${icon('trash', 'sm')}</button>
          ${bench.narrow ? html`<button type="button" class="dg-tool" aria-label=${t('Close')} @click=${() => bench.choose([])}>${icon('x', 'sm')}</button>` : nothing}
        </span>`
      : nothing}
  </header>`;
}

function setter(bench: Bench, place: string[]): Slot['set'] {
  return (value, about) => bench.change(put(bench.doc, place, value), { about: about ?? '' });
}

function slotFor(bench: Bench, id: string, scope: string): Omit<Slot, 'schema' | 'name' | 'value'> {
  const place = placeOf(id);
  return { bench, path: place, scope, set: setter(bench, place) };
}

/** A section, a tab. */
function thing(bench: Bench, id: string, title: string, iconName: string, schemas: Record<string, Schema>, skip: string[]): TemplateResult {
  const value = (get(bench.doc, placeOf(id)) ?? {}) as Record<string, unknown>;
  const hidden = ['key', ...skip, ...(bench.doc.tabs?.length ? [] : ['tab'])];
  const slot = slotFor(bench, id, bench.doc.key);
  const tab = schemas['tab'] && !hidden.includes('tab') ? tabChoice(bench, id, String(value['tab'] ?? ''), schemas['tab']) : nothing;
  return html`${head(bench, iconName, words(value['title'] as string, bench.locale) || title, title, [id])}
    <div class="dz-panel-body">${properties({ ...slot, set: keepKey(slot.set, value) }, schemas, value, [], [...hidden, 'tab'])}${tab}
    ${order(bench, id)}</div>`;
}

/** An object that loses its last property keeps its key. */
function keepKey(set: Slot['set'], value: Record<string, unknown>): Slot['set'] {
  return (next, about) => set(next ?? { key: value['key'] }, about);
}

function tabChoice(bench: Bench, id: string, now: string, schema: Schema): TemplateResult {
  return html`<div class="dz-prop"><label class="form-label" for="dz-tab-choice">${schema.title}</label>
    <select class="form-select" id="dz-tab-choice" .value=${live(now)} @change=${(event: Event) => {
      const key = (event.target as HTMLSelectElement).value;
      bench.change(put(bench.doc, [...placeOf(id), 'tab'], key || undefined));
      if (key) bench.showTab(key);
    }}><option value="">${t('Above the tabs')}</option>${(bench.doc.tabs ?? []).map((tab) => html`<option value=${tab.key} ?selected=${tab.key === now}>${words(tab.title, bench.locale)}</option>`)}</select></div>`;
}

function order(bench: Bench, id: string): TemplateResult {
  const [list, key] = placeOf(id) as [string, string];
  const all = (bench.doc[list] as { key: string }[] | undefined) ?? [];
  const at = all.findIndex((each) => each.key === key);
  const move = (to: number): void => {
    const next = all.filter((each) => each.key !== key);
    next.splice(to, 0, all[at] as { key: string });
    bench.change(put(bench.doc, [list], next));
  };
  return html`<div class="dz-prop dz-order"><span class="form-label">${t('Order')}</span>
    <span class="btn-group"><button type="button" class="btn btn-plain" ?disabled=${at <= 0} @click=${() => move(at - 1)}>${icon('arrow-up', 'sm')}${t('Up')}</button>
    <button type="button" class="btn btn-plain" ?disabled=${at >= all.length - 1} @click=${() => move(at + 1)}>${icon('arrow-down', 'sm')}${t('Down')}</button></span></div>`;
}

// -- fields ---------------------------------------------------------------------------------------------------------------

function field(bench: Bench, path: string): TemplateResult {
  const spec = fieldAt(bench.doc, path) as FieldSpec;
  const info = bench.types.get(spec.type);
  const panels = bench.boot.panels;
  const scope = path.includes('.') ? `${bench.doc.key}.${parentOf(path)}` : bench.doc.key;
  const slot = slotFor(bench, path, scope);
  const name = words(spec.label, bench.locale);
  const twin = everyField(bench.doc).some((each) => each.path !== path && each.parent?.key === path.split('.').at(-2) && words(each.spec.label, bench.locale).trim() === name.trim());
  const shown = (key: string): boolean => shows(info, path, spec, key);
  const about = (key: string): Slot => ({
    ...slot,
    name: key,
    schema: panels.field[key] as Schema,
    value: spec[key],
    path: [...slot.path, key],
    required: key === 'label',
    expects: key === 'default' ? valueType(bench, spec) : '',
    place: 'default',
    set: (value, mark) => {
      if (key === 'label') bench.labelled(path, words(value as string, bench.locale));
      bench.change(put(bench.doc, [...slot.path, key], value ?? (key === 'label' ? '' : undefined)), { about: mark ?? '' });
    },
  });
  const options = info?.options ?? {};
  const rest = Object.keys(panels.field).filter((key) => !['key', 'type', 'options', 'linkage', ...FIRST].includes(key));
  const switches = FIRST.filter((key) => shown(key) && panels.field[key]?.type === 'boolean');
  const plain = ['help', 'placeholder', 'default', 'width'].filter((key) => shown(key) && panels.field[key]);
  const wrong = problemsOf(bench, placeOf(path)).filter((each) => each.path === placeOf(path).join('.') || each.path.endsWith('.options') || each.path.endsWith('.fields'));
  // a kind of field without any of its settings yet: which of them it cannot be without
  const must = (info?.required ?? []).map((each) => options[each]?.title ?? each);
  const told = (each: Problem): string => (each.code === 'designer.fill_in' && each.path.endsWith('.options') && must.length ? t('Fill in: {names}', { names: new Intl.ListFormat(bench.locale, { type: 'conjunction' }).format(must) }) : each.message);
  return html`${head(bench, info?.icon ?? 'forms', name || spec.key, info?.title ?? spec.type, [path])}
    <div class="dz-panel-body" data-for=${path}>
      ${wrong.map((each) => html`<div class="dg-note" data-kind="warning">${icon('alert-triangle')}<div>${told(each)}</div></div>`)}
      ${property(about('label'))}
      ${twin ? html`<p class="dz-warn">${icon('alert-triangle', 'sm')}${t('Another field has the same name. People will mix them up.')}</p>` : nothing}
      ${Object.keys(options).length
        ? html`<div class="dz-part" role="group" aria-label=${info?.title ?? ''}>${properties(
            { ...slot, path: [...slot.path, 'options'], expects: expectsOf(spec), place: info?.writable ? 'default' : 'live', set: (value, mark) => bench.change(put(bench.doc, [...slot.path, 'options'], oneSource(spec.options ?? {}, value as Record<string, unknown> | undefined, bench.boot.option_sets)), { about: mark ?? '' }) },
            options, spec.options ?? {}, info?.required ?? [], spec.options?.['set'] ? ['choices'] : [])}</div>`
        : nothing}
      <div class="dz-part">${switches.map((key) => property(about(key)))}</div>
      <div class="dz-part">${plain.map((key) => property(about(key)))}</div>
      ${shown('linkage') && panels.field['linkage'] ? linkage(about('linkage'), spec) : nothing}
      <div class="dz-part">${where(bench, path)}</div>
      <details class="dz-advanced"><summary>${t('Advanced')}</summary>
        ${rest.filter(shown).map((key) => key === 'mask' ? maskInput(about(key), spec) : property({ ...about(key), place: 'rule' }))}
        ${keyInput(bench, path, spec)}
        ${typeInput(bench, path, spec)}
        ${usedLink(bench, path)}
      </details>
    </div>`;
}

/** The way to every place that names the field; of one that was never published nothing is known yet. */
function usedLink(bench: Bench, path: string): TemplateResult | typeof nothing {
  const url = bench.boot.links['where_used'];
  if (!url || bench.isNew(path)) return nothing;
  return html`<a class="btn btn-quiet" href=${`${url}?kind=form&key=${bench.doc.key}&path=${encodeURIComponent(placeOf(path).join('.'))}`}>${icon('sitemap', 'sm')}${t('Where used')}</a>`;
}

/** Data linkage: for rows it fills fields of them, for any other field it gives a value or the choices. */
function linkage(slot: Slot, spec: FieldSpec): TemplateResult {
  const without = spec.fields ? ['take', 'aggregate', 'as'] : ['rows'];
  const first = ['form', 'take', 'rows'];
  const at = (name: string): number => (first.indexOf(name) + first.length + 1) % (first.length + 1);
  const kept = Object.entries(slot.schema.properties ?? {}).filter(([name]) => !without.includes(name)).sort(([left], [right]) => at(left) - at(right));
  return html`<details class="dz-advanced dz-linkage" ?open=${Boolean(spec['linkage'])}><summary>${slot.schema.title}</summary>
    ${property({ ...slot, schema: { ...slot.schema, properties: Object.fromEntries(kept) } })}</details>`;
}

/** Where the field stands: moved without dragging. */
function where(bench: Bench, path: string): TemplateResult {
  const info = bench.types.get(fieldAt(bench.doc, path)?.type ?? '');
  const parent = parentOf(path);
  const now = parent ? `rows:${parent}` : `section:${sectionOf(bench.doc, path)?.key ?? ''}`;
  const untitled = (number: number): string => t('Section {n}', { n: number });
  const sections = (bench.doc.sections ?? []).map((each, index): [string, string] => [`section:${each.key}`, words(each.title, bench.locale) || untitled(index + 1)]);
  const spec = fieldAt(bench.doc, path);
  const fits = (each: string): boolean => Boolean(spec && fitsInto(spec, each, bench.types)) && !`${each}.`.startsWith(`${path}.`);
  const tables = everyField(bench.doc).filter((each) => bench.types.get(each.spec.type)?.storage === 'children' && fits(each.path));
  const say = (each: Entry): string => (each.parent ? `${words(each.parent.label, bench.locale)} › ` : '') + words(each.spec.label, bench.locale);
  const rows = info?.in_subform ? tables.map((each): [string, string] => [`rows:${each.path}`, say(each)]) : [];
  const options = [...(now === 'section:' ? [[now, t('The form')] as [string, string]] : []), ...sections, ...rows];
  return html`<div class="dz-prop"><label class="form-label" for="dz-where">${t('Stands in')}</label>
    <select class="form-select" id="dz-where" .value=${live(now)} @change=${(event: Event) => {
      const value = (event.target as HTMLSelectElement).value;
      const target = value.startsWith('rows:')
        ? { subform: value.slice(5), index: siblings(bench.doc, value.slice(5)).length }
        : { section: value.slice(8), index: bench.doc.sections?.find((each) => each.key === value.slice(8))?.fields.length ?? 0 };
      const [doc, moved] = moveFields(bench.doc, [path], target, bench.types);
      bench.change(doc, { chosen: moved });
    }}>${options.map(([key, title]) => html`<option value=${key} ?selected=${key === now}>${title}</option>`)}</select></div>`;
}

function keyInput(bench: Bench, path: string, spec: FieldSpec): TemplateResult {
  const schema = bench.boot.panels.field['key'] as Schema;
  const fixed = !bench.isNew(path);
  return html`<div class="dz-prop"><label class="form-label" for="dz-key">${schema.title}</label>
    <input class="form-control font-monospace" id="dz-key" type="text" maxlength="40" pattern="[a-z](_?[a-z0-9])*" spellcheck="false" ?readonly=${fixed} .value=${live(spec.key)}
      @change=${(event: Event) => {
        const input = event.target as HTMLInputElement;
        const typed = input.value.trim().toLowerCase();
        if (!input.validity.valid || !typed || typed === spec.key) {
          input.value = spec.key;
          return;
        }
        const parent = parentOf(path) || undefined;
        const key = freshKey(typed, siblings(bench.doc, parent).filter((each) => each !== spec.key));
        bench.history.auto.delete(path);
        bench.change(renameKey(bench.doc, path, key), { chosen: [parent ? `${parent}.${key}` : key] });
      }}>
    <span class="form-hint">${fixed ? t('Published: the key stays as it is.') : t('Follows the name until the form is published.')}</span></div>`;
}

/** Another type for the field; what the new type does not know of its options goes. */
function typeInput(bench: Bench, path: string, spec: FieldSpec): TemplateResult {
  const info = bench.types.get(spec.type);
  if (info?.storage === 'children') return html``;
  const fits = bench.boot.panels.types.filter((each) => each.storage !== 'children' && (!path.includes('.') || each.in_subform));
  return html`<div class="dz-prop"><label class="form-label" for="dz-type">${bench.boot.panels.field['type']?.title}</label>
    <select class="form-select" id="dz-type" .value=${live(spec.type)} @change=${(event: Event) => {
      const next = bench.types.get((event.target as HTMLSelectElement).value);
      if (!next) return;
      const options = Object.fromEntries(Object.entries(spec.options ?? {}).filter(([name]) => name in next.options && same(next.options[name]?.type, info?.options[name]?.type)));
      bench.change(put(put(bench.doc, [...placeOf(path), 'type'], next.key), [...placeOf(path), 'options'], Object.keys(options).length ? options : undefined));
    }}>${fits.map((each) => html`<option value=${each.key} ?selected=${each.key === spec.type}>${each.title}</option>`)}</select></div>`;
}

/** What several fields share: one change for all. */
function severalFields(bench: Bench, ids: string[]): TemplateResult {
  const fields = ids.filter(isField);
  const specs = fields.map((path) => fieldAt(bench.doc, path)).filter((each) => each !== undefined);
  const names = SHARED.filter((name) => bench.boot.panels.field[name]);
  return html`${head(bench, 'stack-2', t('{n} chosen', { n: ids.length }), t('Changes hold for all of them'), ids)}
    <div class="dz-panel-body">${names.map((name) => {
      const first = specs[0]?.[name];
      const equal = specs.every((each) => same(each[name], first));
      return property({
        bench, name, schema: bench.boot.panels.field[name] as Schema, value: equal ? first : undefined, path: ['several', name], scope: bench.doc.key,
        set: (value) => bench.change(fields.reduce((doc, path) => put(doc, [...placeOf(path), name], value), bench.doc)),
      });
    })}</div>`;
}

// -- the form -------------------------------------------------------------------------------------------------------------

function form(bench: Bench): TemplateResult {
  const schemas = bench.boot.panels.form;
  const { doc } = bench;
  const first = ['title', 'icon', 'description', 'title_field', 'subtitle_field'].filter((name) => schemas[name]);
  const rest = Object.keys(schemas).filter((name) => !first.includes(name) && !['kind', 'key'].includes(name));
  const slot = (name: string): Slot => ({
    bench, name, schema: schemas[name] as Schema, value: doc[name], path: [name], scope: doc.key, required: name === 'title', set: setter(bench, [name]),
  });
  const own = pressing(bench).filter((each) => !each.path || each.path === 'fields');
  return html`${head(bench, doc.icon ?? 'file-text', words(doc.title, bench.locale), t('The form'), [])}
    <div class="dz-panel-body">
      ${own.map((each) => html`<div class="dg-note" data-kind="warning">${icon('alert-triangle')}<div>${each.message}</div></div>`)}
      ${first.map((name) => property(slot(name)))}
      <details class="dz-advanced"><summary>${t('Advanced')}</summary>${rest.map((name) => property(slot(name)))}
        <div class="dz-prop"><label class="form-label" for="dz-form-key">${bench.boot.panels.field['key']?.title}</label><input class="form-control font-monospace" id="dz-form-key" readonly .value=${doc.key}></div>
      </details>
      <div class="dz-part dz-keys" tabindex="-1"><h2 class="dz-group-title">${t('Keyboard')}</h2>
        ${KEYS().map(([keys, what]) => html`<div><span>${what}</span><span>${keys.map((key) => html`<kbd>${key}</kbd>`)}</span></div>`)}</div>
    </div>`;
}

const KEYS = (): [string[], string][] => [
  [['/'], t('Search')],
  [['↑ ↓ ← →'], t('Go to the next field')],
  [['Shift', '↑ ↓ ← →'], t('Choose several')],
  [['Ctrl', 'A'], t('Choose all')],
  [['Alt', '↑ ↓ ← →'], t('Move the field')],
  [['Enter'], t('Properties')],
  [['Esc'], t('Back to the form')],
  [['Delete'], t('Remove')],
  [['Ctrl', 'C / X / V'], t('Copy, cut, paste')],
  [['Ctrl', 'D'], t('Duplicate')],
  [['Ctrl', 'Z / Y'], t('Undo, redo')],
  [['1 / 2 / 3'], t('Layout, rules, trial')],
  [['Ctrl', 'Enter'], t('Publish')],
  [['?'], t('These keys')],
];
