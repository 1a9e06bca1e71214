// Lists of settings that name fields: conditions ("Status there is won"), pairs ("Name → Contact"), orders, limits.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import { icon } from '../bench.ts';
import { idOf, wordOf, type Slot } from '../controls.ts';
import { expression } from '../expressions.ts';
import { words } from '../labels.ts';
import { isValue, nodeAt, nodesOf, operatorsOf, sayPath, valueOf, type Fits, type Node } from './around.ts';
import { fieldInput } from './field-input.ts';
import { valueInput } from './value-input.ts';

type Item = Record<string, unknown>;

/** Operators that compare with nothing. */
export const ALONE = ['empty', 'filled', 'is_me', 'my_team', 'my_department'];

const items = (slot: Slot): Item[] => (Array.isArray(slot.value) ? (slot.value as Item[]) : []);

/** The item with a value; without it where there is none. */
export function having(item: Item, name: string, value: unknown): Item {
  const { [name]: _old, ...rest } = item;
  return value === undefined ? rest : { ...item, [name]: value };
}

const within = (slot: Slot, index: number, name: string): string[] => [...slot.path, String(index), name];

/** Writes a list; an empty one goes. */
function writer(slot: Slot): { put(index: number, item: Item, about?: string): void; drop(index: number): void; add(item: Item): void } {
  const list = items(slot);
  const set = (next: Item[], about?: string): void => slot.set(next.length || slot.required ? next : undefined, about);
  return {
    put: (index, item, about) => set(list.map((one, at) => (at === index ? item : one)), about),
    drop: (index) => set(list.filter((_one, at) => at !== index)),
    add: (item) => set([...list, item]),
  };
}

const remove = (name: string, drop: () => void): TemplateResult =>
  html`<button type="button" class="dg-tool dz-line-x" aria-label=${t('Remove {name}', { name })} @click=${drop}>${icon('x', 'sm')}</button>`;

/** The next one of a list begins with its field: one choice adds it. The keyboard stays there. */
function adder(slot: Slot, source: string, blank: string, far: boolean, fits: Fits | undefined, add: (path: string) => void, first?: [string, string][]): TemplateResult {
  return fieldInput({ world: slot.bench, id: idOf(slot), source, now: '', adds: true, blank, offer: { far, ...(fits ? { fits } : {}) }, ...(first ? { first } : {}), set: (path) => {
    if (path) add(path);
    slot.bench.requestUpdate();
  } });
}

/** Which records count: a field there, how it is compared, with what of here. */
export function conditionsInput(slot: Slot, source: string): TemplateResult {
  const { bench, schema } = slot;
  const parts = schema.items?.properties ?? {};
  const list = items(slot);
  const { put, drop, add } = writer(slot);
  const all = (parts['op']?.enum ?? []).map(String);
  return html`<div class="dz-when dz-lines" role="group" aria-label=${schema.title ?? ''}>
    ${list.map((one, index) => {
      const path = String(one['field'] ?? '');
      const node = nodeAt(bench, source, path);
      const op = String(one['op'] ?? 'eq');
      const ops = operatorsOf(bench, node, all);
      const name = sayPath(bench, source, path) ?? path;
      const set = (key: string) => (value: unknown, about?: string): void => put(index, having(one, key, value), about);
      return html`<div class="dz-line" data-line=${index}>
        <div class="dz-line-row">${fieldInput({ world: bench, id: `${idOf(slot)}-${index}`, source, now: path, label: parts['field']?.title ?? '', offer: { far: true }, set: (next) => put(index, { field: next ?? '', ...(operatorsOf(bench, nodeAt(bench, source, next ?? ''), all).includes(op) && op !== 'eq' ? { op } : {}), ...(one['value'] === undefined ? {} : { value: one['value'] }) }) })}
          ${remove(name, () => drop(index))}</div>
        <div class="dz-line-row"><select class="form-select dz-line-op" aria-label=${t('How {name} is compared', { name })} .value=${live(op)} @change=${(event: Event) => {
            const next = (event.target as HTMLSelectElement).value;
            const kept = having(one, 'op', next === 'eq' ? undefined : next);
            put(index, ALONE.includes(next) ? having(kept, 'value', undefined) : kept);
          }}>${[...ops, ...(ops.includes(op) ? [] : [op])].map((each) => html`<option value=${each} ?selected=${each === op}>${wordOf(parts['op'] ?? {}, each)}</option>`)}</select>
          ${ALONE.includes(op) ? nothing : html`<div class="dz-line-value">${valueInput({ ...slot, name: 'value', schema: parts['value'] ?? {}, value: one['value'], path: within(slot, index, 'value'), expects: '', place: 'live', set: set('value') }, node)}</div>`}</div>
      </div>`;
    })}
    ${adder(slot, source, list.length ? t('Another condition on…') : t('A condition on…'), true, undefined, (path) => add({ field: path, ...firstOp(operatorsOf(bench, nodeAt(bench, source, path), all)) }))}
  </div>`;
}

