// The record on the page, without the page: values, formulas, defaults, following fields and rules. What a change does
// not concern is not computed again. `live.ts` feeds it from the inputs and shows what came out.
import { dependencies, evaluate, rowIn } from '../../formula/index.ts';
import { circles, follow, same, type Follower } from './follow.ts';
import { fitNumber } from './numbers.ts';
import { act, askRule, hideAtFirst, noState, sees, type Finding } from './rules.ts';
import { Sums } from './sums.ts';
import { isQuestion, type About, type Data, type Expr, type Linkage, type Rule, type State, type Values } from './types.ts';

const PASSES = 8; // as on the server

/** A place that changed: a field of the record, or of one of its rows. */
export interface Place { about: About; key: string; subform?: string; row?: Values }
export interface Change extends Place { value: unknown }

interface Reads { row: Set<string>; outer: Set<string> }
interface Formula { about: About; expr: Expr; subform?: string; reads: Reads }
interface Asked { rule: Rule; reads: Reads; found: (Finding | null)[] }

export class Model {
  readonly values: Values;
  state: State = noState();
  /** What the server answered; set with `answer`. */
  private answers = new Map<string, unknown>();
  private formulas: Formula[] = [];
  private defaults: Formula[] = [];
  private followers = new Map<string, Follower[][]>();
  private sums: Sums;
  private rules: Asked[] = [];
  private tops = new Map<string, About>();
  private moved = new Set<string>();
  private movedRows = new Map<Values, Set<string>>();
  private restructured = new Set<string>();
  private edits: string[] = [];
  private rowEdits = new WeakMap<Values, string[]>();
  private clock = 0;
  private editedAt = new Map<string, number>();
  private rowEditedAt = new WeakMap<Values, Map<string, number>>();
  private stale = new Map<string, number>();
  private left = new Set<string>();
  private changes = new Map<string, Change>();
  private numbers = new WeakMap<Values, number>();
  private count = 0;
  private begun = false;
  private offered = new Map<string, readonly string[]>();
  private reoffered = false;

  constructor(readonly data: Data, values: Values, private free: (place: Place) => boolean = () => true) {
    this.values = values;
    this.sums = new Sums(new Set(data.fields.filter((one) => one.rows).map((one) => one.key)));
    for (const about of data.fields) {
      this.tops.set(about.key, about);
      this.plan(about);
      for (const inner of about.rows ?? []) this.plan(inner, about.key);
      if (about.rows?.some((one) => one.follow)) this.followers.set(about.key, circles(about.rows, data.fields));
    }
    const record = circles(data.fields);
    if (record.length) this.followers.set('', record);
    this.formulas = inOrder(this.formulas);
    for (const rule of data.rules.filter((one) => one.on.includes(data.mode))) {
      const exprs = [rule.when, rule.check, ...rule.actions.flatMap((one) => [one.value, Array.isArray(one.choices) ? undefined : one.choices])];
      const reads = this.reads(exprs.filter((one): one is Expr => one !== undefined), rule.subform);
      this.rules.push({ rule: this.summed(rule), reads, found: [] });
    }
    for (const about of data.fields) if (about.rows) this.add(about.key);
  }

  /** A rule that reads kept sums. */
  private summed(rule: Rule): Rule {
    const using = (expr: Expr | undefined): Expr | undefined => expr && this.sums.using(expr);
    const actions = rule.actions.map((one) => ({
      ...one,
      ...(one.value ? { value: this.sums.using(one.value) } : {}),
      ...(one.choices && !Array.isArray(one.choices) ? { choices: this.sums.using(one.choices) } : {}),
    }));
    const [when, check] = [using(rule.when), using(rule.check)];
    return { ...rule, ...(when ? { when } : {}), ...(check ? { check } : {}), actions };
  }

  /** The sum of a column, `lines.amount`; kept from the first time it is asked for. */
  sum(column: string): string {
    if (!this.totals.has(column)) {
      this.totals.add(column);
      this.sums.watch(column);
      this.add(column.split('.')[0]!);
    }
    return this.sums.of(column);
  }

  private totals = new Set<string>();

  private add(table: string): void {
    for (const [name, value] of this.sums.arranged(table, this.rows(table))) this.values[name] = value;
  }

