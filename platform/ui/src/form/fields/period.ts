// <dg-period>: a year, quarter, month or week as its input writes it; expressions read the first day.
import { setValue } from './value.ts';

/** The first day of `2026`, `2026-Q3`, `2026-03` or `2026-W12`; null for anything else. */
export function firstDay(text: string): string | null {
  const match = /^(\d{4})(?:-(?:Q([1-4])|W(\d{2})|(\d{2})))?$/.exec(text.trim());
  if (!match) return null;
  const [, year, quarter, week, month] = match;
  if (week) return monday(Number(year), Number(week));
  const number = quarter ? Number(quarter) * 3 - 2 : Number(month ?? '1');
  return number >= 1 && number <= 12 ? `${year}-${String(number).padStart(2, '0')}-01` : null;
}

/** The Monday of an ISO week: the first week is the one with the 4th of January. */
function monday(year: number, week: number): string {
  const fourth = new Date(Date.UTC(year, 0, 4));
  const shift = (week - 1) * 7 - ((fourth.getUTCDay() + 6) % 7);
  return new Date(fourth.getTime() + shift * 86_400_000).toISOString().slice(0, 10);
}

export class Period extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('input', () => this.tell());
    this.addEventListener('change', () => this.tell());
    this.tell();
  }

  private tell(): void {
    const input = this.querySelector<HTMLInputElement | HTMLSelectElement>('input, select');
    setValue(this, firstDay(input?.value ?? ''));
  }
}

customElements.define('dg-period', Period);