const firstOp = (ops: string[]): Item => (ops.includes('eq') || !ops.length ? {} : { op: ops[0] });

/** The order of records: by fields there, or by what is computed of them. */
export function sortInput(slot: Slot, source: string): TemplateResult {
  const { bench, schema } = slot;
  const parts = schema.items?.properties ?? {};
  const list = items(slot);
  const { put, drop, add } = writer(slot);
  return html`<div class="dz-when dz-lines" role="group" aria-label=${schema.title ?? ''}>
    ${list.map((one, index) => {
      const computed = one['expression'] !== undefined;
      const name = computed ? t('a formula') : (sayPath(bench, source, String(one['field'] ?? '')) ?? String(one['field'] ?? ''));
      const way = html`<select class="form-select dz-line-way" aria-label=${t('Direction of {name}', { name })} @change=${(event: Event) => put(index, having(one, 'descending', (event.target as HTMLSelectElement).value === 'down' ? true : undefined))}>
          <option value="up" ?selected=${!one['descending']}>${t('ascending')}</option><option value="down" ?selected=${Boolean(one['descending'])}>${t('descending')}</option></select>`;
      return html`<div class="dz-line" data-line=${index}>
        ${computed
          ? html`<div class="dz-line-row"><div class="dz-line-value">${expression({ ...slot, name: 'expression', schema: parts['expression'] ?? {}, value: one['expression'], path: within(slot, index, 'expression'), scope: source, expects: '', place: 'live', set: (value, about) => put(index, { ...one, expression: value ?? '' }, about) })}</div></div><div class="dz-line-row">${way}${remove(name, () => drop(index))}</div>`
          : html`<div class="dz-line-row">${fieldInput({ world: bench, id: `${idOf(slot)}-${index}`, source, now: String(one['field'] ?? ''), label: parts['field']?.title ?? '', offer: { far: true }, set: (next) => put(index, { ...one, field: next ?? '' }) })}${way}${remove(name, () => drop(index))}</div>`}
      </div>`;
    })}
    ${adder(slot, source, list.length ? t('Then by…') : t('By…'), true, undefined, (path) => add(path === '=' ? { expression: '' } : { field: path }), [['=', t('A formula…')]])}
  </div>`;
}

/** Fields of this record or row that may be filled. */
export const writable = (slot: Slot): Fits => (node: Node) => isValue(slot.bench)(node) && !node.key.startsWith('_') && node.key !== 'id' && (slot.bench.types.get(node.type)?.writable ?? true);

/** The field here that is called like one there, and can take its value. */
export function twin(slot: Slot, from: Node | undefined, home: string, taken: string[]): string {
  const { bench } = slot;
  if (!from) return '';
  const fits = (nodesOf(bench, home) ?? []).filter((one) => writable(slot)(one) && !taken.includes(one.key));
  const name = words(from.label, bench.locale);
  const same = fits.find((one) => words(one.label, bench.locale) === name && valueOf(bench, one) === valueOf(bench, from));
  return same?.key ?? fits.find((one) => one.key === from.key && one.type === from.type)?.key ?? '';
}