  private plan(about: About, subform?: string): void {
    const inner = subform === undefined ? {} : { subform };
    const list = (expr: Expr): Formula => ({ about, expr: this.sums.using(expr), ...inner, reads: this.reads([expr], subform) });
    if (about.formula) this.formulas.push(list(about.formula));
    if (about.default) this.defaults.push(list(about.default));
  }

  /** The names that expressions read: of the row they stand in, and of the record. `lines.qty` is read as such. */
  private reads(exprs: readonly Expr[], subform?: string): Reads {
    const found: Reads = { row: new Set(), outer: new Set() };
    const rows = new Set(subform === undefined ? [] : this.data.fields.find((one) => one.key === subform)?.rows?.map((one) => one.key));
    const tables = new Set(this.data.fields.filter((one) => one.rows).map((one) => one.key));
    for (const expr of exprs) {
      const paths = isQuestion(expr) ? expr.reads.map((one) => one.split('.')) : dependencies(expr);
      for (const [head, inner] of paths as [string, string?][]) {
        if (rows.has(head)) found.row.add(head);
        else found.outer.add(tables.has(head) && inner !== undefined ? `${head}.${inner}` : head);
      }
      if (isQuestion(expr)) found.outer.add(`?${expr.ask}`);
    }
    return found;
  }

  // -- what happens ----------------------------------------------------------------------------------------------------

  rows(key: string): Values[] {
    return Array.isArray(this.values[key]) ? (this.values[key] as Values[]) : [];
  }

  /** A person, or a widget for one, changed a value. */
  edit(place: Place, value: unknown): void {
    const name = place.key;
    this.clock += 1;
    if (place.row) {
      const at = this.rowEditedAt.get(place.row) ?? new Map<string, number>();
      this.rowEditedAt.set(place.row, at.set(name, this.clock));
      this.rowEdits.set(place.row, [...(this.rowEdits.get(place.row) ?? []).filter((one) => one !== name), name]);
    } else {
      this.editedAt.set(name, this.clock);
      this.edits = [...this.edits.filter((one) => one !== name), name];
    }
    this.put(place, value, false);
  }

  /** A person left a field blank that the server fills whenever it is (a rate): it is asked for again. */
  again(place: Place): void {
    const path = place.subform === undefined ? place.key : `${place.subform}.${place.key}`;
    if (this.data.linkages.some((one) => one.refill && one.path === path)) this.left.add(this.placeName(place.key, place.row));
  }

  /** A value that is not a person's: what the server gave, or a related record that arrived. */
  give(place: Place, value: unknown, show = true): void {
    this.put(place, value, show);
  }

  /** Rows were added, removed or moved. */
  arrange(key: string, rows: Values[]): void {
    const before = new Set(this.rows(key));
    this.values[key] = rows;
    this.add(key);
    this.restructured.add(key);
    this.moved.add(key);
    for (const inner of this.tops.get(key)?.rows ?? []) this.moved.add(`${key}.${inner.key}`);
    for (const row of rows) if (!before.has(row)) this.movedRows.set(row, new Set((this.tops.get(key)?.rows ?? []).map((one) => one.key)));
  }

  answer(answers: Readonly<Record<string, unknown>>): void {
    for (const [question, value] of Object.entries(answers)) {
      if (same(this.answers.get(question), value) && this.answers.has(question)) continue;
      this.answers.set(question, value);
      this.moved.add(`?${question}`);
    }
  }

  /** The choices that linkage offers; what a rule allows besides is fewer still. */
  offer(path: string, keys: readonly string[]): void {
    this.offered.set(path, keys);
    this.reoffered = true;
  }

  /** Whether a person changed the field after the conditions of its linkage last moved. */
  keeps(path: string, row?: Values): boolean {
    const edited = row ? (this.rowEditedAt.get(row)?.get(path.split('.').at(-1)!) ?? 0) : (this.editedAt.get(path) ?? 0);
    return edited > (this.stale.get(this.placeName(path, row)) ?? 0);
  }

