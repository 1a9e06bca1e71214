// <dg-recurrence>: a rule put together from a few choices; what does not fit the kind of rule is not shown.

export class RecurrenceInput extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('input', () => this.changed());
    this.addEventListener('dg:set', (event) => this.set((event as CustomEvent<{ value: unknown }>).detail.value));
    this.arrange();
  }

  /** Show a rule that a rule of the form or a formula gives. */
  private set(value: unknown): void {
    const text = typeof value === 'string' ? value : '';
    const parts = new Map(text.split(';').map((one) => one.split('=', 2) as [string, string]));
    const put = (part: string, to: string): void => {
      this.querySelector<HTMLInputElement>(`[data-part=${part}]`)!.value = to;
    };
    const until = parts.get('UNTIL') ?? '';
    put('freq', parts.get('FREQ') ?? '');
    put('interval', parts.get('INTERVAL') ?? '1');
    put('month', parts.get('BYMONTH') ?? '');
    put('monthday', parts.get('BYMONTHDAY')?.split(',')[0] ?? '');
    put('until', until ? `${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6, 8)}` : '');
    put('count', parts.get('COUNT') ?? '');
    put('end', until ? 'until' : parts.has('COUNT') ? 'count' : '');
    const days = (parts.get('BYDAY') ?? '').split(',');
    for (const day of this.querySelectorAll<HTMLInputElement>('[data-day]')) day.checked = days.includes(day.dataset.day ?? '');
    this.querySelector<HTMLInputElement>('input[type=hidden]')!.value = text;
    this.arrange();
  }

  private value(part: string): string {
    return this.querySelector<HTMLInputElement>(`[data-part=${part}]`)?.value ?? '';
  }

  private arrange(): void {
    const freq = this.value('freq');
    for (const one of this.querySelectorAll<HTMLElement>('[data-for]')) {
      const kinds = (one.dataset.for ?? '').split(' ');
      one.hidden = freq === '' || !(kinds.includes('any') || kinds.includes(freq));
    }
    const end = this.value('end');
    for (const part of ['until', 'count']) this.querySelector<HTMLElement>(`[data-part=${part}]`)!.hidden = end !== part;
    const unit = this.querySelector<HTMLElement>('[data-unit]');
    if (unit) unit.textContent = (JSON.parse(unit.dataset.units ?? '{}') as Record<string, string>)[freq] ?? '';
  }

  /** The rule as RFC 5545 writes it; the server reads it as strictly. */
  private rule(): string {
    const freq = this.value('freq');
    if (!freq) return '';
    const parts = [`FREQ=${freq}`];
    const interval = Number(this.value('interval') || 1);
    if (interval > 1) parts.push(`INTERVAL=${interval}`);
    if (freq === 'YEARLY' && this.value('month')) parts.push(`BYMONTH=${this.value('month')}`);
    const days = [...this.querySelectorAll<HTMLInputElement>('[data-day]')].filter((one) => one.checked).map((one) => one.dataset.day);
    if (freq === 'WEEKLY' && days.length) parts.push(`BYDAY=${days.join(',')}`);
    if ((freq === 'MONTHLY' || freq === 'YEARLY') && this.value('monthday')) parts.push(`BYMONTHDAY=${this.value('monthday')}`);
    const end = this.value('end');
    if (end === 'until' && this.value('until')) parts.push(`UNTIL=${this.value('until').replaceAll('-', '')}`);
    if (end === 'count' && this.value('count')) parts.push(`COUNT=${this.value('count')}`);
    return parts.join(';');
  }

  private changed(): void {
    this.arrange();
    const rule = this.rule();
    this.querySelector<HTMLInputElement>('input[type=hidden]')!.value = rule;
    this.dataset.value = JSON.stringify(rule || null);
    this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }
}

if (!customElements.get('dg-recurrence')) customElements.define('dg-recurrence', RecurrenceInput);
