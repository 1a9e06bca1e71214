// Which settings name fields, and of what: by the type of the field and the name of the setting. Everything else is drawn
// from its schema alone.
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../../shell/words.ts';
import { choose, idOf, several, type Slot } from '../controls.ts';
import { expression } from '../expressions.ts';
import { words } from '../labels.ts';
import { fieldAt, freshKey } from '../model.ts';
import type { FieldSpec, Titled } from '../types.ts';
import { isValue, leads, nodeAt, nodeOf, nodesOf, rowsOf, sayPath, sourceTitle, valueOf, type Fits, type Node } from './around.ts';
import { fieldInput, fieldsInput } from './field-input.ts';
import { conditionsInput, limitsInput, mappingInput, pairsInput, sortInput, valuesInput } from './lists.ts';
import { segmentsInput } from './serial.ts';
import { filterInput, measureInput, overInput, overOf } from './rollup.ts';

interface Place {
  slot: Slot;
  /** The field whose setting it is. */
  spec: FieldSpec;
  /** Where it stands: `order`, or `order.lines` for a field of rows. */
  home: string;
  /** The rows of the field itself, where it has some. */
  rows: string;
  /** The form or rows that its options or its linkage name. */
  source: string | undefined;
}

type Draw = (place: Place) => TemplateResult | undefined;

const single = (place: Place, source: string | undefined, fits?: Fits, far = false): TemplateResult | undefined =>
  source === undefined ? later() : fieldInput({ world: place.slot.bench, id: idOf(place.slot), source, now: String(place.slot.value ?? ''), offer: { far, ...(fits ? { fits } : {}) }, set: (path) => place.slot.set(path) });

const list = (place: Place, source: string | undefined, fits?: Fits, far = false): TemplateResult | undefined =>
  source === undefined ? later() : fieldsInput({ world: place.slot.bench, id: idOf(place.slot), source, now: Array.isArray(place.slot.value) ? (place.slot.value as string[]) : [], offer: { far, ...(fits ? { fits } : {}) }, set: (paths) => place.slot.set(paths.length || place.slot.required ? paths : undefined) });

/** What cannot be chosen before something else is. */
const later = (): TemplateResult => html`<p class="form-hint">${t('Choose the form first')}</p>`;

const from = (place: Place, draw: (source: string) => TemplateResult): TemplateResult => (place.source === undefined ? later() : draw(place.source));

const typed = (place: Place, ...types: string[]): Fits => (node) => types.includes(valueOf(place.slot.bench, node));
const kind = (...types: string[]): Fits => (node) => types.includes(node.type);
const options = (place: Place): Record<string, unknown> => place.spec.options ?? {};
const picker = (place: Place): Record<string, unknown> => (options(place)['picker'] ?? {}) as Record<string, unknown>;

/** What the relation of the rows that a picker or a scan fills leads to. */
function chosenIn(place: Place, key: unknown): string | undefined {
  const node = nodesOf(place.slot.bench, place.rows)?.find((one) => one.key === key);
  return node && leads(node, place.rows);
}

const picked = (place: Place): string | undefined => chosenIn(place, picker(place)['field']);
const ofPicked = (place: Place, draw: (source: string) => TemplateResult): TemplateResult => {
  const source = picked(place);
  return source === undefined ? html`<p class="form-hint">${t('Choose the relation first')}</p>` : draw(source);
};

function groupOf(place: Place): { node: Node | undefined; source: string | undefined } {
  const source = picked(place);
  const path = String(picker(place)['group'] ?? '');
  const node = source && path ? nodeAt(place.slot.bench, source, path) : undefined;
  return { node, source: node && leads(node, source as string) };
}

/** The sub-forms of a form, by label. */
function rowsIn(place: Place): TemplateResult | undefined {
  const form = options(place)['form'] ?? (place.slot.value === undefined ? undefined : '');
  return typeof form === 'string' && form ? single(place, form, (node) => Boolean(node.fields)) : later();
}

const MONEY: Record<string, Draw> = {
  currency_field: (place) => single(place, place.home, (node) => typed(place, 'text')(node) || Boolean(leads(node, place.home) && !node.fields && !node.many), true),
  'base.amount': (place) => single(place, place.home, kind('money')),
  'base.rate': (place) => single(place, place.home, kind('number')),
  'base.date': (place) => single(place, place.home, typed(place, 'date', 'datetime'), true),
};

const prefixed = (type: string, draws: Record<string, Draw>): Record<string, Draw> => Object.fromEntries(Object.entries(draws).map(([name, draw]) => [`${type}.${name}`, draw]));

