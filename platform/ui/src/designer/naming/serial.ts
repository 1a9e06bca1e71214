// What a number is made of: words, the date, a counter and fields, one under another.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import { icon } from '../bench.ts';
import { idOf, wordOf, type Slot } from '../controls.ts';
import { freshKey } from '../model.ts';
import type { Schema } from '../types.ts';
import type { Fits } from './around.ts';
import { fieldInput } from './field-input.ts';

export interface Segment {
  key: string;
  kind: 'text' | 'date' | 'counter' | 'field';
  text?: string;
  format?: string;
  digits?: number;
  reset?: string;
  start?: number;
  field?: string;
}

const KINDS: Segment['kind'][] = ['text', 'date', 'counter', 'field'];
const FRESH: Record<Segment['kind'], Partial<Segment>> = { text: { text: '-' }, date: { format: 'yyyyMMdd' }, counter: { digits: 4 }, field: { field: '' } };

const say = (kind: Segment['kind']): string => ({ text: t('Words'), date: t('Date'), counter: t('Counter'), field: t('A field') })[kind];

/** The week of a day with the year that it belongs to: that of its Thursday. */
function isoWeek(day: Date): [string, string] {
  const thursday = new Date(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate() + 4 - (day.getDay() || 7)));
  const days = (thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / 86_400_000;
  return [String(thursday.getUTCFullYear()), String(Math.floor(days / 7) + 1).padStart(2, '0')];
}

/** What a number looks like on a day, with the counter at its start. */
export function example(segments: Segment[], today: Date, ofField: (key: string) => string): string {
  const year = String(today.getFullYear());
  const week = isoWeek(today);
  const parts: Record<string, string> = { yyyy: year, yy: year.slice(2), MM: String(today.getMonth() + 1).padStart(2, '0'), dd: String(today.getDate()).padStart(2, '0') };
  return segments
    .map((one) => {
      if (one.kind === 'text') return one.text ?? '';
      if (one.kind === 'date') {
        const shown = (one.format ?? '').includes('WW') ? { yyyy: week[0], WW: week[1] } : parts;
        return (one.format ?? '').replace(/yyyy|yy|MM|dd|WW/g, (part) => (shown as Record<string, string>)[part] ?? part);
      }
      if (one.kind === 'counter') return String(one.start ?? 1).padStart(one.digits ?? 1, '0');
      return `〔${ofField(one.field ?? '')}〕`;
    })
    .join('');
}

export function segmentsInput(slot: Slot, home: string, fits: Fits, ofField: (key: string) => string): TemplateResult {
  const { bench } = slot;
  const list = (Array.isArray(slot.value) ? slot.value : []) as Segment[];
  const schemas = new Map<string, Record<string, Schema>>((slot.schema.items?.anyOf ?? []).map((one) => [String((one.properties?.['kind'] as { const?: string } | undefined)?.const), one.properties ?? {}]));
  const set = (next: Segment[], about?: string): void => slot.set(next.length || slot.required ? next : undefined, about);
  const put = (index: number, more: Partial<Segment>, about?: string): void => set(list.map((one, at) => (at === index ? ({ ...one, ...more } as Segment) : one)), about);
  const move = (index: number, to: number): void => {
    const next = list.filter((_one, at) => at !== index);
    next.splice(to, 0, list[index] as Segment);
    set(next);
  };
  const part = (one: Segment, index: number): TemplateResult => {
    const schema = (name: string): Schema => schemas.get(one.kind)?.[name] ?? {};
    const id = `${idOf(slot)}-${index}`;
    const count = (name: 'digits' | 'start'): TemplateResult => html`<label class="dz-limit"><span>${schema(name).title}</span><input class="form-control num" type="number" step="1" min=${schema(name).minimum ?? 0} max=${schema(name).maximum ?? nothing} placeholder=${String(schema(name).default ?? '')} .value=${live(String(one[name] ?? ''))}
      @input=${(event: Event) => { const text = (event.target as HTMLInputElement).value; put(index, { [name]: text === '' ? undefined : Math.trunc(Number(text)) }, `${id}-${name}`); }}></label>`;
    const pick = (name: 'format' | 'reset'): TemplateResult => html`<select class="form-select" aria-label=${schema(name).title ?? ''} @change=${(event: Event) => put(index, { [name]: (event.target as HTMLSelectElement).value })}>
      ${(schema(name).enum ?? []).map((value) => html`<option value=${String(value)} ?selected=${(one[name] ?? schema(name).default) === value}>${name === 'format' ? example([{ ...one, format: String(value) }], new Date(), ofField) : wordOf(schema(name), value)}</option>`)}</select>`;
    if (one.kind === 'text') return html`<input class="form-control" type="text" maxlength="20" autocomplete="off" aria-label=${schema('text').title ?? ''} .value=${live(one.text ?? '')} @input=${(event: Event) => put(index, { text: (event.target as HTMLInputElement).value }, `${id}-text`)}>`;
    if (one.kind === 'date') return pick('format');
    if (one.kind === 'counter') return html`${count('digits')}${count('start')}<label class="dz-limit"><span>${schema('reset').title}</span>${pick('reset')}</label>`;
    return fieldInput({ world: bench, id, source: home, now: one.field ?? '', label: schema('field').title ?? '', blank: t('Choose a field…'), offer: { fits }, set: (key) => put(index, { field: key ?? '' }) });
  };
  return html`<div class="dz-when dz-lines" role="group" aria-label=${slot.schema.title ?? ''}>
    ${list.length ? html`<output class="dz-example">${example(list, new Date(), ofField)}</output>` : nothing}
    ${list.map((one, index) => html`<div class="dz-line" data-line=${index}><div class="dz-line-row"><span class="dz-line-name">${say(one.kind)}</span>
        <button type="button" class="dg-tool dz-line-x" ?disabled=${index === 0} aria-label=${t('{name}: up', { name: say(one.kind) })} @click=${() => move(index, index - 1)}>${icon('arrow-up', 'sm')}</button>
        <button type="button" class="dg-tool dz-line-x" ?disabled=${index === list.length - 1} aria-label=${t('{name}: down', { name: say(one.kind) })} @click=${() => move(index, index + 1)}>${icon('arrow-down', 'sm')}</button>
        <button type="button" class="dg-tool dz-line-x" aria-label=${t('Remove {name}', { name: say(one.kind) })} @click=${() => set(list.filter((_one, at) => at !== index))}>${icon('x', 'sm')}</button></div>
      <div class="dz-line-row">${part(one, index)}</div></div>`)}
    <select class="form-select" data-adds id=${idOf(slot)} .value=${live('')} @change=${(event: Event) => {
      const select = event.target as HTMLSelectElement;
      const kind = select.value as Segment['kind'];
      select.value = '';
      if (kind) set([...list, { key: freshKey(kind, list.map((one) => one.key)), kind, ...FRESH[kind] } as Segment]);
    }}><option value="">${t('Add a part…')}</option>${KINDS.filter((kind) => kind !== 'counter' || !list.some((one) => one.kind === 'counter')).map((kind) => html`<option value=${kind}>${say(kind)}</option>`)}</select>
  </div>`;
}
