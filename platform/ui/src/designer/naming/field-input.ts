// A field, chosen by its label: of this form, of its rows, of another form, or along a relation ("Customer › Name").
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import { icon } from '../bench.ts';
import type { Group, World } from './around.ts';
import { offered, sayPath, sourceTitle, type Offer } from './around.ts';

export interface FieldInput {
  world: World;
  id: string;
  source: string;
  now: string;
  offer?: Offer;
  label?: string;
  /** What the empty choice says; without it there is one without words. */
  blank?: string;
  /** Choices before those of fields, as [value, words]. */
  first?: [string, string][];
  /** Every choice is added to something; the input stays empty. */
  adds?: boolean;
  /** What to do where there is nothing to choose from. */
  hint?: string;
  set(path: string | undefined): void;
}

const has = (groups: Group[], path: string): boolean => groups.some((group) => group.options.some(([one]) => one === path));

/** A choice among the fields of a source. What the document names and nobody knows stays, with a warning. */
export function fieldInput(one: FieldInput): TemplateResult {
  const { world, source, now, first = [] } = one;
  const groups = offered(world, source, now, one.offer);
  const known = !now || has(groups, now) || first.some(([value]) => value === now);
  const said = known ? undefined : sayPath(world, source, now);
  return html`<select class="form-select dz-field-input" ?data-adds=${one.adds} id=${one.id} aria-label=${one.label ?? nothing} aria-invalid=${!known && !said ? 'true' : nothing} .value=${live(now)}
      @change=${(event: Event) => one.set((event.target as HTMLSelectElement).value || undefined)}>
      <option value="" ?selected=${!now}>${one.blank ?? ''}</option>
      ${first.map(([value, title]) => html`<option value=${value} ?selected=${value === now}>${title}</option>`)}
      ${known ? nothing : html`<option value=${now} selected>${said ?? now}</option>`}
      ${groups.map((group) => html`<optgroup label=${group.title}>${group.options.map(([path, title]) => html`<option value=${path} ?selected=${path === now}>${title}</option>`)}</optgroup>`)}
    </select>
    ${!groups.length && !first.length && one.hint ? html`<p class="form-hint">${one.hint}</p>` : nothing}
    ${known || said ? nothing : unknown(world, source, now)}`;
}

export const unknown = (world: World, source: string, key: string): TemplateResult =>
  html`<p class="dz-warn dz-unknown">${icon('alert-triangle', 'sm')}<span>${t('{form} has no field “{key}”', { form: sourceTitle(world, source), key })}</span></p>`;

/** Several fields in an order, by label: those of a source and, with `far`, along its relations. */
export function fieldsInput(one: Omit<FieldInput, 'now' | 'set'> & { now: string[]; set(paths: string[]): void }): TemplateResult {
  const { world, source, now } = one;
  const groups = offered(world, source, '', one.offer);
  const move = (from: number, to: number): void => {
    if (to < 0 || to >= now.length) return;
    const next = now.filter((_each, at) => at !== from);
    next.splice(to, 0, now[from] as string);
    one.set(next);
  };
  return html`<div class="dz-several">
    ${now.map((path, index) => {
      const label = sayPath(world, source, path);
      return html`<span class="dg-chip ${label ? '' : 'dz-unknown'}" tabindex="0" title=${label ? t('Alt and the left or right arrow move it') : t('{form} has no field “{key}”', { form: sourceTitle(world, source), key: path })}
        @keydown=${(event: KeyboardEvent) => {
          const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (!event.altKey || step === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          const area = (event.target as HTMLElement).closest('.dz-several');
          move(index, index + step);
          setTimeout(() => area?.querySelectorAll<HTMLElement>('.dg-chip')[index + step]?.focus());
        }}>${label ? nothing : icon('alert-triangle', 'sm')}${label ?? path}<button type="button" class="dz-chip-x" aria-label=${t('Remove {name}', { name: label ?? path })} @click=${() => one.set(now.filter((each) => each !== path))}>${icon('x', 'sm')}</button></span>`;
    })}
    <select class="form-select" data-adds id=${one.id} aria-label=${one.label ?? nothing} .value=${live('')} @change=${(event: Event) => {
      const select = event.target as HTMLSelectElement;
      if (select.value) one.set([...now, select.value]);
      select.value = '';
    }}><option value="">${now.length ? t('Add…') : t('Choose…')}</option>
      ${groups.map((group) => {
        const left = group.options.filter(([path]) => !now.includes(path));
        return left.length ? html`<optgroup label=${group.title}>${left.map(([path, title]) => html`<option value=${path}>${title}</option>`)}</optgroup>` : nothing;
      })}</select>
  </div>`;
}
