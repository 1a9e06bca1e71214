// The settings of fields, sections, tabs and of the form by their names: which of them a thing has, and where one stands.
import { t } from '../shell/words.ts';
import type { Bench } from './bench.ts';
import { get } from './keyed.ts';
import { words } from './labels.ts';
import { everyField, fieldAt, isField, placeOf } from './model.ts';
import type { FieldSpec, Schema, TypeInfo } from './types.ts';

/** A setting that was looked for: whose it is (`id`, '' the form itself), where it stands in the document, whether it says something. */
export interface Setting {
  id: string;
  path: string[];
  title: string;
  set: boolean;
}

export const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

/** Whether the panel of a field shows a setting that every field could have. */
export function shows(info: TypeInfo | undefined, path: string, spec: FieldSpec, key: string): boolean {
  if (key === 'unique' || key === 'unique_within') return Boolean(info?.may_be_unique) || says(spec[key]);
  if (key === 'mask') return Boolean(info?.may_be_masked) || Boolean(spec['mask']);
  if (key === 'normalise') return info?.value === 'text' && Boolean(info.writable) || says(spec[key]);
  if (key === 'follow') return Boolean(info?.writable && info.is_value) || says(spec[key]);
  if (key === 'encrypted') return Boolean(info?.may_be_encrypted) || Boolean(spec.encrypted);
  if (key === 'width') return !path.includes('.');
  if (key === 'placeholder') return Boolean(info?.writable && info.has_placeholder) || says(spec[key]);
  // files come from people only
  if ((key === 'default' || key === 'linkage') && info?.group === 'file') return says(spec[key]);
  if (key === 'linkage') return Boolean(spec['linkage']) || Boolean(info?.writable && (info.is_value || info.storage === 'children'));
  if (['required', 'default', 'readonly'].includes(key)) return Boolean(info?.writable && info.is_value) && !(key !== 'required' && info?.storage === 'children');
  return true;
}

/** The places of settings called like this, those inside of others too; what stands in a list is found by the list. */
function named(schemas: Record<string, Schema>, query: string, at: string[] = []): [string[], string][] {
  return Object.entries(schemas).flatMap(([name, schema]): [string[], string][] => {
    const title = schema.title ?? name;
    const mine: [string[], string][] = fold(title).includes(query) || fold(name) === query.replace(/ /g, '_') ? [[[...at, name], title]] : [];
    return [...mine, ...(schema.type === 'object' && schema.properties ? named(schema.properties, query, [...at, name]) : [])];
  });
}

/** Whether a value says something: a switch that is on, anything that was chosen or written. */
const says = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== '';

function within(bench: Bench, id: string, schemas: Record<string, Schema>, query: string, more: string[] = []): Setting[] {
  const place = id ? [...placeOf(id), ...more] : [];
  return named(schemas, query).map(([path, title]) => ({ id, path: [...place, ...path], title, set: says(get(bench.doc, [...place, ...path])) }));
}

/** Every setting of the form and of what stands in it whose name holds the text. */
export function settingsLike(bench: Bench, query: string): Setting[] {
  const { panels } = bench.boot;
  const without = (schemas: Record<string, Schema>, ...names: string[]): Record<string, Schema> => Object.fromEntries(Object.entries(schemas).filter(([name]) => !names.includes(name)));
  return [
    ...everyField(bench.doc).flatMap(({ path, spec }) => {
      const info = bench.types.get(spec.type);
      const common = Object.fromEntries(Object.entries(without(panels.field, 'key', 'type', 'options', 'label')).filter(([name]) => shows(info, path, spec, name)));
      return [...within(bench, path, common, query), ...within(bench, path, info?.options ?? {}, query, ['options'])];
    }),
    ...(bench.doc.sections ?? []).flatMap((one) => within(bench, `#s:${one.key}`, without(panels.section, 'key', 'fields', 'title', ...(bench.doc.tabs?.length ? [] : ['tab'])), query)),
    ...within(bench, '', without(panels.form, 'kind', 'key'), query),
  ];
}

/** Of settings that nothing makes use of yet, and of those of the form, one of each: that of what is chosen, else of the
 * first that could; those called exactly so stand first. */
export function oneOfEach(bench: Bench, found: Setting[], query: string): Setting[] {
  const chosen = bench.chosen.at(-1);
  const each = new Map<string, Setting>();
  for (const one of found) {
    const name = `${kind(one.id)}:${one.title}`;
    if (!each.has(name) || one.id === chosen) each.set(name, one);
  }
  const near = (one: Setting): number => (fold(one.title) === query ? 0 : fold(one.title).startsWith(query) ? 1 : 2);
  return [...each.values()].filter((one) => !one.set || !one.id).sort((left, right) => near(left) - near(right));
}

const kind = (id: string): string => (isField(id) ? 'field' : id.slice(0, 2));

/** Whose setting it is, as people call it. */
export function ownerName(bench: Bench, id: string): string {
  if (!id) return t('The form');
  if (isField(id)) return words(fieldAt(bench.doc, id)?.label, bench.locale);
  return words((get(bench.doc, placeOf(id)) as { title?: string } | undefined)?.title, bench.locale) || t('Section without a title');
}

/** Opens the parts in which a setting stands; what is drawn then is found by `showSetting`. */
export function openParts(bench: Bench, path: string[]): void {
  for (let end = 3; end < path.length; end += 1) bench.opened.add(`group:${path.slice(0, end).join('.')}`);
}

/** Puts the cursor into a setting of the panel, or into the part that it stands in, and marks it for a moment. */
export function showSetting(root: ParentNode, path: string[]): void {
  for (let end = path.length; end > 0; end -= 1) {
    const id = `dz-${path.slice(0, end).join('-')}`;
    const input = root.querySelector<HTMLElement>(`.dz-panel #${CSS.escape(id)}`) ?? root.querySelector<HTMLElement>(`.dz-panel [id^="${CSS.escape(id)}-"]`);
    if (!input) continue;
    const prop = input.closest<HTMLElement>('.dz-prop') ?? input;
    for (let part = prop.closest('details'); part; part = part.parentElement?.closest('details') ?? null) part.open = true;
    prop.scrollIntoView({ block: 'center' });
    const first = input.matches('input, select, textarea, button, [tabindex]') ? input : input.querySelector<HTMLElement>('input, select, textarea, button, [contenteditable=true]');
    first?.focus({ preventScroll: true });
    prop.classList.add('dz-prop-found');
    setTimeout(() => prop.classList.remove('dz-prop-found'), 2000);
    return;
  }
}
