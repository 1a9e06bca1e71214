// Sums over the columns of sub-forms, kept while rows change: a keystroke in one of five thousand rows adds one difference.
// `SUM(lines.amount)` in an expression over the record becomes a field of its own that is read like any other.
import type { AggregateTree, Tree } from '../../formula/types.ts';
import { Decimal, number } from '../../formula/numbers.ts';
import { isQuestion, type Expr, type Values } from './types.ts';

type Big = InstanceType<typeof Decimal>;

const PLAIN = /^-?[0-9]+(\.[0-9]+)?$/;

export class Sums {
  private columns = new Map<string, { total: Big; known: WeakMap<Values, Big> }>();

  constructor(private tables: ReadonlySet<string>) {}

  /** The column of a sub-form is summed from now on; `lines.amount`. */
  watch(column: string): void {
    if (!this.columns.has(column)) this.columns.set(column, { total: new Decimal(0), known: new WeakMap() });
  }

  /** The same expression, reading kept sums where it can. */
  using(expr: Expr): Expr {
    return isQuestion(expr) ? expr : this.replaced(expr);
  }

  private replaced(tree: Tree): Tree {
    if (tree.node === 'call') {
      const parts = tree.arguments.map((one) => this.replaced(one));
      return parts.some((one, index) => one !== tree.arguments[index]) ? { ...tree, arguments: parts } : tree;
    }
    const column = tree.node === 'aggregate' ? this.columnOf(tree) : null;
    if (!column) return tree;
    this.watch(column);
    return { node: 'field', type: 'number', path: [sumName(column)] };
  }

  /** The column that an aggregate adds up, where it does nothing else. */
  private columnOf(tree: AggregateTree): string | null {
    const { kind, steps, body } = tree;
    const simple = kind === 'sum' && steps.length === 1 && steps[0]!.many && this.tables.has(steps[0]!.key);
    if (!simple || tree.up || tree.form !== undefined || tree.remote || tree.where || tree.key || tree.arguments?.length) return null;
    if (body?.node !== 'field' || body.type !== 'number' || body.path.length !== 1 || body.up) return null;
    return `${steps[0]!.key}.${body.path[0]}`;
  }

  /** A value of a row is another: gives the name and value of the sum that moved. */
  changed(column: string, row: Values, value: unknown): [string, string] | null {
    const sum = this.columns.get(column);
    if (!sum) return null;
    const now = read(value);
    sum.total = sum.total.plus(now).minus(sum.known.get(row) ?? 0);
    sum.known.set(row, now);
    return [sumName(column), text(sum.total)];
  }

  /** The rows of a sub-form are others: everything is added up anew. */
  *arranged(table: string, rows: readonly Values[]): Generator<[string, string]> {
    for (const [column, sum] of this.columns) {
      const [head, key] = column.split('.') as [string, string];
      if (head !== table) continue;
      sum.total = new Decimal(0);
      sum.known = new WeakMap();
      for (const row of rows) {
        const now = read(row[key]);
        sum.known.set(row, now);
        sum.total = sum.total.plus(now);
      }
      yield [sumName(column), text(sum.total)];
    }
  }

  /** The sum of a column that is watched. */
  of(column: string): string {
    return text(this.columns.get(column)?.total ?? new Decimal(0));
  }
}

const sumName = (column: string): string => `Σ${column}`;

function read(value: unknown): Big {
  if (typeof value === 'number') return Number.isFinite(value) ? (number(new Decimal(value)) ?? new Decimal(0)) : new Decimal(0);
  return typeof value === 'string' && PLAIN.test(value) ? (number(new Decimal(value)) ?? new Decimal(0)) : new Decimal(0);
}

const text = (sum: Big): string => number(sum)?.toFixed() ?? '';
