// A roll-up: over which rows or records, what of them, and which of them count.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import { icon } from '../bench.ts';
import { idOf, type Slot } from '../controls.ts';
import { checker, expression, farSource, isFar, namesFor, sourceOf } from '../expressions.ts';
import { words } from '../labels.ts';
import { read } from '../rules/conditions.ts';
import type { Subject } from '../rules/names.ts';
import { isValue, leads, nodesOf, offered, pointing, sourceTitle, STEP, valueOf, type Fits, type Node, type World } from './around.ts';
import { fieldInput } from './field-input.ts';

interface Over {
  id: string;
  label: string;
  group: 'own' | 'there';
  of: unknown;
  source: string;
}

/** Everything that a roll-up of a record or row may go over. */
export function overs(world: World, home: string): Over[] {
  const own = (nodesOf(world, home) ?? []).filter((one) => !one.key.startsWith('_') && (one.fields || one.many)).flatMap((one): Over[] => {
    const source = leads(one, home);
    return source ? [{ id: one.key, label: words(one.label, world.locale), group: 'own', of: one.key, source }] : [];
  });
  const there = pointing(world, home).map((one): Over => {
    const named = one.reverse && !one.rows;
    const of = named ? one.reverse : { form: one.form, ...(one.rows ? { rows: one.rows } : {}), field: one.field };
    return { id: `${one.form}/${one.rows ?? ''}/${one.field}`, label: one.label, group: 'there', of, source: [one.form, one.rows].filter(Boolean).join('.') };
  });
  return [...own, ...there];
}

/** The one that a document says: by the key of a list, or by form, rows and relation. */
export function overOf(world: World, home: string, of: unknown): Over | undefined {
  const every = overs(world, home);
  if (typeof of === 'string') return every.find((one) => one.of === of);
  if (typeof of !== 'object' || of === null) return undefined;
  const { form, rows, field } = of as { form?: string; rows?: string; field?: string };
  return every.find((one) => one.id === `${form}/${rows ?? ''}/${field}`);
}

export function overInput(slot: Slot, home: string): TemplateResult {
  const { bench } = slot;
  const every = overs(bench, home);
  const now = overOf(bench, home, slot.value);
  const raw = slot.value === undefined ? '' : typeof slot.value === 'string' ? slot.value : Object.values(slot.value as object).join(STEP);
  const part = (group: Over['group'], title: string): TemplateResult | typeof nothing => {
    const found = every.filter((one) => one.group === group);
    return found.length ? html`<optgroup label=${title}>${found.map((one) => html`<option value=${one.id} ?selected=${one.id === now?.id}>${one.label}</option>`)}</optgroup>` : nothing;
  };
  return html`<select class="form-select" id=${idOf(slot)} .value=${live(now?.id ?? (raw ? '?' : ''))} @change=${(event: Event) => {
      const id = (event.target as HTMLSelectElement).value;
      const one = every.find((each) => each.id === id);
      if (id !== '?') slot.set(one?.of);
    }}><option value="" ?selected=${!raw}>${t('Choose…')}</option>${raw && !now ? html`<option value="?" selected>${raw}</option>` : nothing}
      ${part('own', sourceTitle(bench, home))}${part('there', t('What points here'))}</select>
    ${every.length ? nothing : html`<p class="form-hint">${t('Nothing can be added up yet: add a sub-form, or a relation to this form in another form.')}</p>`}
    ${raw && !now ? html`<p class="dz-warn dz-unknown">${icon('alert-triangle', 'sm')}<span>${t('“{key}” leads to no rows', { key: raw })}</span></p>` : nothing}`;
}

const MEASURES: Record<string, string[]> = { sum: ['number'], average: ['number'], earliest: ['date', 'datetime'], latest: ['date', 'datetime'] };

/** Which field is added up: a field of the rows, one along their relations, or a formula over each. */
export function measureInput(slot: Slot, source: string, aggregate: string): TemplateResult {
  const { bench } = slot;
  const text = String(slot.value ?? '');
  const wanted = MEASURES[aggregate];
  const fits: Fits = (node: Node) => isValue(bench)(node) && node.key !== 'id' && (!wanted || ['', ...wanted].includes(valueOf(bench, node)) || Boolean(leads(node, source)));
  const mark = `measure:${slot.path.join('.')}`;
  const known = !text || offered(bench, source, text, { far: true, fits: isValue(bench) }).some((group) => group.options.some(([path]) => path === text)) || /^[a-z][a-z0-9_]*$/.test(text);
  const formula = bench.opened.has(mark) || !known;
  const input = fieldInput({ world: bench, id: idOf(slot), source, now: formula ? '=' : text, blank: t('Choose a field…'), offer: { far: true, fits }, first: [['=', t('A formula…')]], set: (path) => {
    if (path === '=') bench.opened.add(mark);
    else bench.opened.delete(mark);
    if (path !== '=') slot.set(path);
    bench.requestUpdate();
  } });
  return html`${input}${formula ? html`<div class="dz-value-formula">${expression({ ...slot, path: [...slot.path, 'formula'], scope: source, expects: '' })}</div>` : nothing}`;
}

/** What a condition over other records may ask: their fields, and those of what they point at. */
export function subjectsIn(world: World, source: string): Subject[] {
  return offered(world, source, '', { far: true }).flatMap((group, index) =>
    group.options.flatMap(([name, label]): Subject[] => {
      const at = index ? leads((nodesOf(world, source) ?? []).find((one) => one.key === name.split('.')[0]) as Node, source) : source;
      const node = (at && nodesOf(world, at)?.find((one) => one.key === name.split('.').at(-1))) || undefined;
      const type = node ? valueOf(world, node) : '';
      if (!node || !type || node.many) return [];
      const choices = node.choices?.map((one): [string, string] => [one.key, words(one.label, world.locale) || one.key]);
      return [{ name, label, group: group.title, type, percent: node.type === 'percent' || node.percent === true, ...(choices ? { choices } : {}) }];
    }),
  );
}

/** A condition over other records: chosen where it has that shape, else written. */
export function filterInput(slot: Slot, source: string): TemplateResult {
  const { bench } = slot;
  const text = String(slot.value ?? '');
  const every = subjectsIn(bench, source);
  const types = new Map(every.map((one) => [one.name, one.type]));
  const simple = read(text, (name) => types.get(name) ?? '') !== undefined;
  const mark = `written:${slot.path.join('.')}`;
  const written = bench.opened.has(mark) || !simple;
  const set = (event: CustomEvent<string>): void => slot.set(event.detail || undefined, idOf(slot));
  const title = slot.schema.title ?? '';
  return html`<button type="button" class="dz-f-tool dz-when-switch" ?disabled=${!simple} title=${simple ? '' : t('This formula cannot be shown as conditions')} @click=${() => bench.toggle(mark)}>${icon(written ? 'list' : 'math-function', 'sm')}${written ? t('As conditions') : t('As a formula')}</button>
    ${written ? nothing : html`<dg-conditions label=${title} .value=${text} .subjects=${every} @dg:formula=${set}></dg-conditions>`}
    <dg-formula id=${idOf(slot)} expects="boolean" place=${slot.place ?? 'live'} scope=${source} label=${title} ?bare=${!written} .value=${text} .names=${namesFor(bench, source)}
      .check=${checker(bench)} .source=${isFar(bench, source) ? farSource(bench) : sourceOf(bench)} @dg:formula=${set}></dg-formula>`;
}
