// The plain inputs that others are made of: a text, a choice, several choices.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../shell/words.ts';
import { icon, type Bench } from './bench.ts';
import type { Schema } from './types.ts';

export interface Slot {
  bench: Bench;
  name: string;
  schema: Schema;
  value: unknown;
  /** The place in the document, for problems and as an id. */
  path: string[];
  set(value: unknown, about?: string): void;
  /** Where an expression in it stands. */
  scope: string;
  expects?: string;
  place?: string;
  required?: boolean;
  /** Not checked while one writes: the expression names more than one form. */
  unchecked?: boolean;
  /** The form whose fields are meant; this one where nothing is said. */
  form?: string;
}

export const idOf = (slot: Slot): string => `dz-${slot.path.join('-')}`;

/** Lists whose choices were drawn after their value: browsers forget the chosen one that comes within a group. */
export function settleLists(root: ParentNode): void {
  for (const option of root.querySelectorAll<HTMLOptionElement>('option[selected]')) {
    const list = option.closest('select');
    if (list && !option.selected && list.value !== option.value) list.value = option.value;
  }
}

export const wordOf = (schema: Schema, value: string | number): string => schema['x-words']?.[String(value)] ?? String(value);

export function text(slot: Slot): TemplateResult {
  return html`<input class="form-control" id=${idOf(slot)} type="text" autocomplete="off" maxlength=${slot.schema.maxLength ?? 500}
    placeholder=${String(slot.schema.default ?? '')} .value=${live(String(slot.value ?? ''))}
    @input=${(event: Event) => slot.set((event.target as HTMLInputElement).value || undefined, idOf(slot))}>`;
}

export function choose(slot: Slot, options: [string, string][], usual?: unknown): TemplateResult {
  const now = String(slot.value ?? usual ?? '');
  const known = now === '' || options.some(([key]) => key === now);
  return html`<select class="form-select" id=${idOf(slot)} .value=${live(now)} @change=${(event: Event) => {
    const value = (event.target as HTMLSelectElement).value;
    slot.set(value === '' ? undefined : options.find(([key]) => key === value) && typeof slot.schema.enum?.[0] === 'number' ? Number(value) : value);
  }}>
    ${usual === undefined ? html`<option value="" ?selected=${now === ''}></option>` : nothing}
    ${options.map(([key, title]) => html`<option value=${key} ?selected=${key === now}>${title}</option>`)}
    ${known ? nothing : html`<option value=${now} selected>${now}</option>`}
  </select>`;
}

export function several(slot: Slot, options: [string, string][]): TemplateResult {
  const now = Array.isArray(slot.value) ? (slot.value as string[]) : [];
  const left = options.filter(([key]) => !now.includes(key));
  const known = (key: string): boolean => options.some(([one]) => one === key);
  const nameOf = (key: string): string => options.find(([one]) => one === key)?.[1] ?? key;
  const set = (next: string[]): void => slot.set(next.length || slot.required ? next : undefined);
  return html`<div class="dz-several">
    ${now.map((key) => html`<span class="dg-chip ${known(key) ? '' : 'dz-unknown'}" title=${known(key) ? '' : t('Nothing is called “{key}” any more', { key })}>${known(key) ? nothing : icon('alert-triangle', 'sm')}${nameOf(key)}<button type="button" class="dz-chip-x" aria-label=${t('Remove {name}', { name: nameOf(key) })} @click=${() => set(now.filter((one) => one !== key))}>${icon('x', 'sm')}</button></span>`)}
    <select class="form-select" data-adds id=${idOf(slot)} .value=${live('')} @change=${(event: Event) => {
      const select = event.target as HTMLSelectElement;
      if (select.value) set([...now, select.value]);
      select.value = '';
    }}><option value="">${now.length ? t('Add…') : t('Choose…')}</option>${left.map(([key, title]) => html`<option value=${key}>${title}</option>`)}</select>
  </div>`;
}

/** What no input fits. */
export function json(slot: Slot): TemplateResult {
  const now = slot.value === undefined ? '' : JSON.stringify(slot.value, null, 1);
  return html`<textarea class="form-control dz-json" id=${idOf(slot)} rows="3" spellcheck="false" .value=${live(now)} @change=${(event: Event) => {
    const area = event.target as HTMLTextAreaElement;
    try {
      slot.set(area.value.trim() ? (JSON.parse(area.value) as unknown) : undefined);
      area.setCustomValidity('');
    } catch {
      area.setCustomValidity(t('This is not JSON'));
      area.reportValidity();
    }
  }}></textarea>`;
}
