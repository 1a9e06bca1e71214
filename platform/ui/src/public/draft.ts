// What a stranger typed, kept in this browser until it is sent. Files, hidden values and the captcha are never kept.
type Kept = Record<string, string[]>;
const DAYS = 14;
const PREFIX = 'dg-public:';

export class Draft {
  private timer = 0;

  constructor(private form: HTMLFormElement, private name: string) {}

  start(): void {
    this.form.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.keep(), 300);
    });
    this.form.addEventListener('submit', () => this.keep());
    this.form.querySelector('[data-forget]')?.addEventListener('click', () => {
      clearTimeout(this.timer);
      Draft.forget(this.name);
      location.reload();
    });
    if (!('again' in this.form.dataset)) this.restore();
  }

  static forget(name: string): void {
    try {
      localStorage.removeItem(PREFIX + name);
    } catch {
      // a browser that keeps nothing has nothing to forget
    }
  }

  private inputs(): (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] {
    return [...this.form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>('[name]')].filter(
      (one) =>
        !['hidden', 'file', 'password', 'submit'].includes(one.type) && !one.name.startsWith('_') && !one.name.includes('[') && !one.closest('.dg-trap'),
    );
  }

  private keep(): void {
    const values: Kept = {};
    for (const one of this.inputs()) {
      const list = (values[one.name] ??= []);
      if (one instanceof HTMLInputElement && (one.type === 'checkbox' || one.type === 'radio')) {
        if (one.checked) list.push(one.value);
      } else if (one instanceof HTMLSelectElement) list.push(...[...one.selectedOptions].map((option) => option.value));
      else list.push(one.value);
    }
    try {
      localStorage.setItem(PREFIX + this.name, JSON.stringify({ at: Date.now(), values }));
    } catch {
      // full, or not allowed in a frame: then there is no draft
    }
  }

  private read(): Kept | null {
    try {
      const kept = JSON.parse(localStorage.getItem(PREFIX + this.name) ?? 'null') as { at: number; values: Kept } | null;
      return kept && Date.now() - kept.at < DAYS * 86_400_000 ? kept.values : null;
    } catch {
      return null;
    }
  }

  private restore(): void {
    const kept = this.read();
    if (!kept) return;
    const given = new Set(new URLSearchParams(location.search).keys());
    let changed = false;
    for (const one of this.inputs()) {
      const values = kept[one.name];
      if (!values || given.has(one.name)) continue;
      const before = state(one);
      if (one instanceof HTMLInputElement && (one.type === 'checkbox' || one.type === 'radio')) one.checked = values.includes(one.value);
      else if (one instanceof HTMLSelectElement) for (const option of one.options) option.selected = values.includes(option.value);
      else one.value = values[0] ?? '';
      if (state(one) === before) continue;
      changed = true;
      one.dispatchEvent(new Event('change', { bubbles: true }));
    }
    const note = this.form.querySelector<HTMLElement>('[data-restored]');
    if (changed && note) note.hidden = false;
  }
}

function state(one: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement): string {
  if (one instanceof HTMLInputElement && (one.type === 'checkbox' || one.type === 'radio')) return String(one.checked);
  return one instanceof HTMLSelectElement ? [...one.selectedOptions].map((option) => option.value).join('\n') : one.value;
}