  private put(place: Place, value: unknown, show: boolean): void {
    const holder = place.row ?? this.values;
    if (same(holder[place.key], value) || isKnown(holder[place.key], value)) return;
    holder[place.key] = value;
    if (place.row && place.subform !== undefined) {
      const names = this.movedRows.get(place.row) ?? new Set();
      this.movedRows.set(place.row, names.add(place.key));
      const column = `${place.subform}.${place.key}`;
      this.moved.add(column);
      const sum = this.sums.changed(column, place.row, value);
      if (sum) this.values[sum[0]] = sum[1];
    } else {
      this.moved.add(place.key);
      if (place.about.rows) this.add(place.key);
    }
    if (show) this.changes.set(this.placeName(place.key, place.row), { ...place, value });
  }

  private placeName(key: string, row?: Values): string {
    if (!row) return key;
    if (!this.numbers.has(row)) this.numbers.set(row, ++this.count);
    return `${this.numbers.get(row)}:${key.split('.').at(-1)}`;
  }

  // -- coming to rest --------------------------------------------------------------------------------------------------

  /** Bring everything to rest. Gives the values that changed by themselves and the linkages that have to be asked. */
  run(): { changes: Change[]; asks: { linkage: Linkage; row?: Values }[]; questions: string[] } {
    const first = !this.begun;
    if (first) this.beginAll();
    const every = new Set<string>();
    const everyRow = new Map<Values, Set<string>>();
    for (let pass = 0; pass < PASSES; pass++) {
      this.computeFormulas();
      if (this.fillDefaults(first && pass === 0)) this.computeFormulas();
      this.askRules(first && pass === 0);
      for (const name of this.moved) every.add(name);
      for (const [row, names] of this.movedRows) everyRow.set(row, new Set([...(everyRow.get(row) ?? []), ...names]));
      this.moved.clear();
      this.movedRows.clear();
      this.applyState();
      this.applyFollow(every, everyRow);
      if (!this.moved.size) break;
    }
    this.restructured.clear();
    const changes = [...this.changes.values()];
    this.changes.clear();
    return { changes, asks: this.dirtyLinkages(every, everyRow, first), questions: this.dirtyQuestions(every, first) };
  }

  private beginAll(): void {
    this.begun = true;
    const skip = this.data.mode === 'update';
    for (const about of this.data.fields) {
      if (about.rows) {
        this.restructured.add(about.key);
        for (const row of this.rows(about.key)) this.movedRows.set(row, new Set(about.rows.map((one) => one.key)));
        for (const inner of about.rows) this.moved.add(`${about.key}.${inner.key}`);
      }
      this.moved.add(about.key);
    }
    this.quiet = skip;
  }

  /** In a stored record nothing follows and no linkage is asked before somebody changes something. */
  private quiet = false;

  /** The rows in which something moved that expressions read: all of them where it is the record's own, else the few
   * that changed. Thousands of rows are not gone through for a key in one of them. */
  private concerned(reads: Reads, subform: string, every = false): [Values, number][] {
    const rows = this.rows(subform);
    if (every || this.touches(reads)) return rows.map((row, number) => [row, number]);
    const found: [Values, number][] = [];
    const many = this.movedRows.size > 20 ? new Map(rows.map((row, number) => [row, number])) : null;
    for (const [row, names] of this.movedRows) {
      if (![...reads.row].some((name) => names.has(name))) continue;
      const number = many ? (many.get(row) ?? -1) : rows.indexOf(row);
      if (number >= 0) found.push([row, number]);
    }
    return found;
  }

  /** A row as its expressions read it: with the record around it where they name something of it. */
  private inRow(reads: Reads, row: Values): Values {
    return reads.outer.size ? rowIn(this.values, row) : row;
  }

  private touches(reads: Reads, row?: Values): boolean {
    for (const name of reads.outer) if (this.moved.has(name)) return true;
    if (!row) return false;
    const names = this.movedRows.get(row);
    if (names) for (const name of reads.row) if (names.has(name)) return true;
    return false;
  }

  private value(expr: Expr, row: Values, number: number | null): unknown {
    if (!isQuestion(expr)) return evaluate(expr, row, this.data.facts);
    const answer = this.answers.get(expr.ask);
    return number !== null && Array.isArray(answer) ? answer[number] : answer;
  }

