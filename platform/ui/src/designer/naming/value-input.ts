// What a condition compares with, or what is written into a field: a field of this record, a fixed value, or a formula.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import { idOf, type Slot } from '../controls.ts';
import { expression, namesFor } from '../expressions.ts';
import { words } from '../labels.ts';
import { constant, written } from '../rules/default.ts';
import { valueOf, type Node } from './around.ts';

type Kind = 'field' | 'value' | 'formula';

const FIXED = ['text', 'number', 'boolean', 'date', 'list'];

/** `slot.value` is the expression; `about` the field that it is compared with or written into. */
export function valueInput(slot: Slot, about: Node | undefined): TemplateResult {
  const { bench } = slot;
  const text = String(slot.value ?? '');
  const type = about ? valueOf(bench, about) : '';
  const plain = type === 'list' ? 'text' : type;
  const names = namesFor(bench, slot.scope).filter((one) => one.name);
  const mark = (kind: Kind): string => `value:${kind}:${slot.path.join('.')}`;
  const fixed = FIXED.includes(type) ? constant(text, plain) : undefined;
  const told: Kind = fixed !== undefined ? 'value' : !text || names.some((one) => one.name === text) ? 'field' : 'formula';
  const kind = (['formula', 'value', 'field'] as const).find((each) => bench.opened.has(mark(each))) ?? told;
  const kinds: [Kind, string][] = [['field', t('a field here')], ...(FIXED.includes(type) ? [['value', t('a fixed value')] as [Kind, string]] : []), ['formula', t('a formula')]];
  const choose = (next: Kind): void => {
    for (const each of ['formula', 'value', 'field'] as const) bench.opened.delete(mark(each));
    bench.opened.add(mark(next));
    if (text && next !== 'formula') slot.set(undefined);
    bench.requestUpdate();
  };
  const title = slot.schema.title ?? '';
  return html`<span class="dz-value">
    <select class="form-select dz-value-kind" aria-label=${t('{name}: what kind', { name: title })} .value=${live(kind)} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value as Kind)}>
      ${kinds.map(([each, word]) => html`<option value=${each} ?selected=${each === kind}>${word}</option>`)}</select>
    ${kind === 'field' ? fromHere(slot, names, text) : kind === 'value' ? typed(slot, about, plain, fixed ?? '') : nothing}
  </span>${kind === 'formula' ? html`<div class="dz-value-formula">${expression(slot)}</div>` : nothing}`;
}

function fromHere(slot: Slot, names: ReturnType<typeof namesFor>, now: string): TemplateResult {
  const groups = [...new Set(names.map((one) => one.group))];
  const known = !now || names.some((one) => one.name === now);
  return html`<select class="form-select" id=${idOf(slot)} aria-label=${slot.schema.title ?? ''} @change=${(event: Event) => slot.set((event.target as HTMLSelectElement).value || undefined)}>
    <option value="" ?selected=${!now}>${t('Choose a field…')}</option>${known ? nothing : html`<option value=${now} selected>${now}</option>`}
    ${groups.map((group) => html`<optgroup label=${group}>${names.filter((one) => one.group === group).map((one) => html`<option value=${one.name} ?selected=${one.name === now}>${one.label}</option>`)}</optgroup>`)}</select>`;
}

function typed(slot: Slot, about: Node | undefined, type: string, value: string): TemplateResult {
  const label = slot.schema.title ?? '';
  const set = (event: Event): void => slot.set(written((event.target as HTMLInputElement).value, type), idOf(slot));
  const options = type === 'boolean' ? [['TRUE', t('Yes')], ['FALSE', t('No')]] : about?.choices?.map((one) => [one.key, words(one.label, slot.bench.locale) || one.key]);
  if (options) return html`<select class="form-select" id=${idOf(slot)} aria-label=${label} @change=${set}><option value="" ?selected=${!value}></option>${options.map(([key, title]) => html`<option value=${key as string} ?selected=${key === value}>${title}</option>`)}</select>`;
  return html`<input class="form-control" id=${idOf(slot)} aria-label=${label} type=${type === 'number' ? 'number' : type === 'date' ? 'date' : 'text'} step="any" maxlength="500" autocomplete="off" .value=${live(value)} @input=${set}>`;
}
