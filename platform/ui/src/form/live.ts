// Formulas and defaults while one types: the same expression trees as on the server, which has the last word.
import Big from 'big.js';
import { dependencies, evaluate, type Facts, type Result, type Row, type Tree } from '../formula/index.ts';

interface About {
  key: string;
  type: string;
  formula?: Tree;
  default?: Tree;
  decimals?: number | null;
  percent?: boolean;
  symbol?: string;
  rows?: About[];
}
interface Data { app: string; form: string; mode: 'create' | 'update'; fields: About[]; needs: Record<string, string[]>; facts: Facts }
type Values = Record<string, unknown>;

const PASSES = 6; // formulas may build on formulas that stand below them
const LINKED = new Set(['relation', 'member', 'department']);
const SYMBOLS: Record<string, string> = { CNY: '¥', USD: '$', EUR: '€', GBP: '£', JPY: 'JP¥', HKD: 'HK$', TWD: 'NT$' };

export function installLive(form: HTMLFormElement): void {
  const source = document.getElementById('dg-form-data');
  if (!source) return;
  const live = new Live(form, JSON.parse(source.textContent ?? '{}') as Data);
  void live.start();
}

export class Live {
  private related = new Map<string, Values>();
  private queued = false;

  constructor(private form: HTMLFormElement, private data: Data) {}

  async start(): Promise<void> {
    this.form.addEventListener('input', (event) => {
      const input = event.target as HTMLElement;
      input.dataset.touched = '1';
      this.later();
    });
    this.form.addEventListener('dg:changed', () => this.later());
    this.form.addEventListener('dg:picked', (event) => void this.picked((event as CustomEvent<{ name: string }>).detail.name));
    for (const path of Object.keys(this.data.needs)) await this.fetchAll(path);
    this.compute();
  }

  private later(): void {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.compute();
    });
  }

  private async picked(name: string): Promise<void> {
    const path = name.replace(/\[[^\]]*\]/, '');
    await this.fetchAll(path);
    const row = this.form.querySelector(`dg-picker[data-name="${name}"]`)?.closest('tr[data-row]') ?? null;
    this.compute(row, path);
  }

  /** Values of the related records that are chosen now, each asked for once. */
  private async fetchAll(path: string): Promise<void> {
    if (!this.data.needs[path]) return;
    const key = path.split('.').at(-1)!;
    const names = path.includes('.') ? `[name^="${path.split('.')[0]}["][name$="].${key}"]` : `[name="${path}"]`;
    const ids = [...this.form.querySelectorAll<HTMLInputElement>(`dg-picker input[type=hidden]${names}`)].map((one) => one.value).filter(Boolean);
    await Promise.all([...new Set(ids)].map((id) => this.fetch(path, id)));
  }

  private async fetch(path: string, id: string): Promise<void> {
    if (this.related.has(`${path}#${id}`)) return;
    const url = `/a/${this.data.app}/${this.data.form}/related?path=${encodeURIComponent(path)}&id=${id}`;
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    this.related.set(`${path}#${id}`, answer.ok ? ((await answer.json()) as Values) : { id });
  }

  /** Everything that depends on something. `row` and `changed` name the picker that was just used. */
  compute(row: Element | null = null, changed = ''): void {
    for (let pass = 0; pass < PASSES; pass++) {
      const values = this.collect();
      let moved = this.fillDefaults(this.form, this.data.fields, [values], '', row === null ? changed : '');
      for (const about of this.data.fields.filter((one) => one.rows)) {
        this.bodyRows(about.key).forEach((element, index) => {
          const inner = (values[about.key] as Values[])[index];
          if (!inner) return;
          const prefix = `${about.key}[${(element as HTMLElement).dataset.row}].`;
          moved = this.fillDefaults(element, about.rows!, [inner, values], prefix, element === row ? changed : '') || moved;
          moved = this.formulas(about.rows!, [inner, values], prefix) || moved;
        });
      }
      moved = this.formulas(this.data.fields, [values], '') || moved;
      changed = '';
      if (!moved) return;
    }
  }

  private bodyRows(key: string): Element[] {
    return [...this.form.querySelectorAll(`[data-subform="${key}"] [data-rows] > tr[data-row]`)];
  }

  private collect(): Values {
    const values = this.read(this.data.fields, '', '');
    for (const about of this.data.fields.filter((one) => one.rows)) {
      values[about.key] = this.bodyRows(about.key).map((row) =>
        this.read(about.rows!, `${about.key}[${(row as HTMLElement).dataset.row}].`, `${about.key}.`));
    }
    return values;
  }

  private read(fields: About[], prefix: string, path: string): Values {
    const values: Values = {};
    for (const about of fields) {
      if (about.rows) continue;
      values[about.key] = this.value(about, prefix + about.key, path + about.key);
    }
    return values;
  }

  private value(about: About, name: string, path: string): unknown {
    const computed = this.form.querySelector<HTMLElement>(`[data-out="${name}"]`);
    if (computed) return computed.dataset.value === undefined ? null : (JSON.parse(computed.dataset.value) as unknown);
    const inputs = [...this.form.querySelectorAll<HTMLInputElement>(`[name="${name}"]`)].filter((one) => !one.disabled);
    const input = inputs.at(-1);
    if (!input) return null;
    if (LINKED.has(about.type)) {
      const id = inputs.map((one) => one.value).find(Boolean);
      return id ? { id, ...(this.related.get(`${path}#${id}`) ?? {}) } : null;
    }
    if (about.type === 'boolean') return input.checked;
    if (about.type === 'choices') return inputs.filter((one) => one.checked).map((one) => one.value);
    if (about.type === 'number' || about.type === 'money') return readNumber(input.value, about.percent ?? false);
    if (about.type === 'datetime') return input.value ? toInstant(input.value, this.data.facts) : null;
    return input.value || null;
  }

  /** Defaults of fields that nobody has typed into; a picker that was just used fills what builds on it anew. */
  private fillDefaults(holder: Element, fields: About[], rows: Row[], prefix: string, changed: string): boolean {
    let moved = false;
    for (const about of fields) {
      if (!about.default) continue;
      const input = holder.querySelector<HTMLInputElement>(`[name="${prefix}${about.key}"]:not([type=hidden])`);
      if (!input) continue;
      const leading = changed.split('.').at(-1);
      const follows = Boolean(leading) && dependencies(about.default).some((one) => pathOf(one).includes(leading!));
      const fresh = this.data.mode === 'create' || !input.closest('tr')?.querySelector('[name$="].id"]');
      const free = !input.dataset.touched && fresh && (input.value === '' || input.dataset.auto !== undefined);
      if (!free && !follows) continue;
      const text = this.inputText(about, evaluateIn(about.default, rows, this.data.facts));
      if (text === '' && !follows) continue;
      input.dataset.auto = '1';
      if (input.value === text) continue;
      input.value = text;
      (rows[0] as Values)[about.key] = this.value(about, prefix + about.key, about.key);
      moved = true;
    }
    return moved;
  }

  private formulas(fields: About[], rows: Row[], prefix: string): boolean {
    let moved = false;
    for (const about of fields) {
      if (!about.formula) continue;
      const output = this.form.querySelector<HTMLElement>(`[data-out="${prefix}${about.key}"]`);
      if (!output) continue;
      const result = evaluateIn(about.formula, rows, this.data.facts);
      (rows[0] as Values)[about.key] = result;
      const value = JSON.stringify(result);
      if (output.dataset.value === value) continue;
      output.dataset.value = value;
      output.textContent = shown(about, result);
      moved = true;
    }
    return moved;
  }

  private inputText(about: About, value: Result): string {
    if (value === null) return '';
    if (about.percent) return new Big(String(value)).times(100).toString();
    if (about.type === 'datetime') return fromInstant(String(value), this.data.facts);
    return String(value);
  }
}

