// Inputs for formulas, and what they may name: of this form, of its rows, and of other forms whose records are meant.
import { html, type TemplateResult } from 'lit';
import { send } from './api.ts';
import type { Bench } from './bench.ts';
import { idOf, type Slot } from './controls.ts';
import type { Check, Name, Source } from './formula/element.ts';
import type { Fn, Sample } from './formula/source.ts';
import { words } from './labels.ts';
import { fieldAt } from './model.ts';
import { isValue, offered } from './naming/around.ts';
import type { Label } from './types.ts';

export function expression(slot: Slot): TemplateResult {
  return html`<dg-formula id=${idOf(slot)} expects=${slot.schema['x-expects'] ?? slot.expects ?? ''} place=${slot.schema['x-place'] ?? slot.place ?? 'rule'} scope=${slot.scope}
    label=${slot.schema.title ?? slot.name} .value=${String(slot.value ?? '')} .names=${namesFor(slot.bench, slot.scope)} .check=${slot.unchecked ? undefined : checker(slot.bench)} .source=${isFar(slot.bench, slot.scope) ? farSource(slot.bench) : sourceOf(slot.bench)}
    @dg:formula=${(event: CustomEvent<string>) => slot.set(event.detail || undefined, idOf(slot))}></dg-formula>`;
}

let askedBy: { bench: Bench; check: Check } | undefined;

export function checker(bench: Bench): Check {
  if (askedBy?.bench !== bench) {
    const url = `/design/${bench.boot.app}/form/${bench.boot.form}/check`;
    const check: Check = (text, expects, place, scope) => send('POST', url, { text, expects, place, scope, document: bench.doc });
    askedBy = { bench, check };
  }
  return askedBy.check;
}

/** Whether a scope is that of another form, over whose records an expression is written. */
export const isFar = (bench: Bench, scope: string): boolean => scope.split('.')[0] !== bench.doc.key;

let known: { bench: Bench; source: Source } | undefined;

/** What formulas of this form may name and be tried on. */
export function sourceOf(bench: Bench): Source {
  if (known?.bench === bench) return known.source;
  const app = `/design/${bench.boot.app}`;
  const form = `${app}/form/${bench.boot.form}`;
  const source: Source = {
    async names(scope) {
      const { names } = await send<{ names: { name: string; label: string; way: string[]; type: string }[] }>('POST', `${form}/names`, { scope, document: bench.doc });
      return names.map((one) => ({ name: one.name, label: one.label, group: one.way.join(' › '), type: one.type }));
    },
    functions: async () => (await send<{ functions: Fn[] }>('GET', `${app}/functions`)).functions,
    samples: async (query) => (await send<{ items: Sample[] }>('GET', `${form}/samples?q=${encodeURIComponent(query)}`)).items,
    result: (text, record, scope) => send('POST', `${form}/result`, { text, record, scope }),
  };
  known = { bench, source };
  return source;
}

let far: { bench: Bench; source: Source } | undefined;

/** The same for expressions over other records, which cannot be tried on a record of this form. */
export function farSource(bench: Bench): Source {
  if (far?.bench !== bench) far = { bench, source: { ...sourceOf(bench), samples: () => Promise.resolve([]) } };
  return far.source;
}

/** The fields that an expression may name: those of the row, of the form, of rows, and of records that relations lead to. */
export function namesFor(bench: Bench, scope: string): Name[] {
  if (isFar(bench, scope)) return offered(bench, scope, '', { far: true, rows: true, fits: (node) => isValue(bench)(node) || Boolean(node.fields) }).flatMap((group) => group.options.map(([name, label]) => ({ name, label, group: group.title })));
  const inside = scope.split('.').slice(1).join('.');
  const say = (label: Label): string => words(label, bench.locale);
  const names: Name[] = [];
  const row = inside ? fieldAt(bench.doc, inside) : undefined;
  for (const one of row?.fields ?? []) {
    names.push({ name: one.key, label: say(one.label), group: say(row!.label) });
    for (const below of one.fields ?? []) names.push({ name: `${one.key}.${below.key}`, label: `${say(one.label)} › ${say(below.label)}`, group: say(one.label) });
  }
  for (const one of bench.doc.fields) {
    if (one.fields) {
      if (one.key === inside) continue;
      names.push({ name: one.key, label: say(one.label), group: say(bench.doc.title) });
      for (const below of one.fields) {
        const label = `${say(one.label)} › ${say(below.label)}`;
        names.push({ name: `${one.key}.${below.key}`, label, group: say(one.label) });
        for (const deep of below.fields ?? []) names.push({ name: `${one.key}.${below.key}.${deep.key}`, label: `${label} › ${say(deep.label)}`, group: say(one.label) });
      }
      continue;
    }
    names.push({ name: one.key, label: say(one.label), group: say(bench.doc.title) });
    const target = bench.boot.forms.find((form) => form.key === one.options?.['form']);
    for (const far of target?.fields ?? []) names.push({ name: `${one.key}.${far.key}`, label: `${say(one.label)} › ${say(far.label)}`, group: say(one.label) });
  }
  return names;
}