/** What is copied: a field there and the field here that it fills. */
export function pairsInput(slot: Slot, source: string, home: string): TemplateResult {
  const { bench, schema } = slot;
  const parts = schema.items?.properties ?? {};
  const list = items(slot);
  const { put, drop, add } = writer(slot);
  const taken = list.map((one) => String(one['to'] ?? ''));
  return html`<div class="dz-when dz-lines" role="group" aria-label=${schema.title ?? ''}>
    ${list.map((one, index) => pair({
      from: fieldInput({ world: bench, id: `${idOf(slot)}-${index}-from`, source, now: String(one['from'] ?? ''), label: parts['from']?.title ?? t('From'), offer: { far: true }, set: (next) => put(index, { ...one, from: next ?? '' }) }),
      to: fieldInput({ world: bench, id: `${idOf(slot)}-${index}-to`, source: home, now: String(one['to'] ?? ''), label: parts['to']?.title ?? t('Fills'), blank: t('Choose a field…'), offer: { fits: writable(slot) }, set: (next) => put(index, { ...one, to: next ?? '' }) }),
      name: sayPath(bench, source, String(one['from'] ?? '')) ?? '', drop: () => drop(index), index,
    }))}
    ${adder(slot, source, list.length ? t('Copy another field…') : t('Copy a field…'), true, undefined, (path) => add({ from: path, to: twin(slot, nodeAt(bench, source, path), home, taken) }))}
  </div>`;
}

function pair(one: { from: TemplateResult; to: TemplateResult; name: string; index: number; drop(): void }): TemplateResult {
  return html`<div class="dz-line dz-pair" data-line=${one.index}><div class="dz-line-row">${one.from}${remove(one.name, one.drop)}</div>
    <div class="dz-line-row"><span class="dz-pair-arrow" aria-hidden="true">→</span>${one.to}</div></div>`;
}

/** The fields of rows that are filled from another form: an object of `field of the row: path there`. */
export function mappingInput(slot: Slot, source: string, rows: string): TemplateResult {
  const { bench } = slot;
  const now = (slot.value ?? {}) as Record<string, string>;
  const set = (next: Record<string, string>): void => slot.set(Object.keys(next).length ? next : undefined);
  const left: Fits = (node) => writable(slot)(node) && !(node.key in now);
  return html`<div class="dz-when dz-lines" role="group" aria-label=${slot.schema.title ?? ''}>
    ${Object.entries(now).map(([to, from], index) => pair({
      from: fieldInput({ world: bench, id: `${idOf(slot)}-${index}-from`, source, now: from, label: t('From'), blank: t('Choose a field…'), offer: { far: true }, set: (next) => set({ ...now, [to]: next ?? '' }) }),
      to: fieldInput({ world: bench, id: `${idOf(slot)}-${index}-to`, source: rows, now: to, label: t('Fills'), offer: { fits: (node) => node.key === to || left(node) }, set: (next) => { if (next) set(Object.fromEntries(Object.entries(now).map(([key, value]) => [key === to ? next : key, value]))); } }),
      name: sayPath(bench, rows, to) ?? to, index,
      drop: () => set(Object.fromEntries(Object.entries(now).filter(([key]) => key !== to))),
    }))}
    ${adder(slot, rows, Object.keys(now).length ? t('Fill another field…') : t('Fill a field…'), false, left, (path) => set({ ...now, [path]: twinThere(slot, source, rows, path) }))}
  </div>`;
}

function twinThere(slot: Slot, source: string, rows: string, to: string): string {
  const name = sayPath(slot.bench, rows, to);
  const fits = (nodesOf(slot.bench, source) ?? []).filter(isValue(slot.bench));
  return (fits.find((one) => words(one.label, slot.bench.locale) === name) ?? fits.find((one) => one.key === to))?.key ?? '';
}

