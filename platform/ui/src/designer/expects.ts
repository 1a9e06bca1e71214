// What kind of value an expression must give, as far as it is known here: that of the field which takes it.
import type { Bench } from './bench.ts';
import { get } from './keyed.ts';
import { fieldAt } from './model.ts';
import type { FieldSpec } from './types.ts';

/** The kind of value that a field takes; empty where several are taken, as a record and its number. */
export function valueType(bench: Bench, spec: FieldSpec): string {
  const result = spec.options?.['result'];
  const value = bench.types.get(spec.type)?.value ?? '';
  return typeof result === 'string' ? expectsOf(spec) : value === 'records' || value === 'record' ? '' : value;
}

/** The kind of value that a formula gives, as its field says. */
export function expectsOf(spec: FieldSpec): string {
  const result = String(spec.options?.['result'] ?? '');
  return { money: 'number', percent: 'number', integer: 'number' }[result] ?? result;
}

/** The kind of value that an action of a rule sets: that of its first field. */
export function setType(bench: Bench, action: string[]): string {
  const fields = (get(bench.doc, action) as { fields?: string[] } | undefined)?.fields;
  const spec = fieldAt(bench.doc, fields?.[0] ?? '');
  return spec ? valueType(bench, spec) : '';
}