function evaluateIn(tree: Tree, rows: Row[], facts: Facts): Result {
  return evaluate(tree, rows[0]!, facts);
}

const pathOf = (one: unknown): string[] => (Array.isArray(one) ? one.map(String) : String(one).split('.'));

/** A number as people type it; a percent field shows 15 for 0.15. */
export function readNumber(text: string, percent: boolean): string | null {
  const plain = text.normalize('NFKC').replace(/[,\s¥$€£]/g, '');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)%?$/.test(plain)) return null;
  const value = new Big(plain.replace('%', ''));
  return (percent || plain.endsWith('%') ? value.div(100) : value).toFixed();
}

export function shown(about: About, value: Result): string {
  if (value === null) return '';
  if (about.decimals === undefined || typeof value === 'boolean') return String(value);
  const number = new Big(String(value)).times(about.percent ? 100 : 1);
  const text = about.decimals === null ? number.toFixed() : number.toFixed(about.decimals, 1);
  const [whole, rest] = text.split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',') + (rest ? `.${rest}` : '');
  const symbol = about.symbol ? (SYMBOLS[about.symbol] ?? `${about.symbol} `) : '';
  return about.percent ? `${grouped}%` : grouped.startsWith('-') ? `-${symbol}${grouped.slice(1)}` : symbol + grouped;
}

function offsetAt(instant: number, facts: Facts): number {
  let offset = 0;
  for (const [from, ahead] of facts.offsets) if (from <= instant) offset = ahead;
  return offset;
}

function toInstant(local: string, facts: Facts): string {
  const wall = Date.parse(`${local}Z`);
  return new Date(wall - offsetAt(wall, facts)).toISOString();
}

function fromInstant(instant: string, facts: Facts): string {
  const moment = Date.parse(instant);
  return new Date(moment + offsetAt(moment, facts)).toISOString().slice(0, 16);
}
