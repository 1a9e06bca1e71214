// What is chosen in the dialog of a picker: how many of each group, what there is room for, what changes in the rows.

export interface Group { readonly key: string; readonly title: string; readonly min: number; readonly max: number | null }
export interface Item { readonly id: string; readonly title: string; readonly cells: readonly string[]; readonly group: string; why: string }

/** Something chosen. `row` is the number of the row that it stands in already; `was` the quantity there. */
export interface Pick { readonly id: string; readonly title: string; readonly group: string; quantity: number; readonly row: string | null; readonly was: number }

/** A record in a row that the dialog does not change: its quantity counts. */
export interface Fixed { readonly id: string; readonly group: string; readonly quantity: number }

export class Chosen {
  readonly picks = new Map<string, Pick>();
  readonly groups = new Map<string, Group>();
  /** Rows that stood there and were taken away, by their numbers. */
  readonly gone = new Map<string, Pick>();
  fixed: readonly Fixed[] = [];

  constructor(private readonly addsUp: boolean) {}

  count(group: string): number {
    let count = 0;
    for (const one of [...this.picks.values(), ...this.fixed]) if (one.group === group) count += this.addsUp ? one.quantity : 1;
    return count;
  }

  /** How many more of a group may be chosen. */
  room(group: string): number {
    const max = this.groups.get(group)?.max ?? null;
    return max === null ? Infinity : max - this.count(group);
  }

  /** Choose a record. Where one of its group is all there may be, it takes the other's place. False where there is no room. */
  add(item: Pick): boolean {
    if (this.picks.has(item.id)) return true;
    const group = this.groups.get(item.group);
    if (group?.max === 1 && !this.addsUp && !this.fixed.some((one) => one.group === item.group)) {
      for (const one of [...this.picks.values()]) if (one.group === item.group) this.remove(one.id);
    }
    if (this.room(item.group) < (this.addsUp ? item.quantity : 1)) return false;
    const back = [...this.gone.values()].find((one) => one.id === item.id);
    if (back) this.gone.delete(back.row!);
    this.picks.set(item.id, back ? { ...back, quantity: item.quantity } : item);
    return true;
  }

  remove(id: string): void {
    const one = this.picks.get(id);
    if (one?.row != null) this.gone.set(one.row, one);
    this.picks.delete(id);
  }

  /** Give a quantity, as far as there is room; none takes the record away. Returns what it is now. */
  give(id: string, quantity: number): number {
    const one = this.picks.get(id);
    if (!one) return 0;
    const most = this.addsUp ? one.quantity + this.room(one.group) : Infinity;
    const now = Math.min(Math.round(quantity * 1e6) / 1e6, most);
    if (!(now > 0)) {
      this.remove(id);
      return 0;
    }
    one.quantity = now;
    return now;
  }

  get added(): Pick[] {
    return [...this.picks.values()].filter((one) => one.row === null);
  }

  get changed(): Pick[] {
    return [...this.picks.values()].filter((one) => one.row !== null && one.quantity !== one.was);
  }

  get touched(): boolean {
    return this.added.length > 0 || this.changed.length > 0 || this.gone.size > 0;
  }

  /** Groups of which something is chosen (with `every`: all that are known) and that need more. */
  short(every: boolean): Group[] {
    return [...this.groups.values()].filter((one) => {
      const count = this.count(one.key);
      return one.key !== '' && count < one.min && (every || count > 0);
    });
  }
}
