// What the server tells of a form page, read once. Rows of long sub-forms come small (`packed` in
// platform/dougong/web/records/long_rows.py): names once, titles of records once, a list of values for each row.
import type { Data, Values } from './live/types.ts';
import type { Stored } from './table.ts';

export interface Packed {
  keys: readonly string[];
  links: Readonly<Record<string, Readonly<Record<string, string>>>>;
  rows: readonly (readonly unknown[] | Values | null)[];
}
type Sent = Omit<Data, 'tables'> & { tables?: Record<string, { rows: Packed; order?: readonly number[]; gone?: Packed }> };

let read: Data | null | undefined;

/** The data of this page; null where it has none. */
export function pageData(): Data | null {
  if (read !== undefined) return read;
  const source = document.getElementById('dg-form-data')?.textContent;
  if (!source) return (read = null);
  const sent = JSON.parse(source) as Sent;
  const tables = Object.entries(sent.tables ?? {}).map(([key, one]): [string, Stored] => [
    key,
    {
      rows: unpacked(one.rows),
      ...(one.order ? { order: one.order } : {}),
      ...(one.gone ? { gone: unpacked(one.gone).filter((row): row is Values => row !== null) } : {}),
    },
  ]);
  return (read = { ...sent, tables: Object.fromEntries(tables) });
}

export function unpacked({ keys, links, rows }: Packed): (Values | null)[] {
  return rows.map((row) => {
    if (!Array.isArray(row)) return row as Values | null;
    const values: Values = {};
    keys.forEach((key, index) => {
      const cell = row[index] as unknown;
      const title = typeof cell === 'number' ? links[key]?.[cell] : undefined;
      values[key] = title === undefined ? cell : { id: cell, title };
    });
    return values;
  });
}
