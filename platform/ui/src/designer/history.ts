// Undo and redo: every step is a list of patches, kept in the browser's storage so that it survives a reload.
import { apply, diff, type Patch } from './keyed.ts';
import type { FormDocument } from './types.ts';

export interface Step {
  patches: Patch[];
  /** What was chosen before and after, so that one sees where it happened. */
  from: string[];
  to: string[];
}

/** Where a step back or forth leads, and what of it is to be looked at. */
export interface Shown {
  document: FormDocument;
  show: string[];
  rules: boolean;
}

const ofRules = (step: Step): boolean => step.patches.length > 0 && step.patches.every((one) => one.p[0] === 'rules');

interface Stored {
  version: 2;
  /** What the document looked like that the steps lead to. */
  print: number;
  index: number;
  steps: Step[];
  auto: string[];
}

const MOST = 400;
const TOGETHER = 1200; // milliseconds within which typing in one place is one step

export class History {
  steps: Step[] = [];
  index = 0;
  /** Fields whose key still follows their label. */
  auto = new Set<string>();
  private started?: FormDocument;
  private about = '';
  private at = 0;
  private timer?: ReturnType<typeof setTimeout>;
  private print = 0;

  constructor(
    private readonly place: string,
    private readonly storage: Storage | undefined = storageOrNone(),
  ) {}

  /** Notes a step. Steps about the same thing (`about`) that follow quickly, and those that say `join`, become one. */
  push(before: FormDocument, after: FormDocument, from: string[], to: string[], about = '', join = false, now = Date.now()): void {
    const last = this.steps[this.index - 1];
    const goesOn = (join || (about !== '' && about === this.about && now - this.at < TOGETHER)) && last && this.started;
    this.steps.length = this.index;
    if (goesOn && this.started) {
      this.steps[this.index - 1] = { patches: diff(this.started, after), from: last.from, to };
    } else {
      this.started = before;
      this.steps.push({ patches: diff(before, after), from, to });
      if (this.steps.length > MOST) this.steps.shift();
      this.index = this.steps.length;
    }
    if (about) this.about = about;
    else if (!join) this.about = '';
    this.at = now;
    this.leadTo(after);
  }

  get canUndo(): boolean {
    return this.index > 0;
  }

  get canRedo(): boolean {
    return this.index < this.steps.length;
  }

  undo(document: FormDocument): Shown | undefined {
    const step = this.steps[this.index - 1];
    if (!step) return undefined;
    this.index -= 1;
    this.about = '';
    this.started = undefined;
    const back = apply(document, step.patches, true);
    this.leadTo(back);
    return { document: back, show: step.from, rules: ofRules(step) };
  }

  redo(document: FormDocument): Shown | undefined {
    const step = this.steps[this.index];
    if (!step) return undefined;
    this.index += 1;
    this.about = '';
    this.started = undefined;
    const forth = apply(document, step.patches);
    this.leadTo(forth);
    return { document: forth, show: step.to, rules: ofRules(step) };
  }

  /** Takes up what an earlier visit left, where it leads to this document. */
  restore(document: FormDocument): void {
    this.print = fingerprint(document);
    try {
      const stored = JSON.parse(this.storage?.getItem(this.place) ?? 'null') as Stored | null;
      if (!stored || stored.version !== 2 || stored.print !== this.print) return;
      this.steps = stored.steps;
      this.index = stored.index;
      this.auto = new Set(stored.auto);
    } catch {
      // Somebody wrote something else there: begin anew.
    }
  }

  /** The steps lead to this document now (somebody else's changes may be in it). */
  leadTo(document: FormDocument): void {
    this.print = fingerprint(document);
    this.keep();
  }

  private keep(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(), 300);
  }

  write(): void {
    clearTimeout(this.timer);
    const body = (): string =>
      JSON.stringify({ version: 2, print: this.print, index: this.index, steps: this.steps, auto: [...this.auto] } satisfies Stored);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      try {
        this.storage?.setItem(this.place, body());
        return;
      } catch {
        const half = Math.ceil(this.steps.length / 2); // the storage is full: forget the oldest
        this.steps.splice(0, half);
        this.index = Math.max(0, this.index - half);
      }
    }
  }
}

export function storageOrNone(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** A number that is the same for the same document, whatever the order of its properties. */
export function fingerprint(value: unknown): number {
  const sorted = (one: unknown): unknown =>
    Array.isArray(one)
      ? one.map(sorted)
      : one && typeof one === 'object'
        ? Object.fromEntries(Object.entries(one).filter(([, below]) => below !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, below]) => [name, sorted(below)]))
        : one;
  const text = JSON.stringify(sorted(value));
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index += 1) {
    high = Math.imul(high ^ text.charCodeAt(index), 2654435761);
    low = Math.imul(low ^ text.charCodeAt(index), 1597334677);
  }
  return 4294967296 * (2097151 & (low >>> 0)) + (high >>> 0);
}
