// Changes of a form's document, as functions from document to document. What is chosen is named by an id: the path of a
// field (`amount`, `lines.qty`), `#s:key` of a section, `#t:key` of a tab, `#r:key` of a rule.
import { get, put } from './keyed.ts';
import type { FieldSpec, FormDocument, Label, Rule, Section, Tab, Target, TypeInfo } from './types.ts';

export const LOOSE = '';
const RESERVED = ['id', 'true', 'false', 'null', 'and', 'or', 'not', 'rows', 'partial'];

export interface Entry {
  path: string;
  spec: FieldSpec;
  parent?: FieldSpec;
}

export function everyField(doc: FormDocument): Entry[] {
  const below = (spec: FieldSpec, path: string): Entry[] =>
    (spec.fields ?? []).flatMap((inner) => [{ path: `${path}.${inner.key}`, spec: inner, parent: spec }, ...below(inner, `${path}.${inner.key}`)]);
  return (doc.fields ?? []).flatMap((spec) => [{ path: spec.key, spec }, ...below(spec, spec.key)]);
}

/** The sub-form that a field stands in: `lines` of `lines.qty`, `lines.parts` of `lines.parts.qty`; empty for the form. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

/** Whether a field may stand in the rows of a sub-form: a sub-form may, one level deep. */
export function fitsInto(spec: { type: string; fields?: FieldSpec[] }, subform: string | undefined, types: Map<string, TypeInfo>): boolean {
  if (!subform) return true;
  const info = types.get(spec.type);
  if (info?.in_subform === false) return false;
  const holds = (spec.fields ?? []).some((one) => types.get(one.type)?.storage === 'children');
  return info?.storage !== 'children' || !(subform.includes('.') || holds);
}

export function isField(id: string): boolean {
  return id !== '' && !id.startsWith('#');
}

/** The place of a field, section, tab or rule in the document. */
export function placeOf(id: string): string[] {
  if (id.startsWith('#')) {
    const list = { s: 'sections', t: 'tabs', r: 'rules' }[id[1] as 's' | 't' | 'r'];
    return [list, id.slice(3)];
  }
  return id.split('.').flatMap((key) => ['fields', key]);
}

export function fieldAt(doc: FormDocument, path: string): FieldSpec | undefined {
  return get(doc, placeOf(path)) as FieldSpec | undefined;
}

export function exists(doc: FormDocument, id: string): boolean {
  return get(doc, placeOf(id)) !== undefined;
}

// -- layout ------------------------------------------------------------------------------------------------------------

/** The sections as the page shows them; fields that stand nowhere come last, in a section without a key. */
export function blocks(doc: FormDocument, types: Map<string, TypeInfo>): Section[] {
  const keys = new Set((doc.fields ?? []).map((one) => one.key));
  const placed = new Set((doc.sections ?? []).flatMap((one) => one.fields));
  const sections = (doc.sections ?? []).map((one) => ({ ...one, fields: one.fields.filter((key) => keys.has(key)) }));
  const rest = (doc.fields ?? []).filter((one) => !placed.has(one.key));
  const isRows = (one: FieldSpec): boolean => types.get(one.type)?.storage === 'children';
  const ordered = [...rest.filter((one) => !isRows(one)), ...rest.filter(isRows)].map((one) => one.key);
  return ordered.length || !sections.length ? [...sections, { key: LOOSE, fields: ordered }] : sections;
}

/** The document with a real section in the place of the loose fields, and the key of that section. */
export function materialise(doc: FormDocument, types: Map<string, TypeInfo>): [FormDocument, string] {
  const loose = blocks(doc, types).find((one) => one.key === LOOSE);
  if (!loose) return [doc, LOOSE];
  const key = freshKey('section', (doc.sections ?? []).map((one) => one.key));
  return [{ ...doc, sections: [...(doc.sections ?? []), { key, columns: 2, fields: loose.fields }] }, key];
}

export function spanOf(spec: FieldSpec, columns: number, info?: TypeInfo): number {
  if (spec.width) return spec.width;
  return info?.wide || info?.storage === 'children' ? 12 : Math.floor(12 / columns);
}

export function sectionOf(doc: FormDocument, key: string): Section | undefined {
  return (doc.sections ?? []).find((one) => one.fields.includes(key));
}

// -- keys --------------------------------------------------------------------------------------------------------------