/** Fields here that get a value: `[{key: field, value: expression}]`. */
export function valuesInput(slot: Slot, home: string): TemplateResult {
  const { bench, schema } = slot;
  const parts = schema.items?.properties ?? {};
  const list = items(slot);
  const { put, drop, add } = writer(slot);
  const left: Fits = (node) => writable(slot)(node) && !list.some((one) => one['key'] === node.key);
  return html`<div class="dz-when dz-lines" role="group" aria-label=${schema.title ?? ''}>
    ${list.map((one, index) => html`<div class="dz-line" data-line=${index}><div class="dz-line-row">
        ${fieldInput({ world: bench, id: `${idOf(slot)}-${index}`, source: home, now: String(one['key'] ?? ''), label: t('Fills'), offer: { fits: (node) => node.key === one['key'] || left(node) }, set: (next) => put(index, { ...one, key: next ?? '' }) })}
        ${remove(sayPath(bench, home, String(one['key'] ?? '')) ?? '', () => drop(index))}</div>
      <div class="dz-line-row"><div class="dz-line-value">${valueInput({ ...slot, name: 'value', schema: parts['value'] ?? {}, value: one['value'], path: within(slot, index, 'value'), expects: '', place: 'live', set: (value, about) => put(index, { ...one, value: value ?? '' }, about) }, nodeAt(bench, home, String(one['key'] ?? '')))}</div></div></div>`)}
    ${adder(slot, home, list.length ? t('Fill another field…') : t('Fill a field…'), false, left, (path) => add({ key: path, value: '' }))}
  </div>`;
}

/** Minimum and maximum of each group of a picker; `*` is every group that has none of its own. */
export function limitsInput(slot: Slot, group: Node | undefined): TemplateResult {
  const { bench, schema } = slot;
  const parts = schema.items?.properties ?? {};
  const list = items(slot);
  const { put, drop, add } = writer(slot);
  const options: [string, string][] = [...(group?.choices ?? []).map((one): [string, string] => [one.key, words(one.label, bench.locale) || one.key]), ['*', t('Every other group')]];
  const say = (key: string): string => options.find(([one]) => one === key)?.[1] ?? key;
  const left = options.filter(([key]) => !list.some((one) => one['group'] === key));
  const count = (one: Item, index: number, name: string): TemplateResult => html`<label class="dz-limit"><span>${parts[name]?.title}</span><input class="form-control num" type="number" min="0" step="1" .value=${live(String(one[name] ?? ''))}
    @input=${(event: Event) => { const text = (event.target as HTMLInputElement).value; put(index, having(one, name, text === '' ? undefined : Math.max(0, Math.trunc(Number(text)))), `${idOf(slot)}-${index}-${name}`); }}></label>`;
  return html`<div class="dz-when dz-lines" role="group" aria-label=${schema.title ?? ''}>
    ${list.map((one, index) => html`<div class="dz-line" data-line=${index}><div class="dz-line-row"><strong class="dz-line-name">${say(String(one['group']))}</strong>${remove(say(String(one['group'])), () => drop(index))}</div>
      <div class="dz-line-row">${count(one, index, 'min')}${count(one, index, 'max')}</div></div>`)}
    ${group?.choices
      ? html`<select class="form-select" data-adds id=${idOf(slot)} .value=${live('')} @change=${(event: Event) => { const select = event.target as HTMLSelectElement; if (select.value) add({ group: select.value }); select.value = ''; }}><option value="">${t('A limit for…')}</option>${left.map(([key, title]) => html`<option value=${key}>${title}</option>`)}</select>`
      : html`<div class="dz-line-row"><input class="form-control" id=${idOf(slot)} type="text" maxlength="200" autocomplete="off" placeholder=${t('The name of a group')} @change=${(event: Event) => {
          const input = event.target as HTMLInputElement;
          if (input.value.trim() && !list.some((one) => one['group'] === input.value.trim())) add({ group: input.value.trim() });
          input.value = '';
        }}>${left.length ? html`<button type="button" class="btn btn-quiet" @click=${() => add({ group: '*' })}>${icon('plus', 'sm')}${t('Every other group')}</button>` : nothing}</div>`}
  </div>`;
}
