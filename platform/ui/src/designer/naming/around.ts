// What fields are called, here and in the forms around: every choice of a field goes by labels, and paths over relations
// are shown as people read them (`customer.name` as "Customer › Name"). A source is a form (`order`), rows of one
// (`order.lines`, `order.lines.parts`), or the people (`_member`).
import type { Bench } from '../bench.ts';
import { words } from '../labels.ts';
import type { Boot, FieldSpec, Label, Offered, OtherField, Schema } from '../types.ts';

/** What is needed of the designer: tests give less than a whole one. */
export type World = Pick<Bench, 'doc' | 'boot' | 'types' | 'locale'>;

export type Node = OtherField;

export interface Group {
  title: string;
  options: [path: string, label: string][];
}

export type Fits = (node: Node) => boolean;

const LEADS: Record<string, string> = { member: '_member', members: '_member', department: '_department', departments: '_department' };
const MANY = ['members', 'departments'];
export const STEP = ' › ';
const MOST_STEPS = 4;
/** The record that a row is of, as rows call it that a relation leads to. */
const PARENT = '_parent';

/** What a field offers: its own options, its stages, or those of the set that it shares. */
export function offeredBy(spec: FieldSpec, boot: Pick<Boot, 'option_sets'>): Offered[] | undefined {
  const options = spec.options ?? {};
  const own = options['choices'] ?? options['stages'];
  if (Array.isArray(own)) return (own as { key: string; label?: Label }[]).map((one) => ({ key: one.key, label: one.label ?? one.key }));
  return boot.option_sets.find((one) => one.key === options['set'])?.choices;
}

/** A field of this document in the shape of those around. */
export function nodeOf(spec: FieldSpec, boot: Pick<Boot, 'option_sets'>): Node {
  const options = spec.options ?? {};
  const found: Node = { key: spec.key, label: spec.label, type: spec.type };
  for (const name of ['of', 'path', 'result', 'percent'] as const) if (options[name] !== undefined) Object.assign(found, { [name]: options[name] });
  const people = LEADS[spec.type];
  if (people) Object.assign(found, { form: people }, MANY.includes(spec.type) ? { many: true } : {});
  if (['relation', 'cascade', 'link'].includes(spec.type)) for (const name of ['form', 'rows', 'many', 'reverse'] as const) if (options[name]) Object.assign(found, { [name]: options[name] });
  const offered = offeredBy(spec, boot);
  if (offered?.length) found.choices = offered;
  if (spec.fields) found.fields = spec.fields.map((one) => nodeOf(one, boot));
  return found;
}

/** The fields of a source, those that the system gives to every record behind its own; undefined for an unknown one. */
export function nodesOf(world: World, source: string): Node[] | undefined {
  const [key, ...rows] = source.split('.');
  const around = key === world.doc.key ? undefined : world.boot.forms.find((one) => one.key === key);
  if (!around && key !== world.doc.key) return undefined;
  let nodes: Node[] = around ? around.fields : world.doc.fields.map((one) => nodeOf(one, world.boot));
  for (const name of rows) {
    const inner = nodes.find((one) => one.key === name)?.fields;
    if (!inner) return undefined;
    nodes = inner;
  }
  if (rows.length) return [...nodes, { key: PARENT, label: sourceTitle(world, [key, ...rows.slice(0, -1)].join('.')), type: 'relation', form: [key, ...rows.slice(0, -1)].join('.') }];
  const system = world.boot.system ?? [];
  return [...nodes, ...(around?.system ? [] : system.filter((one) => !nodes.some((each) => each.key === one.key)))];
}

/** What a source is called: "Order › Lines". */
export function sourceTitle(world: World, source: string): string {
  const [key = '', ...rows] = source.split('.');
  const title = key === world.doc.key ? world.doc.title : (world.boot.forms.find((one) => one.key === key)?.title ?? key);
  const parts = [words(title, world.locale)];
  for (let depth = 1; depth <= rows.length; depth += 1) {
    const node = nodesOf(world, [key, ...rows.slice(0, depth - 1)].join('.'))?.find((one) => one.key === rows[depth - 1]);
    parts.push(node ? words(node.label, world.locale) : String(rows[depth - 1]));
  }
  return parts.join(STEP);
}

/** The source that a field leads to: records of another form, rows of one, its own rows; undefined for a plain value. */
export function leads(node: Node, source: string): string | undefined {
  if (node.fields) return `${source}.${node.key}`;
  return node.form && node.type !== 'link' ? [node.form, node.rows].filter(Boolean).join('.') : undefined;
}

/** The fields that a path goes through, the last one included; undefined where it leads nowhere. */
export function follow(world: World, source: string, path: string): Node[] | undefined {
  const found: Node[] = [];
  let at: string | undefined = source;
  for (const name of path.split('.')) {
    const node: Node | undefined = at === undefined ? undefined : nodesOf(world, at)?.find((one) => one.key === name);
    if (!node) return undefined;
    found.push(node);
    at = leads(node, at as string);
  }
  return found;
}

export const nodeAt = (world: World, source: string, path: string): Node | undefined => follow(world, source, path)?.at(-1);

/** A path in words; undefined where something on it does not exist. */
export const sayPath = (world: World, source: string, path: string): string | undefined =>
  follow(world, source, path)?.map((one) => words(one.label, world.locale)).join(STEP);

export interface Offer {
  /** Which fields may be chosen. */
  fits?: Fits;
  /** Over relations; without it only the fields of the source itself. */
  far?: boolean;
  /** Only over relations: not the fields of the source itself. */
  beyond?: boolean;
  /** Into rows of the source. */
  rows?: boolean;
}

