// The browser's back end: a tree becomes nested functions once and is called for every row.

import type { Big } from 'big.js';
import { readDate, readInstant, showDate, showInstant } from './dates.ts';
import { ORDERED, PLAIN, TRUTHS } from './aggregates.ts';
import { Decimal, number, plain } from './numbers.ts';
import { LAZY, OPERATIONS, ZONED } from './primitives.ts';
import { ownRow } from './types.ts';
import type { AggregateTree, Facts, Result, Row, Run, Step, Tree, TypeName, Value } from './types.ts';

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readNumber(value: unknown): Big | null {
  if (typeof value === 'number') return Number.isFinite(value) ? number(new Decimal(value)) : null;
  return typeof value === 'string' && /^-?[0-9]+(\.[0-9]+)?$/.test(value) ? number(new Decimal(value)) : null;
}

function readRecord(value: unknown): string | null {
  const id = isRow(value) ? value['id'] : value;
  return id === null || id === undefined || id === '' ? null : String(id);
}

function readList(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : null;
}

const READERS: Readonly<Record<TypeName, (value: unknown) => Value>> = {
  text: (value) => (typeof value === 'string' ? value || null : null),
  number: readNumber,
  boolean: (value) => (typeof value === 'boolean' ? value : null),
  date: readDate,
  datetime: readInstant,
  record: readRecord,
  records: () => null,
  list: readList,
};

function show(type: TypeName, value: Value): Result {
  if (value === null) return null;
  if (type === 'number') return plain(value as Big);
  if (type === 'date') return showDate(value as number);
  if (type === 'datetime') return showInstant(value as number);
  return value as Result;
}

function compile(tree: Tree): Run {
  switch (tree.node) {
    case 'constant': {
      const value = READERS[tree.type](tree.value);
      return () => value;
    }
    case 'field':
      return compileField(tree.path, tree.type, tree.up ?? 0);
    case 'fact':
      return compileFact(tree.path, tree.type);
    case 'call':
      return compileCall(tree.name, tree.arguments.map(compile));
    case 'aggregate':
      return compileAggregate(tree);
    case 'prior':
      return compilePrior(tree.key, tree.type, tree.up ?? 0, tree.rows);
  }
}

function compileField(path: readonly string[], type: TypeName, up: number): Run {
  const read = READERS[type];
  return (rows) => {
    let value: unknown = rows[rows.length - 1 - up];
    for (const key of path) value = isRow(value) ? value[key] : undefined;
    return read(value);
  };
}

function compileFact(path: readonly string[], type: TypeName): Run {
  const read = READERS[type];
  const [first, key] = path;
  if (first === 'user') return (_, facts) => read(key === undefined ? facts.user : facts.user?.[key]);
  if (first === 'setting') return (_, facts) => read(facts.settings[key!]);
  return (_, facts) => read(first === 'now' ? facts.now : facts.today);
}

function compileCall(name: string, parts: readonly Run[]): Run {
  const lazy = LAZY[name];
  if (lazy) return lazy(...parts);
  const zoned = ZONED[name];
  if (zoned) return (rows, facts) => zoned(facts, ...parts.map((part) => part(rows, facts)));
  const operation = OPERATIONS[name];
  if (!operation) throw new Error(`unknown operation ${name}: the page is older than the server`);
  return (rows, facts) => operation(...parts.map((part) => part(rows, facts)));
}

/** The value a field had before this write; the page has it only where the server sent `prior`. */
function compilePrior(key: string, type: TypeName, up: number, rowsKey: string | undefined): Run {
  const read = READERS[type];
  return (rows, facts) => {
    let before: unknown = facts.prior;
    if (rowsKey !== undefined) {
      const id = readRecord(rows[rows.length - 1 - up]?.['id']);
      const known = isRow(before) ? before[rowsKey] : undefined;
      before = id !== null && Array.isArray(known) ? known.find((row) => readRecord(row) === id) : undefined;
    }
    return isRow(before) ? read(before[key]) : null;
  };
}

type Reached = [readonly Row[], Row];