const CHOSEN: Record<string, Draw> = {
  rows: rowsIn,
  copy: (place) => from(place, (source) => pairsInput(place.slot, source, place.home)),
  where: (place) => from(place, (source) => conditionsInput(place.slot, source)),
  sort: (place) => from(place, (source) => sortInput(place.slot, source)),
  scan: (place) => single(place, place.source, typed(place, 'text')),
};

const DRAWS: Record<string, Draw> = {
  unique_within: (place) => list(place, place.home),
  'linkage.where': (place) => from(place, (source) => conditionsInput(place.slot, source)),
  'linkage.sort': (place) => from(place, (source) => sortInput(place.slot, source)),
  'linkage.take': (place) => single(place, place.source, undefined, true),
  'linkage.rows': (place) => (place.spec.fields ? from(place, (source) => mappingInput(place.slot, source, place.rows)) : html`${nothing}`),
  ...prefixed('relation', { ...CHOSEN, reverse }),
  'link.reverse': reverse,
  'link.forms': (place) => linkedForms(place.slot),
  ...prefixed('money', MONEY),
  ...prefixed('formula', MONEY),
  ...prefixed('rollup', MONEY),
  'rollup.of': (place) => overInput(place.slot, place.home),
  'rollup.field': (place) => over(place, (source) => measureInput(place.slot, source, String(options(place)['aggregate'] ?? 'count'))),
  'rollup.filter': (place) => over(place, (source) => filterInput(place.slot, source)),
  'lookup.path': (place) => single(place, place.home, (node) => (isValue(place.slot.bench)(node) || Boolean(node.form)) && !node.fields, true),
  'cascade.parent': (place) => single(place, place.source, (node) => Boolean(place.source && leads(node, place.source) === place.source && !node.many)),
  'capitals.of': (place) => single(place, place.home, (node) => typed(place, 'number')(node) || Boolean(leads(node, place.home) && !node.fields && !node.many), true),
  'barcode.field': (place) => single(place, place.home, (node) => node.key !== place.spec.key && isValue(place.slot.bench)(node)),
  'stage_info.of': (place) => single(place, place.home, kind('stage')),
  'explanation.of': (place) => single(place, place.home, (node) => kind('formula', 'rollup')(node)),
  'subform.title': (place) => list(place, place.rows),
  'subform.totals': (place) => list(place, place.rows, typed(place, 'number')),
  'subform.scan.field': (place) => single(place, place.rows, (node) => kind('relation')(node) || typed(place, 'text')(node)),
  'subform.scan.by': (place) => single(place, chosenIn(place, (options(place)['scan'] as Record<string, unknown> | undefined)?.['field']), typed(place, 'text')),
  'subform.scan.quantity': (place) => single(place, place.rows, kind('number', 'money')),
  'subform.picker.field': (place) => single(place, place.rows, (node) => kind('relation', 'cascade', 'member', 'department')(node) && !node.many),
  'subform.picker.columns': (place) => ofPicked(place, (source) => list(place, source, undefined, true) as TemplateResult),
  'subform.picker.where': (place) => ofPicked(place, (source) => conditionsInput(place.slot, source)),
  'subform.picker.sort': (place) => ofPicked(place, (source) => sortInput(place.slot, source)),
  'subform.picker.group': (place) => single(place, picked(place), undefined, true),
  'subform.picker.quantity': (place) => single(place, place.rows, kind('number')),
  'subform.picker.limits': (place) => (picker(place)['group'] ? limitsInput(place.slot, groupOf(place).node) : html`<p class="form-hint">${t('Choose the groups first')}</p>`),
  'subform.picker.min_field': (place) => ofGroup(place),
  'subform.picker.max_field': (place) => ofGroup(place),
  'subform.picker.exclude.when': (place) => ofPicked(place, (source) => expression({ ...place.slot, scope: source, expects: 'boolean', unchecked: true })),
  'subform.picker.exclude.reason': (place) => ofPicked(place, (source) => expression({ ...place.slot, scope: source, expects: 'text', unchecked: true })),
  'query.where': (place) => from(place, (source) => conditionsInput(place.slot, source)),
  'query.sort': (place) => from(place, (source) => sortInput(place.slot, source)),
  'query.columns': (place) => list(place, place.source),
  'query.totals': (place) => list(place, place.source, typed(place, 'number')),
  'serial.segments': (place) => segmentsInput(place.slot, place.home, (node) => node.key !== place.spec.key && isValue(place.slot.bench)(node), (key) => sayPath(place.slot.bench, place.home, key) ?? key),
  'button.connector': (place) => choose(place.slot, titles(place.slot, place.slot.bench.boot.connectors)),
  'button.call': (place) => choose(place.slot, titles(place.slot, connector(place)?.calls)),
  'button.inputs': (place) => inputsOf(place),
  'stage.stages.calendar': (place) => choose(place.slot, titles(place.slot, place.slot.bench.boot.calendars)),
  'button.values': (place) => valuesInput(place.slot, place.home),
  'button.outputs.field': (place) => single(place, place.home),
  'stage.stages.needs': (place) => list(place, place.home),
  'stage.stages.to': (place) => several(place.slot, named(options(place)['stages'], 'label', place.slot)),
  'stage.stages.process': (place) => choose(place.slot, named(options(place)['processes'], 'title', place.slot)),
};
for (const type of ['member', 'members', 'department', 'departments']) DRAWS[`${type}.range.departments`] = (place) => several(place.slot, titles(place.slot, place.slot.bench.boot.departments));
for (const type of ['member', 'members']) DRAWS[`${type}.range.roles`] = (place) => several(place.slot, titles(place.slot, place.slot.bench.boot.roles));
for (const type of ['member', 'members', 'department', 'departments']) DRAWS[`${type}.range.field`] = (place) => single(place, place.home, (node) => node.key !== place.spec.key && (node.form === '_member' || node.form === '_department'));

