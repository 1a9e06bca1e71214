// Fields that follow an expression until somebody gives another value: the twin of engines/form/rules/follow.py.
import { dependencies, evaluate } from '../../formula/index.ts';
import { fitNumber } from './numbers.ts';
import type { About, Facts, Row, Tree, Values } from './types.ts';

export interface Follower { key: string; tree: Tree; reads: Set<string>; places?: number }

/** The following fields of a list of fields, in groups that follow each other. Formulas are looked through. */
export function circles(fields: readonly About[], around: readonly About[] = []): Follower[][] {
  const trees = new Map([...around, ...fields].flatMap((one) => (one.formula && 'node' in one.formula ? [[one.key, one.formula] as const] : [])));
  const followers = fields.filter((one) => one.follow).map((one) => ({
    key: one.key, tree: one.follow!, reads: through(one.follow!, trees), ...(one.places === undefined ? {} : { places: one.places }),
  }));
  const reads = new Map(followers.map((one) => [one.key, one.reads]));
  const reach = new Map(followers.map((one) => [one.key, reachable(one.key, reads)]));
  const groups: Follower[][] = [];
  const placed = new Set<string>();
  for (const one of followers) {
    if (placed.has(one.key)) continue;
    const group = followers.filter((other) => other === one || (reach.get(one.key)!.has(other.key) && reach.get(other.key)!.has(one.key)));
    for (const other of group) placed.add(other.key);
    groups.push(group);
  }
  return groups;
}

export function through(tree: Tree, formulas: ReadonlyMap<string, Tree>): Set<string> {
  const found = new Set<string>();
  const pending = dependencies(tree).map((path) => path[0]!);
  while (pending.length) {
    const key = pending.pop()!;
    if (found.has(key)) continue;
    found.add(key);
    const inner = formulas.get(key);
    if (inner) pending.push(...dependencies(inner).map((path) => path[0]!));
  }
  return found;
}

function reachable(key: string, reads: ReadonlyMap<string, Set<string>>): Set<string> {
  const found = new Set<string>();
  const pending = [key];
  while (pending.length) {
    for (const name of reads.get(pending.pop()!) ?? []) {
      if (!reads.has(name) || found.has(name)) continue;
      found.add(name);
      pending.push(name);
    }
  }
  return found;
}

/** The new values. `edited` are the fields that somebody gave, the last one last; `moved` all that changed. */
export function follow(groups: readonly Follower[][], row: Row, facts: Facts, edited: readonly string[], moved: ReadonlySet<string>): Values {
  const values: Values = { ...row };
  const changed: Values = {};
  const leaders = new Set(groups.flatMap((group) => leadersOf(group, values, edited)));
  const moving = new Set(moved);
  for (let pass = 0; pass < 8; pass++) {
    let quiet = true;
    for (const one of groups.flat()) {
      if (leaders.has(one.key) || ![...one.reads].some((name) => moving.has(name))) continue;
      const value = fitNumber(evaluate(one.tree, values, facts), one.places);
      if (same(value, values[one.key])) continue;
      values[one.key] = changed[one.key] = value;
      moving.add(one.key);
      quiet = false;
    }
    if (quiet) break;
  }
  return changed;
}

function leadersOf(group: readonly Follower[], values: Values, edited: readonly string[]): string[] {
  const keys = group.map((one) => one.key);
  const given = edited.filter((key) => keys.includes(key));
  if (group.length === 1) return given;
  if (given.length) return given.slice(-1); // here it is known which was edited last
  return [keys.find((key) => values[key] !== null && values[key] !== undefined) ?? keys[0]!];
}

export const same = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
