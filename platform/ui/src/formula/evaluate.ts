// The browser's back end: a tree becomes nested functions once and is called for every row.

import type { Big } from 'big.js';
import { readDate, readInstant, showDate, showInstant } from './dates.ts';
import { average, Decimal, number, plain, total } from './numbers.ts';
import { largest, LAZY, OPERATIONS, smallest, ZONED } from './primitives.ts';
import type { Facts, Result, Row, Run, Step, Tree, TypeName, Value } from './types.ts';

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
      return compileAggregate(tree.kind, tree.steps, tree.up ?? 0, tree.body);
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

const count = (values: readonly Value[]): Value => new Decimal(values.length);
const REDUCERS: Readonly<Record<string, (values: Value[]) => Value>> = {
  sum: (values) => total(values as Big[]),
  average: (values) => average(values as Big[]),
  min: smallest,
  max: largest,
  count,
};

function compileAggregate(kind: string, steps: readonly Step[], up: number, tree: Tree | undefined): Run {
  const body = tree && compile(tree);
  const reduce = REDUCERS[kind] ?? count;
  return (rows, facts) => {
    let reached: [readonly Row[], Row][] = [[rows, rows[rows.length - 1 - up]!]];
    for (const { key, many } of steps) {
      reached = reached.flatMap(([stack, end]): [readonly Row[], Row][] => {
        const value = end[key];
        if (many) return Array.isArray(value) ? value.filter(isRow).map((row) => [[...stack, row], row]) : [];
        return isRow(value) ? [[stack, value]] : [];
      });
    }
    if (!body) return new Decimal(reached.length);
    return reduce(reached.map(([stack]) => body(stack, facts)).filter((value) => value !== null));
  };
}

const compiled = new WeakMap<Tree, Run>();

/** The value of an expression for one record (`around` holds the rows around it, outermost first): numbers as plain text, dates as ISO text, null for blank. */
export function evaluate(tree: Tree, row: Row, facts: Facts, around: readonly Row[] = []): Result {
  let run = compiled.get(tree);
  if (!run) compiled.set(tree, (run = compile(tree)));
  return show(tree.type, run([...around, row], facts));
}

/** The paths of fields that a tree reads, as `references` of the server; a form watches these. */
export function dependencies(tree: Tree): string[][] {
  const found = new Map<string, string[]>();
  const visit = (node: Tree, prefixes: readonly string[][]): void => {
    if (node.node === 'field') {
      const path = [...prefixes[prefixes.length - 1 - (node.up ?? 0)]!, ...node.path];
      found.set(path.join('.'), path);
    } else if (node.node === 'call') {
      for (const argument of node.arguments) visit(argument, prefixes);
    } else if (node.node === 'aggregate') {
      let path = prefixes[prefixes.length - 1 - (node.up ?? 0)]!;
      const inner = [...prefixes];
      for (const { key, many } of node.steps) {
        path = [...path, key];
        if (!many) continue;
        inner.push(path);
        found.set(path.join('.'), path); // which rows there are matters as much as what is in them
      }
      if (node.body) visit(node.body, inner);
    }
  };
  visit(tree, [[]]);
  return [...found.values()];
}