  private computeFormulas(): void {
    for (const one of this.formulas) {
      if (one.subform === undefined) {
        if (!this.touches(one.reads)) continue;
        if (isQuestion(one.expr) && !this.answers.has(one.expr.ask)) continue;
        this.put({ about: one.about, key: one.about.key }, this.value(one.expr, this.values, null) ?? null, true);
        continue;
      }
      const subform = one.subform;
      if (isQuestion(one.expr) && !this.answers.has(one.expr.ask)) continue;
      for (const [row, number] of this.concerned(one.reads, subform)) {
        this.put({ about: one.about, key: one.about.key, subform, row }, this.value(one.expr, this.inRow(one.reads, row), number) ?? null, true);
      }
    }
  }

  /** Defaults of fields that nobody has filled in. */
  private fillDefaults(first: boolean): boolean {
    const before = this.changes.size;
    for (const one of this.defaults) {
      if (one.subform === undefined) {
        const place: Place = { about: one.about, key: one.about.key };
        if (this.data.mode === 'create' && (first || this.touches(one.reads)) && this.free(place)) this.fill(place, this.value(one.expr, this.values, null));
        continue;
      }
      const subform = one.subform;
      for (const [row, number] of this.concerned(one.reads, subform, this.restructured.has(subform))) {
        const place: Place = { about: one.about, key: one.about.key, subform, row };
        if (this.free(place)) this.fill(place, this.value(one.expr, this.inRow(one.reads, row), number));
      }
    }
    return this.changes.size > before;
  }

  private fill(place: Place, value: unknown): void {
    if (value !== null && value !== undefined && value !== '') this.put(place, value, true);
  }

  private askRules(first: boolean): void {
    let asked = first || this.reoffered || this.restructured.size > 0;
    this.reoffered = false;
    for (const one of this.rules) {
      const { rule, reads } = one;
      if (!rule.subform) {
        if (!first && !this.touches(reads)) continue;
        one.found = [askRule(rule, this.values, this.data.facts, this.answers)];
        asked = true;
        continue;
      }
      for (const [row, number] of this.concerned(reads, rule.subform, first || this.restructured.has(rule.subform))) {
        one.found[number] = askRule(rule, this.inRow(reads, row), this.data.facts, this.answers, number);
        asked = true;
      }
      one.found.length = this.rows(rule.subform).length;
    }
    if (!asked) return;
    const state = noState();
    hideAtFirst(state, this.data.hidden, this.values);
    for (const { rule, found } of this.rules) {
      found.forEach((one, number) => {
        if (one) act(state, rule, one, rule.subform ? number : null, this.values);
      });
    }
    for (const [path, keys] of this.offered) {
      const allowed = state.choices[path];
      state.choices[path] = allowed ? keys.filter((one) => allowed.includes(one)) : [...keys];
    }
    this.state = state;
  }

  private applyState(): void {
    const clears = this.data.hiddenValues === 'clear';
    if (clears) {
      for (const [path, shown] of Object.entries(this.state.shown)) {
        const place = shown ? null : this.placeOf(path);
        if (place && !place.about.formula) this.put(place, place.about.rows ? [] : null, true);
      }
    }
    for (const [path, value] of Object.entries(this.state.values)) {
      const place = clears && !sees(this.state, path) ? null : this.placeOf(path);
      if (place) this.put(place, fitted(place, value), true);
    }
  }

  private applyFollow(moved: ReadonlySet<string>, movedRows: ReadonlyMap<Values, Set<string>>): void {
    if (this.quiet) return;
    for (const [subform, groups] of this.followers) {
      if (!subform) {
        const set = Object.keys(this.state.values);
        const fresh = follow(groups, this.values, this.data.facts, [...this.edits, ...set], moved);
        for (const [key, value] of Object.entries(fresh)) this.put({ about: this.tops.get(key)!, key }, value, true);
        continue;
      }
      const fields = new Map((this.tops.get(subform)?.rows ?? []).map((one) => [one.key, one]));
      const reads = new Set(groups.flat().flatMap((one) => [...one.reads]));
      const whole = [...reads].some((name) => moved.has(name));
      this.rows(subform).forEach((row, number) => {
        if (!whole && ![...(movedRows.get(row) ?? [])].some((name) => reads.has(name))) return; // nothing to follow
        const set = [...fields.keys()].filter((key) => `${subform}[${number}].${key}` in this.state.values);
        const names = new Set([...moved, ...(movedRows.get(row) ?? [])]);
        const fresh = follow(groups, { ...this.values, ...row }, this.data.facts, [...(this.rowEdits.get(row) ?? []), ...set], names);
        for (const [key, value] of Object.entries(fresh)) this.put({ about: fields.get(key)!, key, subform, row }, value, true);
      });
    }
  }

