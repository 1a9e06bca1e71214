// An input for an expression: a text with the fields to choose from by their labels, and what is wrong with it said at its
// place by the server. `<dg-formula expects="boolean" place="rule" scope="quote.lines">`; it raises `dg:formula` with the
// text. What fields there are and how to ask the server is set as properties.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import type { Problem } from '../types.ts';

export interface Name {
  /** What is written into the expression. */
  name: string;
  label: string;
  group: string;
}

export type Check = (text: string, expects: string, place: string, scope: string) => Promise<{ problems: Problem[]; type: string }>;

export class DgFormula extends LitElement {
  static override properties = {
    expects: {},
    place: {},
    scope: {},
    label: {},
    value: { attribute: false },
    names: { attribute: false },
    check: { attribute: false },
    problems: { state: true },
  };

  declare expects: string;
  declare place: string;
  declare scope: string;
  declare label: string;
  declare value: string;
  declare names: Name[];
  declare check: Check | undefined;
  declare problems: Problem[];
  private timer?: ReturnType<typeof setTimeout>;
  private asked = '';

  constructor() {
    super();
    this.expects = '';
    this.place = 'rule';
    this.scope = '';
    this.label = '';
    this.value = '';
    this.names = [];
    this.problems = [];
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override updated(): void {
    const about = [this.value, this.expects, this.place, this.scope].join('\0');
    if (about === this.asked) return;
    this.asked = about;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(about), 350);
  }

  private async ask(about: string): Promise<void> {
    if (!this.value.trim() || !this.check) {
      this.problems = [];
      return;
    }
    try {
      const answer = await this.check(this.value, this.expects, this.place, this.scope);
      if (about === this.asked) this.problems = answer.problems;
    } catch {
      this.problems = [];
    }
  }

  private get area(): HTMLTextAreaElement | null {
    return this.querySelector('textarea');
  }

  private typed(): void {
    this.value = this.area?.value ?? '';
    this.dispatchEvent(new CustomEvent('dg:formula', { detail: this.value, bubbles: true }));
  }

  private insert(event: Event): void {
    const select = event.target as HTMLSelectElement;
    const area = this.area;
    if (!area || !select.value) return;
    area.setRangeText(select.value, area.selectionStart, area.selectionEnd, 'end');
    select.value = '';
    this.typed();
    area.focus();
  }

  private point(problem: Problem): void {
    const area = this.area;
    const line = Number(problem.params['line'] ?? 1);
    const column = Number(problem.params['column'] ?? 1);
    if (!area) return;
    const start = this.value.split('\n').slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
    area.focus();
    area.setSelectionRange(start, start + Math.max(1, Number(problem.params['length'] ?? 1)));
  }

  protected override render(): TemplateResult {
    const groups = [...new Set(this.names.map((one) => one.group))];
    const id = `${this.id || 'formula'}-text`;
    return html`
      <textarea class="form-control dz-formula ${this.problems.length ? 'is-invalid' : ''}" id=${id} rows="2" spellcheck="false" autocomplete="off"
        aria-label=${this.label} aria-invalid=${this.problems.length > 0} aria-describedby="${id}-wrong" .value=${live(this.value)} @input=${() => this.typed()}></textarea>
      <select class="form-select dz-formula-insert" aria-label=${t('Insert a field')} @change=${(event: Event) => this.insert(event)}>
        <option value="">${t('Insert a field…')}</option>
        ${groups.map((group) => html`<optgroup label=${group}>${this.names.filter((one) => one.group === group).map((one) => html`<option value=${one.name}>${one.label}</option>`)}</optgroup>`)}
      </select>
      <div id="${id}-wrong" class="dz-formula-wrong" aria-live="polite">
        ${this.problems.map((one) => html`<button type="button" class="dz-formula-problem" @click=${() => this.point(one)}>${one.message}${one.params['column'] ? html` <span class="dz-at">${t('at {n}', { n: Number(one.params['column']) })}</span>` : nothing}</button>`)}
      </div>`;
  }
}
