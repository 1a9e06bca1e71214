// What two people changed differently, field by field: one chooses whose words stay.
import { html, type TemplateResult } from 'lit';
import { t } from '../shell/words.ts';
import { icon, type Bench } from './bench.ts';
import { get, put } from './keyed.ts';
import { words } from './labels.ts';
import type { Conflict, FormDocument, Label, Schema } from './types.ts';

/** The document with the choices of a person; the merge has kept "mine" everywhere. */
export function settle(doc: FormDocument, conflicts: Conflict[], theirs: Set<number>): FormDocument {
  return conflicts.reduce((next, one, index) => {
    if (!theirs.has(index)) return next;
    if (one.reason !== 'order') return put(next, one.path, one.theirs);
    const list = (get(next, one.path) as { key?: string }[] | string[] | undefined) ?? [];
    const keyOf = (each: unknown): string => (typeof each === 'string' ? each : ((each as { key?: string }).key ?? ''));
    const wanted = (one.theirs as string[]).filter((key) => list.some((each) => keyOf(each) === key));
    const rest = [...wanted];
    const ordered = list.map((each) => (wanted.includes(keyOf(each)) ? list.find((other) => keyOf(other) === rest[0] && rest.shift() !== undefined) : each));
    return put(next, one.path, ordered);
  }, doc);
}

/** The settings inside of settings too, by their names. */
function inner(schemas: Record<string, Schema>): Record<string, Schema> {
  return Object.entries(schemas).reduce((all, [name, schema]) => ({ ...inner(schema.properties ?? schema.items?.properties ?? {}), ...all, [name]: schema }), {} as Record<string, Schema>);
}

/** A place in the document as people call it: the labels on the way, then the name of the property. */
export function placeName(bench: Bench, path: string[]): string {
  const parts: string[] = [];
  const names = { ...bench.boot.panels.form, ...bench.boot.panels.field, ...bench.boot.panels.section, ...bench.boot.panels.rule };
  let value: unknown = bench.doc;
  for (const name of path) {
    const type = (value as { type?: string } | undefined)?.type;
    if (name === 'options' && type) Object.assign(names, inner(bench.types.get(type)?.options ?? {}));
    value = Array.isArray(value) ? value.find((one) => one === name || (one as { key?: string }).key === name) : (value as Record<string, unknown> | undefined)?.[name];
    const label = (value as { label?: Label; title?: Label } | undefined)?.label ?? (value as { title?: Label } | undefined)?.title;
    if (label !== undefined && typeof value === 'object') parts.push(words(label, bench.locale));
    else if (!['fields', 'sections', 'tabs', 'rules', 'options'].includes(name)) parts.push(names[name]?.title ?? name);
  }
  return parts.join(' › ') || t('The form');
}

export function conflictDialog(bench: Bench, theirs: Set<number>, choose: (index: number, side: 'mine' | 'theirs') => void, done: () => void): TemplateResult {
  const side = (index: number, name: 'mine' | 'theirs', value: unknown, title: string): TemplateResult => {
    const on = theirs.has(index) === (name === 'theirs');
    return html`<label class="dz-side ${on ? 'dz-side-on' : ''}"><input type="radio" class="form-check-input" name="conflict-${index}" .checked=${on} @change=${() => choose(index, name)}>
      <span><strong>${title}</strong><span class="dz-side-value">${shown(bench, value)}</span></span></label>`;
  };
  const name = bench.others[0]?.name ?? t('Somebody else');
  return html`<dialog class="dg-dialog dg-dialog-wide" id="dz-conflicts" aria-labelledby="dz-conflicts-title" @cancel=${(event: Event) => event.preventDefault()}>
    <div class="dg-dialog-head"><h2 id="dz-conflicts-title">${t('{name} changed the same thing', { name })}</h2></div>
    <div class="dg-dialog-body">
      <p>${t('Everything else was merged. Choose what stays:')}</p>
      ${bench.conflicts.map((one, index) => html`<fieldset class="dz-conflict"><legend>${placeName(bench, one.path)}</legend>
        ${side(index, 'mine', one.mine, t('Yours'))}${side(index, 'theirs', one.theirs, t('Theirs'))}</fieldset>`)}
    </div>
    <div class="dg-dialog-foot"><button type="button" class="btn btn-primary" @click=${done}>${icon('check', 'sm')}${t('Take these')}</button></div>
  </dialog>`;
}

function shown(bench: Bench, value: unknown): string {
  if (value === undefined) return t('removed');
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map((one) => shown(bench, one)).join(', ');
  const label = (value as { label?: Label }).label ?? (value as { title?: Label }).title;
  if (label !== undefined) return words(label, bench.locale);
  const text = Object.values(value as object).every((one) => typeof one === 'string') ? words(value as Label, bench.locale) : '';
  return text || JSON.stringify(value);
}
