// <dg-range>: two days. The last cannot lie before the first; how many days it is stands beside them.
import { setValue } from './value.ts';

const DAY = 86_400_000;

/** How many days, both included; 0 where one is missing, or they lie the wrong way round. */
export function days(start: string, end: string): number {
  const count = (Date.parse(end) - Date.parse(start)) / DAY + 1;
  return Number.isFinite(count) && count > 0 ? count : 0;
}

export class Range extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('change', (event) => this.changed(event.target as HTMLInputElement));
    this.addEventListener('input', () => this.tell());
    this.tell();
  }

  private get both(): [HTMLInputElement, HTMLInputElement] | null {
    const [first, last] = this.querySelectorAll<HTMLInputElement>('input[type=date]');
    return first && last ? [first, last] : null;
  }

  private changed(target: HTMLInputElement): void {
    const both = this.both;
    if (!both) return;
    const [first, last] = both;
    last.min = first.value;
    if (target === first && first.value && (!last.value || last.value < first.value)) last.value = first.value;
    this.tell();
  }

  private tell(): void {
    const both = this.both;
    if (!both) return;
    const [first, last] = both;
    const count = days(first.value, last.value);
    const shown = this.querySelector('output');
    if (shown) shown.textContent = !count || count > 36_600 ? '' : count === 1 ? shown.dataset.one! : shown.dataset.many!.replace('{count}', String(count));
    setValue(this, count ? { start: first.value, end: last.value } : null);
  }
}

customElements.define('dg-range', Range);