export function freshKey(base: string, taken: Iterable<string>): string {
  const used = new Set([...taken, ...RESERVED]);
  let key = base.slice(0, 40);
  for (let number = 2; used.has(key); number += 1) {
    const tail = `_${number}`;
    key = base.slice(0, 40 - tail.length).replace(/_$/, '') + tail;
  }
  return key;
}

export function siblings(doc: FormDocument, subform?: string): string[] {
  const list = subform ? (fieldAt(doc, subform)?.fields ?? []) : (doc.fields ?? []);
  return list.map((one) => one.key);
}

/** A new field of a type, with what the type cannot do without. */
export function newField(type: TypeInfo, taken: string[], locale: string): FieldSpec {
  const number = taken.filter((key) => key === type.key || key.startsWith(`${type.key}_`)).length;
  const label = type.title + (number ? ` ${number + 1}` : '');
  const spec: FieldSpec = { key: freshKey(type.key, taken), type: type.key, label };
  const options: Record<string, unknown> = {};
  if (type.options['stages']) {
    const zh = locale.startsWith('zh');
    const kinds: [string, string?][] = zh ? [['待处理'], ['进行中'], ['已完成', 'won'], ['已取消', 'void']] : [['To do'], ['Going on'], ['Done', 'won'], ['Cancelled', 'void']];
    options['stages'] = kinds.map(([word, kind]) => ({ key: word, label: word, ...(kind ? { kind } : {}) }));
  } else if (type.choices && type.options['choices']) {
    const word = locale.startsWith('zh') ? '选项' : 'Option ';
    options['choices'] = [1, 2].map((one) => ({ key: `${word}${one}`, label: `${word}${one}` }));
  }
  for (const name of type.required) {
    const schema = type.options[name];
    if (options[name] === undefined && schema?.enum?.length) {
      options[name] = schema.default ?? (schema.enum.includes('number') ? 'number' : schema.enum[0]);
    }
  }
  if (Object.keys(options).length) spec.options = options;
  if (type.storage === 'children') spec.fields = [];
  return spec;
}

// -- putting, moving, removing -------------------------------------------------------------------------------------------

export function insertFields(doc: FormDocument, specs: FieldSpec[], target: Target, types: Map<string, TypeInfo>): FormDocument {
  if (target.subform) {
    const place = [...placeOf(target.subform), 'fields'];
    const list = [...((get(doc, place) as FieldSpec[] | undefined) ?? [])];
    list.splice(target.index, 0, ...specs);
    return put(doc, place, list);
  }
  let section = target.section ?? LOOSE;
  let next = doc;
  if (section === LOOSE) [next, section] = materialise(doc, types);
  const shown = blocks(next, types).find((one) => one.key === section)?.fields ?? [];
  const before = shown[target.index - 1];
  const after = shown[target.index];
  const fields = [...(next.fields ?? [])];
  const at = before !== undefined ? indexOf(fields, before) + 1 : after !== undefined ? indexOf(fields, after) : fields.length;
  fields.splice(at, 0, ...specs);
  const keys = [...shown];
  keys.splice(target.index, 0, ...specs.map((one) => one.key));
  return put({ ...next, fields }, ['sections', section, 'fields'], keys);
}

function indexOf(fields: FieldSpec[], key: string): number {
  return fields.findIndex((one) => one.key === key);
}

/** Moves fields, also into and out of sub-forms; gives the document and the new paths. */
export function moveFields(doc: FormDocument, paths: string[], target: Target, types: Map<string, TypeInfo>): [FormDocument, string[]] {
  const fits = paths.filter((path) => {
    const spec = fieldAt(doc, path);
    return spec && fitsInto(spec, target.subform, types) && !`${target.subform ?? ''}.`.startsWith(`${path}.`);
  });
  if (!fits.length) return [doc, paths];
  let next = doc;
  let section = target.section ?? LOOSE;
  if (!target.subform && section === LOOSE) [next, section] = materialise(doc, types);
  const list = target.subform ? siblings(next, target.subform) : (blocks(next, types).find((one) => one.key === section)?.fields ?? []);
  const prefix = target.subform ? `${target.subform}.` : '';
  const passed = list.slice(0, target.index).filter((key) => fits.includes(prefix + key)).length;
  const taken = siblings(next, target.subform);
  const specs = fits.map((path) => {
    const spec = fieldAt(next, path) as FieldSpec;
    const stays = path === prefix + spec.key;
    const key = stays ? spec.key : freshKey(spec.key, taken);
    taken.push(key);
    return { ...spec, key };
  });
  for (const path of fits) next = withoutField(next, path);
  next = insertFields(next, specs, { ...target, section, index: target.index - passed }, types);
  return [next, specs.map((one) => prefix + one.key)];
}

