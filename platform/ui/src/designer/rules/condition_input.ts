// A condition of a rule: to be chosen where it has that shape, else written as a formula; tried on a record either way.
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../../shell/words.ts';
import { icon, type Bench } from '../bench.ts';
import { checker, namesFor, sourceOf } from '../expressions.ts';
import { read } from './conditions.ts';
import { subjects } from './names.ts';

export interface ConditionSlot {
  bench: Bench;
  id: string;
  label: string;
  help: string;
  value: string;
  required: boolean;
  set(text: string | undefined): void;
}

export function conditionInput(slot: ConditionSlot): TemplateResult {
  const { bench } = slot;
  const every = subjects(bench);
  const types = new Map(every.map((one) => [one.name, one.type]));
  const simple = read(slot.value, (name) => types.get(name) ?? '') !== undefined;
  const written = bench.opened.has(`written:${slot.id}`) || !simple;
  const helps = bench.opened.has(`help:${slot.id}`);
  const set = (event: CustomEvent<string>): void => slot.set(event.detail || undefined);
  return html`<div class="dz-prop" data-prop=${slot.id.split('-').at(-1) ?? ''}>
    <span class="dz-prop-name"><span class="form-label">${slot.label}${slot.required ? html`<span class="dz-must">*</span>` : nothing}</span>
      ${slot.help ? html`<button type="button" class="dz-help" aria-expanded=${helps} aria-label=${t('What is {name}?', { name: slot.label })} @click=${() => bench.toggle(`help:${slot.id}`)}>?</button>` : nothing}
      <button type="button" class="dz-f-tool dz-when-switch" ?disabled=${!simple} title=${simple ? '' : t('This formula cannot be shown as conditions')} @click=${() => bench.toggle(`written:${slot.id}`)}>${icon(written ? 'list' : 'math-function', 'sm')}${written ? t('As conditions') : t('As a formula')}</button></span>
    ${helps ? html`<p class="dz-help-text">${slot.help}</p>` : nothing}
    ${written ? nothing : html`<dg-conditions label=${slot.label} .value=${slot.value} .subjects=${every} @dg:formula=${set}></dg-conditions>`}
    <dg-formula id=${slot.id} expects="boolean" place="rule" scope=${bench.doc.key} label=${slot.label} ?bare=${!written} .value=${slot.value} .names=${namesFor(bench, bench.doc.key)}
      .check=${checker(bench)} .source=${sourceOf(bench)} @dg:formula=${set}></dg-formula>
  </div>`;
}
