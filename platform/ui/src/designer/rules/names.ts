// The fields that a condition may be about, with the type of their values and the options they have.
import type { Bench } from '../bench.ts';
import { words } from '../labels.ts';
import { offeredBy } from '../naming/around.ts';
import type { FieldSpec, Label, Offered } from '../types.ts';

export interface Subject {
  name: string;
  label: string;
  group: string;
  type: string;
  choices?: [string, string][];
  percent?: boolean;
}

const RESULTS: Record<string, string> = { number: 'number', money: 'number', percent: 'number', date: 'date', datetime: 'datetime', boolean: 'boolean', text: 'text' };

export function subjects(bench: Bench): Subject[] {
  const found: Subject[] = [];
  const say = (label: Label): string => words(label, bench.locale);
  const home = say(bench.doc.title);
  for (const one of bench.doc.fields) {
    const type = typeOf(bench, one);
    if (!type) continue;
    found.push(subject(bench, one, one.key, say(one.label), home, type));
    for (const below of one.fields ?? []) {
      const inner = typeOf(bench, below);
      if (inner) found.push(subject(bench, below, `${one.key}.${below.key}`, say(below.label), say(one.label), inner));
    }
    const target = type === 'record' ? bench.boot.forms.find((form) => form.key === one.options?.['form']) : undefined;
    for (const far of target?.fields ?? []) {
      const value = bench.types.get(far.type)?.value ?? '';
      if (!['', 'records'].includes(value) && !['formula', 'rollup', 'lookup'].includes(far.type)) found.push({ name: `${one.key}.${far.key}`, label: `${say(one.label)} › ${say(far.label)}`, group: say(one.label), type: value, percent: far.type === 'percent', ...inWords(bench, far.choices) });
    }
  }
  return found;
}

function subject(bench: Bench, spec: FieldSpec, name: string, label: string, group: string, type: string): Subject {
  return { name, label, group, type, percent: spec.type === 'percent' || spec.options?.['percent'] === true, ...optionsOf(bench, spec) };
}

/** The options of a field: its own, its stages, or those of the set that it shares. */
export function optionsOf(bench: Bench, spec: FieldSpec | undefined): { choices?: [string, string][] } {
  return inWords(bench, spec ? offeredBy(spec, bench.boot) : undefined);
}

function inWords(bench: Bench, offered: Offered[] | undefined): { choices?: [string, string][] } {
  return offered?.length ? { choices: offered.map((one) => [one.key, words(one.label, bench.locale) || one.key]) } : {};
}

function typeOf(bench: Bench, spec: FieldSpec): string {
  const info = bench.types.get(spec.type);
  if (!info || !info.is_value) return '';
  if (['formula', 'rollup'].includes(spec.type)) return RESULTS[String(spec.options?.['result'] ?? 'number')] ?? '';
  return spec.type === 'lookup' ? '' : info.value;
}
