// The key of a field follows its name while nobody else knows the key: the server spells names in letters (pinyin).
import { Failure, send } from './api.ts';
import type { Bench } from './bench.ts';
import { fieldAt, parentOf, renameKey, siblings } from './model.ts';

const PAUSE = 450; // ms without a key pressed

export class Following {
  private labels = new Map<string, string>();
  private timer?: ReturnType<typeof setTimeout>;

  constructor(private bench: Bench, private url: string) {}

  /** The name of a field changed. */
  named(path: string, label: string): void {
    this.labels.set(path, label);
    this.later();
  }

  /** What could not be asked without a connection is asked now that there is one. */
  resume(): void {
    if (this.labels.size) this.later();
  }

  pause(): void {
    clearTimeout(this.timer);
  }

  private later(): void {
    this.pause();
    this.timer = setTimeout(() => void this.follow(), PAUSE);
  }

  /** Ask for the keys at once. */
  async follow(): Promise<void> {
    this.pause();
    const { bench } = this;
    const waiting = [...this.labels];
    this.labels.clear();
    for (let number = 0; number < waiting.length; number += 1) {
      const [path, label] = waiting[number] as [string, string];
      if (!label.trim()) continue;
      const parent = parentOf(path) || undefined;
      try {
        const mine = path.split('.').at(-1);
        const taken = siblings(bench.doc, parent).filter((one) => one !== mine);
        const { key } = await send<{ key: string }>('POST', this.url, { label, taken });
        const spec = fieldAt(bench.doc, path);
        if (!spec || key === spec.key || siblings(bench.doc, parent).includes(key)) continue;
        const now = parent ? `${parent}.${key}` : key;
        const moved = (one: string): string => (one === path ? now : one.startsWith(`${path}.`) ? now + one.slice(path.length) : one);
        bench.history.auto = new Set([...bench.history.auto].map(moved));
        waiting.forEach((one) => (one[0] = moved(one[0])));
        this.labels = new Map([...this.labels].map(([one, text]) => [moved(one), text]));
        bench.change(renameKey(bench.doc, path, key), { chosen: bench.chosen.map(moved), join: true });
      } catch (error) {
        // The field keeps the key it has; it can be changed by hand. Without a connection it follows after the next save.
        if (error instanceof Failure && !error.status) this.labels.set(path, label);
      }
    }
  }
}