const titles = (slot: Slot, things: Titled[] = []): [string, string][] => things.map((one) => [one.key, words(one.title, slot.bench.locale) || one.key]);

const connector = (place: Place) => place.slot.bench.boot.connectors.find((one) => one.key === options(place)['connector']);

/** What a call is given: its inputs by their titles, each with a value. */
function inputsOf(place: Place): TemplateResult {
  const call = connector(place)?.calls.find((one) => one.key === options(place)['call']);
  if (!call) return html`<p class="form-hint">${t('Choose the call first')}</p>`;
  const now = (Array.isArray(place.slot.value) ? place.slot.value : []) as { key: string; value: string }[];
  const put = (key: string, value: string | undefined, about?: string): void => {
    const kept = now.filter((one) => one.key !== key);
    const next = value === undefined ? kept : now.some((one) => one.key === key) ? now.map((one) => (one.key === key ? { key, value } : one)) : [...now, { key, value }];
    place.slot.set(next.length ? next : undefined, about);
  };
  return html`${titles(place.slot, call.inputs).map(([key, title]) => DRAWN.property({ ...place.slot, name: key, schema: { ...place.slot.schema.items?.properties?.['value'], title }, required: false, value: now.find((one) => one.key === key)?.value, path: [...place.slot.path, key], place: 'live', expects: '', set: (value, about) => put(key, value as string | undefined, about) }))}`;
}

function over(place: Place, draw: (source: string) => TemplateResult): TemplateResult {
  const found = overOf(place.slot.bench, place.home, options(place)['of']);
  return found ? draw(found.source) : options(place)['of'] === undefined ? html`<p class="form-hint">${t('Choose the rows first')}</p>` : expression({ ...place.slot, unchecked: true });
}

function ofGroup(place: Place): TemplateResult | undefined {
  const { source } = groupOf(place);
  return source ? single(place, source, typed(place, 'number')) : html`<p class="form-hint">${t('Only where groups are records of a form')}</p>`;
}

const named = (value: unknown, words_: string, slot: Slot): [string, string][] =>
  Array.isArray(value) ? (value as Record<string, unknown>[]).map((one) => [String(one['key']), words((one[words_] ?? one['key']) as string, slot.bench.locale) || String(one['key'])]) : [];

/** The list on the other side: on or off, its title, its columns. Its key comes by itself. */
function reverse(place: Place): TemplateResult {
  const { slot, home } = place;
  const { bench } = slot;
  const now = slot.value as { key?: string; columns?: string[] } | undefined;
  const target = place.source ? sourceTitle(bench, place.source) : t('the other form');
  const set = (on: boolean): void => {
    const taken = place.source ? (nodesOf(bench, place.source) ?? []).map((one) => one.key) : [];
    slot.set(on ? { key: freshKey(`${home.replace('.', '_')}_list`.slice(0, 36), taken) } : undefined);
  };
  const parts = slot.schema.properties ?? {};
  const inner = (name: string): Slot => ({ ...slot, name, schema: parts[name] ?? {}, value: (now as Record<string, unknown> | undefined)?.[name], path: [...slot.path, name], set: (value, about) => {
    const { [name]: _old, ...rest } = (now ?? {}) as Record<string, unknown>;
    slot.set(value === undefined ? rest : { ...now, [name]: value }, about);
  } });
  return html`<label class="form-check form-switch dz-reverse"><input class="form-check-input" type="checkbox" role="switch" id=${idOf(slot)} .checked=${Boolean(now)} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}><span>${t('Shown as a list at {form}', { form: target })}</span></label>
    ${now ? html`<div class="dz-group">${DRAWN.property(inner('title'))}${DRAWN.property(inner('columns'))}
        <details class="dz-advanced"><summary>${t('Advanced')}</summary>${DRAWN.property(inner('key'))}</details></div>` : nothing}`;
}

