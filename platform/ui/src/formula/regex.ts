// Runs the programs that engines/formula/regex.py makes of patterns: threads in order of preference, no going back.

import type { Text } from './texts.ts';

type Step = readonly [string, readonly number[]];
type Thread = readonly [number, number];

const MAX_WORK = 100_000;
const programs = new Map<string, readonly Step[]>();

function stepsOf(code: string): readonly Step[] {
  let steps = programs.get(code);
  if (!steps) {
    steps = code.split(' ').map((step): Step => [step[0]!, step.length > 1 ? step.slice(1).split(',').map(Number) : []]);
    programs.set(code, steps);
  }
  return steps;
}

function fits([sign, numbers]: Step, code: number): boolean {
  let inside = false;
  for (let at = 0; at < numbers.length; at += 2) inside ||= numbers[at]! <= code && code <= numbers[at + 1]!;
  return inside === (sign === '=');
}

function search(value: Text, code: Text): Thread | null {
  if (code === null) return null;
  const steps = stepsOf(code);
  const codes = Array.from(value ?? '', (sign) => sign.codePointAt(0)!);
  if (steps.length * codes.length > MAX_WORK) return null;

  const follow = (threads: Thread[], seen: Set<number>, start: number, began: number, place: number): void => {
    const todo = [start];
    while (todo.length > 0) {
      const at = todo.pop()!;
      if (seen.has(at)) continue;
      seen.add(at);
      const [sign, numbers] = steps[at]!;
      if (sign === '>') todo.push(...[...numbers].reverse());
      else if (sign === '^') todo.push(...(place === 0 ? [at + 1] : []));
      else if (sign === '$') todo.push(...(place === codes.length ? [at + 1] : []));
      else threads.push([at, began]);
    }
  };

  let threads: Thread[] = [];
  let seen = new Set<number>();
  let best: Thread | null = null;
  for (let place = 0; place <= codes.length; place += 1) {
    if (best === null) follow(threads, seen, 0, place, place);
    const following: Thread[] = [];
    seen = new Set();
    for (const [at, began] of threads) {
      const step = steps[at]!;
      if (step[0] === '.') {
        best = [began, place];
        break;
      }
      if (place < codes.length && fits(step, codes[place]!)) follow(following, seen, at + 1, began, place + 1);
    }
    threads = following;
    if (best !== null && threads.length === 0) break;
  }
  return best;
}

export const matches = (value: Text, code: Text): boolean => search(value, code) !== null;

export function extract(value: Text, code: Text): Text {
  const found = search(value, code);
  return found === null || value === null ? null : Array.from(value).slice(...found).join('') || null;
}