  /** The place that a path of the state means; null for a column and for what is not on the page. */
  placeOf(path: string): Place | null {
    const found = /^([^.[]+)(?:\[(\d+)\]\.(.+))?$/.exec(path);
    const about = found ? this.tops.get(found[1]!) : undefined;
    if (!found || !about) return null;
    if (found[2] === undefined) return { about, key: about.key };
    const inner = about.rows?.find((one) => one.key === found[3]);
    const row = this.rows(about.key)[Number(found[2])];
    return inner && row ? { about: inner, key: inner.key, subform: about.key, row } : null;
  }

  // -- what only the server knows --------------------------------------------------------------------------------------

  private dirtyLinkages(moved: ReadonlySet<string>, rows: ReadonlyMap<Values, Set<string>>, first: boolean): { linkage: Linkage; row?: Values }[] {
    const found: { linkage: Linkage; row?: Values }[] = [];
    if (first) this.quiet = false;
    for (const linkage of this.data.linkages) {
      const given = this.data.given?.includes(linkage.path.split('.')[0]!) ?? false;
      if (first && (this.data.mode === 'update' || given) && linkage.as !== 'choices') continue;
      const whole = linkage.reads.length === 0 ? first : linkage.reads.some((name) => moved.has(name));
      if (linkage.subform === undefined) {
        if (whole || this.left.has(this.placeName(linkage.path))) found.push({ linkage });
        continue;
      }
      for (const row of this.rows(linkage.subform)) {
        const fresh = linkage.reads.some((name) => rows.get(row)?.has(name));
        if (whole || fresh || this.left.has(this.placeName(linkage.path, row))) found.push({ linkage, row });
      }
    }
    this.left.clear();
    this.clock += 1;
    for (const { linkage, row } of found) this.stale.set(this.placeName(linkage.path, row), this.clock);
    return found;
  }

  private dirtyQuestions(moved: ReadonlySet<string>, first: boolean): string[] {
    const found = new Set<string>();
    const look = (expr: Expr | undefined): void => {
      if (!expr || !isQuestion(expr)) return;
      if (first || expr.reads.some((name) => moved.has(name) || [...moved].some((one) => one.startsWith(`${name}.`) || one.endsWith(`.${name}`)))) found.add(expr.ask);
    };
    for (const { rule } of this.rules) {
      look(rule.when);
      look(rule.check);
      for (const action of rule.actions) {
        look(action.value);
        if (!Array.isArray(action.choices)) look(action.choices);
      }
    }
    for (const one of [...this.formulas, ...this.defaults]) look(one.expr);
    return [...found];
  }
}

/** Expressions give a record's number alone; what is known of it already stays. */
function isKnown(held: unknown, value: unknown): boolean {
  return typeof held === 'object' && held !== null && 'id' in held && (typeof value === 'string' || typeof value === 'number') && String(held.id) === String(value);
}

function fitted(place: Place, value: unknown): unknown {
  return place.about.places === undefined || typeof value !== 'string' ? value : fitNumber(value, place.about.places);
}

/** Formulas such that each comes after those it reads. */
function inOrder(formulas: readonly Formula[]): Formula[] {
  const name = (one: Formula): string => (one.subform === undefined ? one.about.key : `${one.subform}.${one.about.key}`);
  const byName = new Map(formulas.map((one) => [name(one), one]));
  const order: Formula[] = [];
  const seen = new Set<Formula>();
  const visit = (one: Formula): void => {
    if (seen.has(one)) return;
    seen.add(one);
    for (const read of one.reads.outer) {
      const needed = byName.get(read);
      if (needed) visit(needed);
    }
    for (const read of one.reads.row) {
      const needed = byName.get(`${one.subform}.${read}`);
      if (needed) visit(needed);
    }
    order.push(one);
  };
  for (const one of formulas) visit(one);
  return order;
}
