// What the server tells a form page (platform/dougong/web/records/live.py) and what the page's engine works on.
import type { Facts, Row, Tree } from '../../formula/index.ts';
import type { Stored } from '../table.ts';

export type Values = Record<string, unknown>;
export type Mode = 'create' | 'update';

/** An expression: a tree that is evaluated here, or a question for the server with the names that it reads. */
export type Expr = Tree | Question;
export interface Question { ask: string; reads: string[] }
export const isQuestion = (expr: Expr): expr is Question => 'ask' in expr;

/** What the server answered, by question; for the rows of a sub-form a list in their order. */
export type Answers = ReadonlyMap<string, unknown>;

export type Do =
  | 'show' | 'hide' | 'require' | 'optional' | 'readonly' | 'editable' | 'set' | 'choices' | 'color' | 'block' | 'warn' | 'lock';

export interface Action {
  key: string;
  do: Do;
  fields: string[];
  value?: Expr;
  choices?: string[] | Expr;
  color?: string;
  message?: string;
  field?: string;
}

export interface Rule {
  key: string;
  on: string[];
  when?: Expr;
  check?: Expr;
  message?: string;
  field?: string;
  subform?: string;
  actions: Action[];
}

/** `refill`: the server fills it whenever it is blank. */
export interface Linkage { path: string; subform?: string; as: 'value' | 'choices' | 'rows'; reads: string[]; refill?: boolean }

export interface About {
  key: string;
  type: string;
  formula?: Expr;
  default?: Expr;
  follow?: Tree;
  places?: number;
  decimals?: number | null;
  percent?: boolean;
  symbol?: string;
  /** What the record says about the currency of an amount, and whether the record around the row says it. */
  unit?: Tree;
  unitAround?: boolean;
  /** The field beside it that keeps the amount in the base currency. */
  base?: { key: string; symbol: string };
  /** Of a look-up: the relation that it follows. What it shows comes with the record that is chosen there. */
  words?: string;
  /** The words of choices, of a field that shows them without an input. */
  labels?: Record<string, string>;
  required?: boolean;
  readonly?: boolean;
  rows?: About[];
}

export interface Data {
  app: string;
  form: string;
  mode: Mode;
  record?: number | null;
  fields: About[];
  needs: Record<string, string[]>;
  facts: Facts;
  rules: Rule[];
  hidden: string[];
  hiddenValues: 'keep' | 'clear' | 'recompute';
  linkages: Linkage[];
  /** How many decimals currencies have. */
  digits?: Record<string, number>;
  /** The fields that the address gave, or that were posted before: linkage does not replace them at first. */
  given?: string[];
  /** The rows of long sub-forms, and what expressions read of records that are chosen already, by path and id. */
  tables?: Record<string, Stored>;
  related?: Record<string, Record<string, Values>>;
  /** What is stored of fields without inputs that expressions read: of the record, and of rows by their ids. */
  stored?: Values;
  storedRows?: Record<string, Record<string, Values>>;
  /** What choosing a record fills in, by the relation's path. */
  copies?: Record<string, string[]>;
}

export interface Message { rule: string; action: string | null; path: string }

export interface State {
  shown: Record<string, boolean>;
  required: Record<string, boolean>;
  readonly: Record<string, boolean>;
  choices: Record<string, string[]>;
  colors: Record<string, string>;
  values: Record<string, unknown>;
  blocks: Message[];
  warnings: Message[];
  locked: boolean;
}

export type { Facts, Row, Tree };