/**
 * The fields of a source to choose from, in groups: its own, then those of what each relation leads to, and of what the
 * chosen path goes through, so that every choice offers the next step.
 */
export function offered(world: World, source: string, now: string, offer: Offer = {}): Group[] {
  const usual = offer.fits ?? isValue(world);
  // rows of this form name their record's fields as they are
  const fits: Fits = (node) => usual(node) && (node.key !== PARENT || source.split('.')[0] !== world.doc.key);
  const groups: Group[] = [];
  const seen = new Set<string>();
  const add = (at: string, path: string[], labels: string[]): void => {
    const prefix = path.join('.');
    if (seen.has(prefix)) return;
    seen.add(prefix);
    const options = (nodesOf(world, at) ?? []).filter(fits).map((one): [string, string] => [[...path, one.key].join('.'), [...labels, words(one.label, world.locale)].join(STEP)]);
    if (options.length) groups.push({ title: path.length ? labels.join(STEP) : sourceTitle(world, at), options });
  };
  if (offer.beyond) seen.add('');
  else add(source, [], []);
  const open = (at: string, path: string[], labels: string[]): void => {
    for (const node of nodesOf(world, at) ?? []) {
      const to = leads(node, at);
      const wanted = node.fields ? offer.rows : offer.far && !node.many;
      if (to && wanted && (!node.key.startsWith('_') || (node.key === PARENT && source.split('.')[0] !== world.doc.key) || now.startsWith(`${[...path, node.key].join('.')}.`))) add(to, [...path, node.key], [...labels, words(node.label, world.locale)]);
    }
  };
  open(source, [], []);
  if (!offer.far) return groups;
  // one step beyond what is chosen
  const steps = now ? (follow(world, source, now) ?? []) : [];
  let at = source;
  const path: string[] = [];
  const labels: string[] = [];
  for (const node of steps.slice(0, MOST_STEPS)) {
    const to = leads(node, at);
    path.push(node.key);
    labels.push(words(node.label, world.locale));
    if (!to || node.many) break;
    add(to, path, labels);
    at = to;
  }
  return groups;
}

/** Fields that hold a value: no texts of the layout, no pages, no buttons, no rows. */
export const isValue = (world: World): Fits => (node) => !node.fields && (world.types.get(node.type)?.is_value ?? true) && node.type !== 'subform';

const RESULTS: Record<string, string> = { number: 'number', money: 'number', percent: 'number', date: 'date', datetime: 'datetime', boolean: 'boolean', text: 'text' };

/** The type of a field's value in expressions; "" where it is not known. */
export function valueOf(world: World, node: Node): string {
  if (node.result) return RESULTS[node.result] ?? '';
  if (node.type === 'rollup') return 'number';
  if (node.type === 'lookup') return '';
  if (node.many) return 'records';
  return world.types.get(node.type)?.value ?? '';
}

/** The operators by which a field may be asked, of those that the schema knows. */
export function operatorsOf(world: World, node: Node | undefined, all: string[]): string[] {
  if (!node || node.type === 'lookup') return all;
  const kind = node.result === 'percent' ? 'number' : (node.result ?? (node.type === 'rollup' ? 'number' : node.type));
  const own = world.types.get(kind)?.operators ?? world.types.get(node.type)?.operators ?? [];
  const record = ['relation', 'member', 'department'].includes(node.type) || MANY.includes(node.type);
  const first = !record ? [] : node.many ? ['in', 'nin', 'contains'] : ['eq', 'ne', 'in', 'nin'];
  const found = [...new Set([...(node.type === 'cascade' ? ['eq', 'ne', 'in', 'nin'] : first), ...own])].filter((one) => all.includes(one));
  return found.length ? found : all;
}

/** The relations, of any form and of rows of any, that lead to a source; what a roll-up may go over. */
export interface Pointing {
  form: string;
  rows?: string;
  field: string;
  reverse?: string;
  label: string;
}

export function pointing(world: World, source: string): Pointing[] {
  const found: Pointing[] = [];
  const every: [string, Node[]][] = [[world.doc.key, world.doc.fields.map((one) => nodeOf(one, world.boot))], ...world.boot.forms.filter((one) => one.key !== world.doc.key && !one.system).map((one): [string, Node[]] => [one.key, one.fields])];
  for (const [form, fields] of every) {
    for (const node of fields) {
      const say = (one: Node, at: string): string => `${node.fields || one !== node ? sourceTitle(world, at) : sourceTitle(world, form)} · ${words(one.label, world.locale)}`;
      if (node.fields) {
        for (const inner of node.fields) if (leads(inner, form) === source && !inner.fields) found.push({ form, rows: node.key, field: inner.key, label: say(inner, `${form}.${node.key}`), ...(inner.reverse ? { reverse: inner.reverse.key } : {}) });
      } else if (leads(node, form) === source && node.type === 'relation') found.push({ form, field: node.key, label: node.reverse ? words(node.reverse.title || (world.boot.forms.find((one) => one.key === form)?.title ?? form), world.locale) + ` (${sourceTitle(world, form)} · ${words(node.label, world.locale)})` : say(node, form), ...(node.reverse ? { reverse: node.reverse.key } : {}) });
    }
  }
  return found;
}

/** The place of a field in the document from the path of one of its settings: `order.lines` for a field of rows. */
export function rowsOf(world: World, path: string[]): string {
  const end = path.findIndex((name, index) => index % 2 === 0 && name !== 'fields');
  const keys = path.slice(0, end < 0 ? path.length : end).filter((_name, index) => index % 2 === 1);
  return [world.doc.key, ...keys.slice(0, -1)].join('.');
}

/** The words of a schema's value. */
export const wordIn = (schema: Schema | undefined, value: string): string => schema?.['x-words']?.[value] ?? value;