DRAWS['relation.reverse.columns'] = DRAWS['link.reverse.columns'] = (place) => list(place, place.home);

/** The forms that a link of several forms may lead to, and what happens when a record of one goes. */
function linkedForms(slot: Slot): TemplateResult {
  const { bench } = slot;
  const now = (Array.isArray(slot.value) ? slot.value : []) as { key: string; on_delete?: string }[];
  const parts = slot.schema.items?.properties ?? {};
  const forms = bench.boot.forms.filter((one) => !one.system).map((one): [string, string] => [one.key, words(one.title, bench.locale)]);
  const chosen = several({ ...slot, value: now.map((one) => one.key), set: (keys) => slot.set((keys as string[] | undefined)?.map((key) => now.find((one) => one.key === key) ?? { key })) }, forms);
  return html`${chosen}${now.map((one, index) => DRAWN.property({ ...slot, name: 'on_delete', schema: { ...parts['on_delete'], title: `${forms.find(([key]) => key === one.key)?.[1] ?? one.key}: ${parts['on_delete']?.title ?? ''}` }, value: one.on_delete, path: [...slot.path, one.key, 'on_delete'],
    set: (value) => slot.set(now.map((each, at) => (at === index ? { key: each.key, ...(value === undefined ? {} : { on_delete: value as string }) } : each))) }))}`;
}

/** How a property with its name and help is drawn; set by `inputs`, which draws through here. */
export const DRAWN: { property(slot: Slot): TemplateResult } = { property: () => html`` };

/** The input of a setting that names fields; undefined for any other. */
export function special(slot: Slot): TemplateResult | undefined {
  const { bench, path } = slot;
  if (path[0] !== 'fields') return ofForm(slot);
  const end = path.findIndex((name, index) => index % 2 === 0 && name !== 'fields');
  if (end < 0) return undefined;
  const keys = path.slice(0, end).filter((_name, index) => index % 2 === 1);
  const spec = fieldAt(bench.doc, keys.join('.'));
  if (!spec) return undefined;
  const rest = path.slice(end);
  const draw = DRAWS[nameOf(rest, spec.type)];
  if (!draw) return undefined;
  const home = rowsOf(bench, path);
  return draw({ slot, spec, home, rows: `${home}.${spec.key}`, source: sourceOf(rest, spec, home) });
}

/** The settings of the form itself that name fields. */
function ofForm(slot: Slot): TemplateResult | undefined {
  const { bench, path } = slot;
  const input = (source: string, fits: Fits, far = false): TemplateResult => fieldInput({ world: bench, id: idOf(slot), source, now: String(slot.value ?? ''), offer: { fits, far }, set: (key) => slot.set(key) });
  if (path.length === 1 && path[0] === 'calendar') return input(bench.doc.key, (node) => valueOf(bench, node) === 'text' || Boolean(node.form && !node.many), true);
  if (path[0] !== 'same_rows' || path.length !== 3) return undefined;
  const one = (bench.doc['same_rows'] as { key: string; form?: string }[] | undefined)?.find((each) => each.key === path[1]);
  if (path[2] === 'parent') return input(one?.form ?? bench.doc.key, (node) => ['relation', 'cascade'].includes(node.type) && !node.many);
  if (path[2] !== 'rows') return undefined;
  const forms = [bench.doc.key, ...bench.boot.forms.filter((each) => each.key !== bench.doc.key && !each.system).map((each) => each.key)];
  return choose(slot, forms.flatMap((form) => (nodesOf(bench, form) ?? []).filter((node) => node.fields).map((node): [string, string] => [`${form}.${node.key}`, sourceTitle(bench, `${form}.${node.key}`)])));
}

/** `options.picker.exclude.0.when` of a sub-form is `subform.picker.exclude.when`: places in lists do not count. */
function nameOf(rest: string[], type: string): string {
  const names = rest.filter((name, index) => !/^\d+$/.test(name) && !(rest[0] === 'options' && index === 2 && ['stages', 'outputs'].includes(rest[1] as string)));
  return (names[0] === 'options' ? [type, ...names.slice(1)] : names).join('.');
}

function sourceOf(rest: string[], spec: FieldSpec, home: string): string | undefined {
  const linkage = spec['linkage'] as { form?: string } | undefined;
  if (rest[0] === 'linkage') return linkage?.form || undefined;
  const node = nodeOf(spec, { option_sets: [] });  // where it leads is asked, not what it offers
  if (['relation', 'cascade'].includes(spec.type)) return leads(node, home);
  const form = spec.options?.['form'];
  return typeof form === 'string' && form ? form : undefined;
}