function withoutField(doc: FormDocument, path: string): FormDocument {
  let next = put(doc, placeOf(path), undefined);
  if (!path.includes('.')) {
    const section = sectionOf(next, path);
    if (section) next = put(next, ['sections', section.key, 'fields'], section.fields.filter((key) => key !== path));
  }
  return next;
}

export function removeIds(doc: FormDocument, ids: string[]): FormDocument {
  let next = doc;
  for (const id of ids) {
    if (id.startsWith('#s:')) next = removeSection(next, id.slice(3));
    else if (id.startsWith('#t:')) next = removeTab(next, id.slice(3));
    else if (exists(next, id)) next = isField(id) ? withoutField(forget(next, id), id) : put(next, placeOf(id), undefined);
  }
  return dropEmpty(next);
}

/** Takes a field out of the places that only name it: titles, columns of views, totals. */
function forget(doc: FormDocument, path: string): FormDocument {
  let next = doc;
  for (const name of ['title_field', 'subtitle_field']) if (next[name] === path) next = put(next, [name], undefined);
  const views = next['views'] as { key: string; columns?: string[]; totals?: string[] }[] | undefined;
  if (!views) return next;
  const clean = (names: string[] | undefined): string[] | undefined => names?.filter((one) => one.split('.')[0] !== path && one !== path);
  return {
    ...next,
    views: views.map((view) => ({
      ...view,
      ...(view.columns ? { columns: clean(view.columns) } : {}),
      ...(view.totals ? { totals: clean(view.totals) } : {}),
    })),
  };
}

function dropEmpty(doc: FormDocument): FormDocument {
  let next = doc;
  for (const name of ['tabs', 'rules']) {
    if (Array.isArray(next[name]) && !(next[name] as unknown[]).length) next = put(next, [name], undefined);
  }
  return next;
}

/** The fields of a section that goes move to the one before it (or behind it). */
function removeSection(doc: FormDocument, key: string): FormDocument {
  const sections = doc.sections ?? [];
  const index = sections.findIndex((one) => one.key === key);
  const gone = sections[index];
  if (!gone) return doc;
  const heir = sections[index - 1] ?? sections[index + 1];
  const rest = sections.filter((one) => one.key !== key);
  if (!heir) return { ...doc, sections: gone.fields.length ? [{ key: gone.key, columns: gone.columns ?? 2, fields: gone.fields }] : rest };
  return put({ ...doc, sections: rest }, ['sections', heir.key, 'fields'], [...heir.fields, ...gone.fields]);
}

function removeTab(doc: FormDocument, key: string): FormDocument {
  const tabs = doc.tabs ?? [];
  const index = tabs.findIndex((one) => one.key === key);
  const heir = tabs[index - 1] ?? tabs[index + 1];
  const sections = (doc.sections ?? []).map((one) => {
    if (one.tab !== key) return one;
    const { tab: _gone, ...rest } = one;
    return heir ? { ...rest, tab: heir.key } : rest;
  });
  return dropEmpty({ ...doc, tabs: tabs.filter((one) => one.key !== key), sections });
}

// -- sections and tabs ---------------------------------------------------------------------------------------------------

export function addSection(doc: FormDocument, title: Label, types: Map<string, TypeInfo>, after?: string, tab?: string): [FormDocument, string] {
  const [next] = (doc.fields ?? []).length ? materialise(doc, types) : [doc];
  const sections = [...(next.sections ?? [])];
  const key = freshKey('section', sections.map((one) => one.key));
  const section: Section = { key, title, columns: 2, fields: [], ...(tab ? { tab } : {}) };
  const index = after === undefined ? sections.length : sections.findIndex((one) => one.key === after) + 1;
  sections.splice(index, 0, section);
  return [{ ...next, sections }, key];
}

export function addTab(doc: FormDocument, title: Label, types: Map<string, TypeInfo>): [FormDocument, string] {
  const key = freshKey('tab', (doc.tabs ?? []).map((one) => one.key));
  let next: FormDocument = { ...doc, tabs: [...(doc.tabs ?? []), { key, title } as Tab] };
  const empty = freshKey('section', (next.sections ?? []).map((one) => one.key));
  [next] = (doc.fields ?? []).length ? materialise(next, types) : [next];
  const name = freshKey(empty, (next.sections ?? []).map((one) => one.key));
  return [{ ...next, sections: [...(next.sections ?? []), { key: name, columns: 2, fields: [], tab: key }] }, key];
}

