// The options of a choice are its own or those of a shared set, never both: who changes over loses neither values nor names.
import type { Json } from './keyed.ts';

type Options = Record<string, Json>;
export interface SharedSet { key: string; choices: Json[] }

/** The options of a field after one of them was changed: a set takes the place of its own options, and leaves its options behind. */
export function oneSource(before: Options, after: Options | undefined, sets: SharedSet[]): Options | undefined {
  if (before['set'] === after?.['set']) return after;
  const { choices, ...rest } = after ?? {};
  if (rest['set']) return rest;
  const left = sets.find((each) => each.key === before['set'])?.choices;
  return choices || !left?.length ? after : { ...rest, choices: left };
}