function follow(reached: Reached[], { key, many }: Step): Reached[] {
  return reached.flatMap(([stack, end]): Reached[] => {
    const value = end[key];
    if (many) return Array.isArray(value) ? value.filter(isRow).map((row) => [[...stack, row], row]) : [];
    return isRow(value) ? [[stack, value]] : [];
  });
}

/** Which of the rows a row is: the very same one, else the one with its id. */
function ownPlace(stacks: readonly (readonly Row[])[], reading: Row): number | null {
  const row = ownRow(reading);
  const id = readRecord(row['id']);
  let place = stacks.findIndex((stack) => stack.at(-1) === row);
  if (place < 0 && id !== null) place = stacks.findIndex((stack) => readRecord(stack.at(-1)) === id);
  return place < 0 ? null : place;
}

function compileAggregate(tree: AggregateTree): Run {
  const { kind, steps, up = 0 } = tree;
  if (tree.form !== undefined) return () => null; // only the server reads whole forms
  const [body, key, where] = [tree.body, tree.key, tree.where].map((part) => part && compile(part));
  const given = (tree.arguments ?? []).map(compile);
  return (rows, facts) => {
    const start: Reached[] = [[rows, rows[rows.length - 1 - up]!]];
    let stacks = steps.reduce(follow, start).map(([stack]) => stack);
    if (where) stacks = stacks.filter((stack) => where(stack, facts) === true);
    if (!body) return new Decimal(stacks.length);
    const values = stacks.map((stack) => body(stack, facts));
    if (TRUTHS[kind]) return TRUTHS[kind](values);
    if (PLAIN[kind]) return PLAIN[kind](values.filter((value) => value !== null));
    const reduce = ORDERED[kind];
    if (!reduce) throw new Error(`unknown aggregate ${kind}: the page is older than the server`);
    const keys = key ? stacks.map((stack) => key(stack, facts)) : values.map(() => null);
    const own = kind === 'allocate' ? ownPlace(stacks, rows.at(-1)!) : null;
    return reduce(values, keys, given.map((part) => part(rows, facts)), own);
  };
}

const compiled = new WeakMap<Tree, Run>();

/** The value of an expression for one record (`around` holds the rows around it, outermost first): numbers as plain text, dates as ISO text, null for blank. */
export function evaluate(tree: Tree, row: Row, facts: Facts, around: readonly Row[] = []): Result {
  let run = compiled.get(tree);
  if (!run) compiled.set(tree, (run = compile(tree)));
  return show(tree.type, run([...around, row], facts));
}

/**
 * The paths of fields that a tree reads, as `references` of the server; a form watches these. `around` are the keys that
 * lead from each row around to the next.
 */
export function dependencies(tree: Tree, around: readonly string[] = []): string[][] {
  const found = new Map<string, string[]>();
  const note = (path: string[] | null): void => void (path && found.set(path.join('.'), path));
  const visit = (node: Tree, prefixes: readonly (string[] | null)[]): void => {
    const prefix = (up = 0): string[] | null => prefixes[prefixes.length - 1 - up] ?? null;
    const on = (path: string[] | null, keys: string[]): string[] | null => path && [...path, ...keys];
    if (node.node === 'field') note(on(prefix(node.up), node.path));
    else if (node.node === 'prior') note(on(prefix(node.up), [node.key]));
    else if (node.node === 'call') for (const argument of node.arguments) visit(argument, prefixes);
    else if (node.node === 'aggregate') {
      let path = node.form === undefined ? prefix(node.up) : null; // other records are no part of this one
      const inner = [...prefixes];
      if (node.form !== undefined) inner.push(null);
      for (const { key, many } of node.steps) {
        path = on(path, [key]);
        if (!many) continue;
        inner.push(path);
        note(path); // which rows there are matters as much as what is in them
      }
      for (const part of [node.where, node.body, node.key]) if (part) visit(part, inner);
      for (const argument of node.arguments ?? []) visit(argument, prefixes);
    }
  };
  const levels: string[][] = [[]];
  for (const key of around) levels.push([...levels.at(-1)!, key]);
  visit(tree, levels);
  return [...found.values()];
}
