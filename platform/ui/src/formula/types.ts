// The typed tree that the server makes of an expression (engines/formula/browser.py) and the values it works on.

import type Big from 'big.js';

export type TypeName = 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'record' | 'records' | 'list';

export type Tree =
  | { node: 'constant'; type: TypeName; value: string | boolean | string[] | null }
  | { node: 'field'; type: TypeName; path: string[]; up?: number }
  | { node: 'fact'; type: TypeName; path: string[] }
  | { node: 'call'; type: TypeName; name: string; arguments: Tree[] }
  | { node: 'prior'; type: TypeName; key: string; up?: number; rows?: string }
  | AggregateTree;

export interface AggregateTree {
  node: 'aggregate';
  type: TypeName;
  kind: string;
  steps: Step[];
  up?: number;
  /** The key of a form of which every record counts; only the server can compute it. */
  form?: string;
  /** Rows that the page does not have; only the server can compute it. */
  remote?: boolean;
  where?: Tree;
  body?: Tree;
  key?: Tree;
  arguments?: Tree[];
}

export interface Step {
  key: string;
  many: boolean;
}

/** A record or a row of a sub-form as the page holds it: JSON. Numbers may be numbers or text, dates are ISO text. */
export type Row = { readonly [key: string]: unknown };

const OWN = Symbol('row');

/** A row as its expressions read it, with the names of the record around it behind its own; it knows the row itself. */
export const rowIn = <T extends Row>(record: T, row: T): T => ({ ...record, ...row, [OWN]: row });

/** The row itself, of one that is read with its record. */
export const ownRow = (row: Row): Row => (row as { [OWN]?: Row })[OWN] ?? row;

/** A business calendar: the hours of each weekday from Monday, and the days (since 1970) that differ, in order. */
export interface CalendarData {
  readonly week: readonly (readonly (readonly [number, number])[])[];
  readonly days: readonly (readonly [number, readonly (readonly [number, number])[]])[];
}

/** What the server sends about the moment (`engines.formula.browser_facts`). */
export interface Facts {
  now: string;
  today: string;
  zone: string;
  /** From which instant (ms since 1970) clocks are ahead of UTC by how much (ms), in order. */
  offsets: ReadonlyArray<readonly [number, number]>;
  user: Row | null;
  settings: Row;
  locale?: string;
  /** The record before this write, where the page may know it. */
  prior?: Row | null;
  /** The business calendars by key; the first counts where none is named. */
  calendars?: { readonly [key: string]: CalendarData };
  /** For each currency the days from which a rate holds, and the rate; pages do not get them. */
  rates?: { readonly [currency: string]: readonly (readonly [string, string])[] };
  /** Each department with the one it belongs to and its name; pages do not get it. */
  departments?: { readonly [id: string]: readonly [number | null, string] };
}

/** Inside: a date is days since 1970, a datetime milliseconds since 1970, an id text, null is blank. */
export type Value = string | boolean | Big | number | readonly string[] | null;

/** Outside: numbers as plain text, dates as ISO text, ids as they came. */
export type Result = string | number | boolean | readonly string[] | null;

export type Run = (rows: readonly Row[], facts: Facts) => Value;