/** Moves an element of a keyed list so that it stands before the element that has this index now. */
export function moveElement(doc: FormDocument, path: string[], key: string, index: number): FormDocument {
  const list = [...((get(doc, path) as { key: string }[] | undefined) ?? [])];
  const from = list.findIndex((one) => one.key === key);
  const element = list[from];
  if (!element) return doc;
  list.splice(from, 1);
  list.splice(from < index ? index - 1 : index, 0, element);
  return put(doc, path, list);
}

// -- renaming --------------------------------------------------------------------------------------------------------------

/** The document with another key for a field, everywhere where the key is meant; expressions are read word by word. */
export function renameKey(doc: FormDocument, path: string, key: string): FormDocument {
  const parent = parentOf(path);
  const old = path.slice(parent ? parent.length + 1 : 0);
  const outer = parent ? parent.slice(parent.lastIndexOf('.') + 1) : old;
  if (old === key) return doc;
  // In `SUM(lines, qty * price)` the second part is about the row.
  const outside = doc.fields.some((one) => one.key === old);
  const texts = (value: unknown, within: boolean, name = ''): unknown => {
    if (typeof value === 'string') return EXPRESSIONS.has(name) ? renameIn(value, old, key, parent ? outer : '', within || (!outside && mentions(value, outer))) : value;
    if (Array.isArray(value)) return value.map((one) => texts(one, within || (name === 'fields' && (one as FieldSpec).key === outer), name));
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([below, one]) => [below, texts(one, within, below)]));
    }
    return value;
  };
  let next = texts(doc, false) as FormDocument;
  next = put(next, [...placeOf(path), 'key'], key);
  if (parent) return inside(next, (name) => (name === path || name.startsWith(`${path}.`) ? `${parent}.${key}${name.slice(path.length)}` : name));
  next = { ...next, sections: next.sections?.map((one) => ({ ...one, fields: one.fields.map((name) => (name === old ? key : name)) })) };
  if (!next.sections) delete next.sections;
  for (const name of ['title_field', 'subtitle_field']) if (next[name] === old) next = { ...next, [name]: key };
  return inside(next, (name) => (name === old ? key : name.startsWith(`${old}.`) ? key + name.slice(old.length) : name));
}

const EXPRESSIONS = new Set(['expression', 'default', 'when', 'check', 'value', 'filter', 'where']);

/** Names of fields in lists: columns and totals of views, fields of rules. */
function inside(doc: FormDocument, rename: (name: string) => string): FormDocument {
  const list = (value: unknown): unknown => (Array.isArray(value) ? value.map((one) => (typeof one === 'string' ? rename(one) : one)) : value);
  let next = doc;
  const views = doc['views'];
  if (Array.isArray(views)) {
    next = { ...next, views: views.map((view) => mapValues(view as Record<string, unknown>, ['columns', 'totals'], list)) };
  }
  if (Array.isArray(doc.rules)) {
    const field = (value: unknown): unknown => (typeof value === 'string' ? rename(value) : value);
    next = {
      ...next,
      rules: doc.rules.map((rule) => {
        const changed = mapValues(rule, ['field'], field) as Rule;
        const actions = changed['actions'];
        if (!Array.isArray(actions)) return changed;
        return { ...changed, actions: actions.map((one) => mapValues(mapValues(one as Record<string, unknown>, ['fields'], list), ['field'], field)) };
      }),
    };
  }
  return next;
}

function mapValues(object: Record<string, unknown>, names: string[], change: (value: unknown) => unknown): Record<string, unknown> {
  const found = { ...object };
  for (const name of names) if (name in found) found[name] = change(found[name]);
  return found;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*|[^"'\p{L}_]+|["']/gu;

const mentions = (text: string, name: string): boolean => (text.match(TOKEN) ?? []).some((token) => token.split('.')[0] === name);

/** One expression with a field called otherwise. Inside a sub-form's own expressions its fields stand without a prefix. */
export function renameIn(text: string, old: string, key: string, subform: string, within = true): string {
  return text.replace(TOKEN, (token) => {
    if (!/^[\p{L}_]/u.test(token)) return token;
    const parts = token.split('.');
    if (subform) {
      const at = parts.indexOf(subform);
      if (at >= 0 && parts[at + 1] === old) parts[at + 1] = key;
      else if (within && parts[0] === old) parts[0] = key;
    } else if (parts[0] === old) parts[0] = key;
    return parts.join('.');
  });
}
