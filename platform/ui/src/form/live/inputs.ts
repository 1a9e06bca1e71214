// Values between the page and expressions. A widget whose value is not simply its input's text carries it itself:
// `data-live="<name>"` and `data-value`; plain inputs may say what they hold by `data-live-kind`.
import Big from 'big.js';
import type { Picker } from '../picker.ts';
import { readNumber } from './numbers.ts';
import type { About, Facts, Values } from './types.ts';

export const LINKED = new Set(['relation', 'member', 'department']);
const MANY = new Set(['choices', 'members', 'departments']);
type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The elements of the form by name, found once and again when rows come or go. */
export class Inputs {
  private named = new Map<string, Control[]>();
  private widgets = new Map<string, HTMLElement>();
  private outputs = new Map<string, HTMLElement>();

  /** `stored` gives what is stored of a field that has no input on the page. */
  constructor(
    private form: HTMLFormElement,
    private facts: Facts,
    private related: (path: string, id: string) => Values | undefined,
    private stored: (name: string) => unknown = () => null,
  ) {
    this.index();
  }

  index(): void {
    this.named.clear();
    this.widgets.clear();
    this.outputs.clear();
    for (const one of this.form.querySelectorAll<Control>('input[name], select[name], textarea[name]')) {
      this.named.set(one.name, [...(this.named.get(one.name) ?? []), one]);
    }
    for (const one of this.form.querySelectorAll<HTMLElement>('[data-live]')) this.widgets.set(one.dataset.live!, one);
    for (const one of this.form.querySelectorAll<HTMLElement>('[data-out]')) this.outputs.set(one.dataset.out!, one);
  }

  output(name: string): HTMLElement | undefined {
    return this.outputs.get(name);
  }

  /** What a person would use: the visible controls of a name. */
  controls(name: string): Control[] {
    const picker = this.picker(name);
    const visible = (this.named.get(name) ?? []).filter((one) => one.type !== 'hidden');
    return picker ? [...picker.querySelectorAll<HTMLInputElement>('input[role=combobox]')] : visible;
  }

  widget(name: string): HTMLElement | undefined {
    return this.widgets.get(name);
  }

  picker(name: string): Picker | null {
    return this.form.querySelector<Picker>(`dg-picker[data-name="${CSS.escape(name)}"]`);
  }

  has(name: string): boolean {
    return this.named.has(name) || this.widgets.has(name) || this.picker(name) !== null;
  }

  /** The value as expressions read it. `path` is the field without row numbers. */
  read(about: About, name: string, path: string): unknown {
    const widget = this.widgets.get(name);
    if (widget) return widget.dataset.value ? (JSON.parse(widget.dataset.value) as unknown) : null;
    const output = this.outputs.get(name);
    if (output?.dataset.value !== undefined) return JSON.parse(output.dataset.value) as unknown;
    const found = this.named.get(name) ?? [];
    const picker = LINKED.has(about.type) || MANY.has(about.type) ? this.picker(name) : null;
    if (picker) {
      const ids = picker.chosen().map((one) => String(one.id));
      if (about.type === 'relation' && picker.hasAttribute('data-many')) return ids.map((id) => ({ id }));
      if (MANY.has(about.type)) return ids.map((id) => ({ id }));
      return ids[0] ? { id: ids[0], ...(this.related(path, ids[0]) ?? {}) } : null;
    }
    if (about.type === 'choices') return found.filter((one) => (one as HTMLInputElement).checked).map((one) => one.value);
    const live = found.filter((one) => !one.disabled);
    const input = live.find((one) => one.type === 'radio' && (one as HTMLInputElement).checked) ?? live.filter((one) => one.type !== 'radio').at(-1) ?? found.at(-1);
    return input ? this.plain(about, input) : (this.stored(name) ?? null);
  }

  private plain(about: About, input: Control): unknown {
    const kind = input.dataset.liveKind;
    if (input.type === 'checkbox') return (input as HTMLInputElement).checked;
    if (kind === 'number' || about.type === 'number' || about.type === 'money') {
      return readNumber(input.value, input.dataset.livePercent !== undefined || (about.percent ?? false));
    }
    if (about.type === 'boolean') return input.value ? input.value === 'true' : null;
    if (about.type === 'datetime') return input.value ? toInstant(input.value, this.facts) : null;
    return input.value || null;
  }

  /** Show a value that nobody typed. Gives whether there was an input to show it in. */
  write(about: About, name: string, value: unknown): boolean {
    const widget = this.widgets.get(name);
    if (widget) {
      widget.dataset.value = JSON.stringify(value ?? null);
      widget.dispatchEvent(new CustomEvent('dg:set', { detail: { value } }));
      this.check(name, value);
      return true;
    }
    const picker = this.picker(name);
    if (picker) {
      pick(picker, value);
      return true;
    }
    const found = this.named.get(name) ?? [];
    if (!found.length) return false;
    if (this.check(name, value)) return true;
    const input = found.at(-1)!;
    const text = this.text(about, input, value);
    if (input.value !== text) input.value = text;
    input.dataset.auto = '1';
    return true;
  }

  /** Radios and check boxes. */
  private check(name: string, value: unknown): boolean {
    const boxes = (this.named.get(name) ?? []).filter((one): one is HTMLInputElement => one.type === 'checkbox' || one.type === 'radio');
    if (!boxes.length) return false;
    const wanted = Array.isArray(value) ? value.map(String) : [String(value)];
    for (const box of boxes) box.checked = wanted.includes(box.value);
    return true;
  }

  private text(about: About, input: Control, value: unknown): string {
    if (value === null || value === undefined) return '';
    if (input.dataset.livePercent !== undefined || about.percent) return new Big(String(value)).times(100).toFixed();
    if (about.type === 'datetime') return fromInstant(String(value), this.facts);
    return String(value);
  }
}

function pick(picker: Picker, value: unknown): void {
  const wanted = (Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]).map((one) =>
    typeof one === 'object' && one !== null ? (one as { id: string | number; title?: string }) : { id: one as string | number });
  const now = picker.chosen().map((one) => String(one.id));
  if (now.join() === wanted.map((one) => String(one.id)).join()) {
    for (const one of wanted) if (one.title) picker.entitle(one.id, one.title);
    return;
  }
  picker.clear();
  for (const one of wanted) picker.choose({ id: one.id, title: one.title || `#${one.id}` });
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
