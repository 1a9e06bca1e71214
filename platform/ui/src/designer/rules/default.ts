// A default value by its kind: nothing, a fixed value, the current user, the moment, or a formula.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import type { Bench } from '../bench.ts';
import { fieldAt } from '../model.ts';
import { optionsOf } from './names.ts';

type Kind = 'none' | 'value' | 'me' | 'today' | 'now' | 'formula';

export interface DefaultSlot {
  bench: Bench;
  id: string;
  /** `fields.amount.default`, `fields.lines.fields.qty.default`. */
  path: string[];
  /** The type of the field's value. */
  expects: string;
  text: string;
  set(text: string | undefined): void;
  formula: TemplateResult;
}

const DAY = /^DATE\((\d{1,4}), ?(\d{1,2}), ?(\d{1,2})\)$/;

/** The fixed value that an expression is; undefined where it is none of this type. */
export function constant(text: string, type: string): string | undefined {
  const plain = text.trim();
  if (type === 'text' && /^"(?:[^"]|"")*"$/.test(plain)) return plain.slice(1, -1).replaceAll('""', '"');
  if (type === 'number' && /^-?\d+(\.\d+)?$/.test(plain)) return plain;
  if (type === 'boolean' && /^(TRUE|FALSE)$/i.test(plain)) return plain.toUpperCase();
  const day = type === 'date' ? DAY.exec(plain) : null;
  return day ? `${day[1]!.padStart(4, '0')}-${day[2]!.padStart(2, '0')}-${day[3]!.padStart(2, '0')}` : undefined;
}

/** The expression of a fixed value; undefined for nothing. */
export function written(value: string, type: string): string | undefined {
  if (value === '') return undefined;
  if (type === 'text') return `"${value.replaceAll('"', '""')}"`;
  if (type !== 'date') return value;
  const [year, month, day] = value.split('-').map(Number);
  return `DATE(${year}, ${month}, ${day})`;
}

export function defaultInput(slot: DefaultSlot): TemplateResult {
  const { bench, expects } = slot;
  const path = slot.path.filter((_part, index) => index % 2 === 1).join('.');
  const mark = (kind: Kind): string => `default:${kind}:${path}`;
  const kinds: [Kind, string][] = [['none', t('No default')]];
  if (['text', 'number', 'boolean', 'date'].includes(expects)) kinds.push(['value', t('a fixed value')]);
  if (expects === 'record') kinds.push(['me', t('the current user')]);
  if (expects === 'date') kinds.push(['today', t('today')]);
  if (expects === 'datetime') kinds.push(['now', t('the moment')]);
  kinds.push(['formula', t('a formula')]);
  const fixed = constant(slot.text, expects);
  const told: Kind = !slot.text.trim() ? 'none' : fixed !== undefined ? 'value' : ({ 'CURRENTUSER()': 'me', 'TODAY()': 'today', 'NOW()': 'now' } as Record<string, Kind>)[slot.text.trim()] ?? 'formula';
  const kind = bench.opened.has(mark('formula')) ? 'formula' : told === 'none' && bench.opened.has(mark('value')) ? 'value' : kinds.some(([each]) => each === told) ? told : 'formula';
  const choose = (next: Kind): void => {
    bench.opened.delete(mark('formula'));
    bench.opened.delete(mark('value'));
    if (next === 'formula' || next === 'value') bench.opened.add(mark(next));
    if (next === 'value' && fixed === undefined) slot.set(undefined);
    else if (next !== 'formula' && next !== 'value') slot.set({ none: undefined, me: 'CURRENTUSER()', today: 'TODAY()', now: 'NOW()' }[next]);
    bench.requestUpdate();
  };
  return html`<select class="form-select" id=${slot.id} .value=${live(kind)} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value as Kind)}>
      ${kinds.map(([each, title]) => html`<option value=${each} ?selected=${each === kind}>${title}</option>`)}</select>
    ${kind === 'value' ? html`<div class="dz-default">${input(slot, path, fixed ?? '')}</div>` : kind === 'formula' ? html`<div class="dz-default">${slot.formula}</div>` : nothing}`;
}

function input(slot: DefaultSlot, path: string, value: string): TemplateResult {
  const { bench, expects } = slot;
  const spec = fieldAt(bench.doc, path);
  const { choices } = optionsOf(bench, spec);
  const label = t('The default value');
  const set = (event: Event): void => slot.set(written((event.target as HTMLInputElement).value, expects));
  const options = expects === 'boolean' ? [['TRUE', t('Yes')], ['FALSE', t('No')]] : choices;
  if (options) return html`<select class="form-select" aria-label=${label} @change=${set}><option value="" ?selected=${!value}></option>${options.map(([key, title]) => html`<option value=${key!} ?selected=${key === value}>${title}</option>`)}</select>`;
  return html`<input class="form-control" aria-label=${label} type=${expects === 'number' ? 'number' : expects === 'date' ? 'date' : 'text'} step="any" maxlength="500" autocomplete="off" .value=${live(value)} @input=${set}>`;
}
