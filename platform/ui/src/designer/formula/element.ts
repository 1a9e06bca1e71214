// An input for an expression: fields as chips with their labels, completion, help of functions, what is wrong at its place,
// and the value for a record. `<dg-formula expects="boolean" place="rule" scope="quote.lines">`; it raises `dg:formula` with
// the text. `names` and `check` are set as properties; with `source` it knows more names and functions and tries records.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import { icon } from '../bench.ts';
import type { Problem } from '../types.ts';
import type { Editor } from './editor.ts';
import { typeWord, type Check, type Fn, type Name, type Sample, type Source } from './source.ts';
import { callAt, stretch } from './tokens.ts';

export type { Check, Name, Source } from './source.ts';

/** The record that formulas are tried on, for as long as the page is open. */
const chosenOf = new WeakMap<Source, Sample>();
const functionsOf = new WeakMap<Source, Promise<Fn[]>>();

export class DgFormula extends LitElement {
  static override properties = {
    expects: {},
    place: {},
    scope: {},
    label: {},
    value: { attribute: false },
    names: { attribute: false },
    check: { attribute: false },
    source: { attribute: false },
    bare: { type: Boolean },
    problems: { state: true },
  };

  declare expects: string;
  declare place: string;
  declare scope: string;
  declare label: string;
  declare value: string;
  declare names: Name[];
  declare check: Check | undefined;
  declare source: Source | undefined;
  /** Only what is wrong, the kind of value and the trial: the text is written elsewhere. */
  declare bare: boolean;
  declare problems: Problem[];
  private editor?: Editor;
  private loading = false;
  private timer?: ReturnType<typeof setTimeout>;
  private asked = '';
  private type = '';
  private more: Name[] = [];
  private functions: Fn[] = [];
  private open: '' | 'functions' | 'try' = '';
  private found: Sample[] = [];
  private query = '';
  private result = '';
  private failed = false;
  private call = '';
  private wantsFocus = false;

  constructor() {
    super();
    this.expects = '';
    this.place = 'rule';
    this.scope = '';
    this.label = '';
    this.value = '';
    this.bare = false;
    this.names = [];
    this.problems = [];
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.editor?.destroy();
    this.editor = undefined;
    this.loading = false;
    this.asked = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override focus(): void {
    this.wantsFocus = true;
    if (this.editor) this.editor.focus();
    else this.area?.focus();
  }

  override updated(changed: Map<string, unknown>): void {
    if (!this.editor && !this.bare) void this.load();
    this.editor?.set(this.value);
    if (changed.has('names')) this.editor?.refresh();
    if (changed.has('label')) this.editor?.relabel(this.label);
    if (changed.has('problems')) this.editor?.tell(this.problems);
    const about = [this.value, this.expects, this.place, this.scope].join('\0');
    if (about === this.asked) return;
    this.asked = about;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(about), 350);
  }

  // -- the editor ---------------------------------------------------------------------------------------------------------

  private async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    const found = await import('./editor.ts').catch(() => undefined); // the plain text goes on working
    if (!found) return;
    const { makeEditor } = found;
    const parent = this.querySelector<HTMLElement>('.dz-f-area');
    if (!this.isConnected || !parent || this.editor) return;
    const area = this.area;
    const focused = this.wantsFocus || (area !== null && document.activeElement === area);
    const at = area?.selectionStart ?? 0;
    this.editor = makeEditor({
      parent,
      text: this.value,
      label: this.label,
      id: `${this.id || 'formula'}-text`,
      describedBy: `${this.id || 'formula'}-text-wrong`,
      undo: !this.closest('dg-form-designer'),
      names: () => this.every,
      functions: () => this.functions,
      changed: (text) => this.typed(text),
      moved: (place) => this.moved(place),
    });
    parent.addEventListener('focusin', () => void this.learn(), { once: true });
    this.editor.tell(this.problems);
    if (focused) this.editor.select(at, at);
    this.requestUpdate();
  }

  /** What only somebody who writes needs: every name through relations and rows, the functions. */
  private async learn(): Promise<void> {
    const source = this.source;
    if (!source) return;
    try {
      const functions = functionsOf.get(source) ?? source.functions();
      functionsOf.set(source, functions);
      [this.more, this.functions] = await Promise.all([source.names(this.scope), functions]);
    } catch {
      functionsOf.delete(source);
    }
    this.editor?.learned();
    this.requestUpdate();
  }

  /** The names that the host knows, which may be newer, before those of the server. */
  private get every(): Name[] {
    const own = new Map(this.names.map((one) => [one.name, one]));
    const kinds = new Map(this.more.map((one) => [one.name, one.type]));
    return [...this.names.map((one) => (kinds.get(one.name) ? { ...one, type: kinds.get(one.name)! } : one)), ...this.more.filter((one) => !own.has(one.name))];
  }

  private get area(): HTMLTextAreaElement | null {
    return this.querySelector('textarea');
  }

  private typed(text: string): void {
    this.value = text;
    this.dispatchEvent(new CustomEvent('dg:formula', { detail: text, bubbles: true }));
  }

  private moved(at: number): void {
    const call = callAt(this.editor ? this.value : '', at)?.name ?? '';
    if (call === this.call) return;
    this.call = call;
    this.requestUpdate();
  }

  private insert(text: string, back = 0): void {
    const area = this.area;
    if (this.editor) this.editor.insert(text, back);
    else if (area) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
      this.typed(area.value);
      area.focus();
    }
  }

  // -- what the server says ---------------------------------------------------------------------------------------------------

  private async ask(about: string): Promise<void> {
    const text = this.value;
    if (!text.trim() || !this.check) {
      this.problems = [];
      this.type = this.result = '';
      return;
    }
    try {
      const answer = await this.check(text, this.expects, this.place, this.scope);
      if (about !== this.asked) return;
      this.problems = answer.problems;
      this.type = answer.type;
      this.requestUpdate();
      if (!answer.problems.length) await this.evaluate(about);
    } catch {
      this.problems = [];
      this.type = this.result = ''; // what was known of the text before does not hold for this one
    }
  }

  private async evaluate(about: string): Promise<void> {
    const record = this.source && chosenOf.get(this.source);
    if (!this.source || !record) return;
    try {
      const { shown } = await this.source.result(this.value, record.id, this.scope);
      if (about !== this.asked) return;
      [this.result, this.failed] = [shown, false];
    } catch (error) {
      [this.result, this.failed] = [error instanceof Error ? error.message : '', true];
    }
    this.requestUpdate();
  }

  private async search(): Promise<void> {
    const query = this.query;
    const found = (await this.source?.samples(query).catch(() => [])) ?? [];
    if (query !== this.query) return;
    this.found = found;
    this.requestUpdate();
  }

  private choose(sample: Sample): void {
    if (!this.source) return;
    chosenOf.set(this.source, sample);
    this.found = [];
    this.query = '';
    this.requestUpdate();
    if (this.value.trim() && !this.problems.length) void this.evaluate(this.asked);
  }

  private toggle(what: 'functions' | 'try'): void {
    this.open = this.open === what ? '' : what;
    if (this.open === 'functions') void this.learn();
    if (this.open === 'try') void this.search();
    this.requestUpdate();
    if (this.open) void this.updateComplete.then(() => this.querySelector<HTMLInputElement>('.dz-f-panel input')?.focus());
  }

  private point(problem: Problem): void {
    const place = stretch(this.value, problem.params);
    if (!place) return;
    if (this.editor) this.editor.select(...place);
    else {
      this.area?.focus();
      this.area?.setSelectionRange(...place);
    }
  }

  private mend(problem: Problem): void {
    const place = stretch(this.value, problem.params);
    const better = String(problem.params['suggestion'] ?? '');
    if (place && better) this.editor?.replace(...place, better);
  }

  // -- drawing ------------------------------------------------------------------------------------------------------------

  protected override render(): TemplateResult {
    const groups = [...new Set(this.names.map((one) => one.group))];
    const id = `${this.id || 'formula'}-text`;
    return html`
      <div class="dz-f ${this.problems.length ? 'dz-f-bad' : ''}" ?hidden=${this.bare}><div class="dz-f-area"></div>
        ${this.editor || this.bare ? nothing : html`<textarea class="dz-formula" id=${id} rows="2" spellcheck="false" autocomplete="off" aria-label=${this.label} aria-describedby="${id}-wrong"
          .value=${live(this.value)} @input=${() => this.typed(this.area?.value ?? '')}></textarea>`}</div>
      <div class="dz-f-bar">
        ${this.bare ? nothing : html`<select class="form-select dz-formula-insert" data-adds aria-label=${t('Insert a field')} @change=${(event: Event) => this.inserted(event)}>
          <option value="">${t('Insert a field…')}</option>
          ${groups.map((group) => html`<optgroup label=${group}>${this.names.filter((one) => one.group === group).map((one) => html`<option value=${one.name}>${one.label}</option>`)}</optgroup>`)}
        </select>`}
        ${this.source ? html`${this.bare ? nothing : html`<button type="button" class="dz-f-tool" aria-expanded=${this.open === 'functions'} @click=${() => this.toggle('functions')}><i aria-hidden="true">fx</i>${t('Functions')}</button>`}
          <button type="button" class="dz-f-tool" aria-expanded=${this.open === 'try'} @click=${() => this.toggle('try')}>${icon('player-play', 'sm')}${t('Try on a record')}</button>` : nothing}
      </div>
      ${this.outcome()}
      <div id="${id}-wrong" class="dz-formula-wrong" aria-live="polite">${this.problems.map((one) => this.problem(one))}</div>
      ${this.help()}
      ${this.open === 'functions' ? this.catalogue() : this.open === 'try' ? this.trial() : nothing}`;
  }

  private inserted(event: Event): void {
    const select = event.target as HTMLSelectElement;
    if (select.value) this.insert(select.value);
    select.value = '';
  }

  private problem(one: Problem): TemplateResult {
    const better = String(one.params['suggestion'] ?? '');
    return html`<div class="dz-f-problem"><button type="button" class="dz-formula-problem" @click=${() => this.point(one)}>${one.message}</button>
      ${better && this.editor ? html`<button type="button" class="dz-f-mend" @click=${() => this.mend(one)}>${t('Use {name}', { name: this.every.find((each) => each.name === better)?.label ?? better })}</button>` : nothing}</div>`;
  }

  /** The kind of value, and the value itself for the chosen record. */
  private outcome(): TemplateResult | typeof nothing {
    if (this.problems.length || !this.type || !this.value.trim()) return nothing;
    const record = this.source && chosenOf.get(this.source);
    return html`<div class="dz-f-outcome" aria-live="polite"><span class="dg-tag">${typeWord(this.type) || this.type}</span>
      ${record && this.result ? html`<span class=${this.failed ? 'dz-f-failed' : 'dz-f-result'}>${this.failed ? nothing : html`<span class="dz-f-of">${record.title} →</span> `}${this.result}</span>` : nothing}</div>`;
  }

  /** How the function that the cursor stands in is written. */
  private help(): TemplateResult | typeof nothing {
    const wanted = this.call.toLowerCase();
    const one = wanted ? this.functions.find((each) => each.key.toLowerCase() === wanted || each.aliases.some((alias) => alias.toLowerCase() === wanted)) : undefined;
    return one && !this.bare && this.open !== 'functions' ? html`<div class="dz-f-usage"><code>${one.usage}</code> ${one.doc}</div>` : nothing;
  }

  private catalogue(): TemplateResult {
    const wanted = this.query.toLowerCase();
    const fitting = this.functions.filter((one) => [one.key, ...one.aliases, one.doc].some((word) => word.toLowerCase().includes(wanted)));
    const families = [...new Set(fitting.map((one) => one.family_label))];
    return html`<div class="dz-f-panel" role="group" aria-label=${t('Functions')}>
      <input class="form-control" type="search" autocomplete="off" aria-label=${t('Search functions')} placeholder=${t('Search functions')} .value=${live(this.query)}
        @input=${(event: Event) => { this.query = (event.target as HTMLInputElement).value; this.requestUpdate(); }}>
      <div class="dz-f-list" tabindex="0">${families.map((family) => html`<h4>${family}</h4>${fitting.filter((one) => one.family_label === family).map((one) => html`<details>
        <summary>${one.key}${one.aliases[0] ? html` <span class="dz-f-of">${one.aliases[0]}</span>` : nothing}</summary>
        <p><code>${one.usage}</code></p><p>${one.doc}</p>
        ${one.examples.slice(0, 3).map((each) => html`<p class="dz-f-example">${each.text} → ${each.shows}</p>`)}
        <button type="button" class="btn btn-plain btn-sm" @click=${() => this.insert(`${one.key}()`, 1)}>${t('Insert')}</button></details>`)}`)}
        ${fitting.length ? nothing : html`<p class="dz-f-of">${t('Nothing found')}</p>`}</div>
    </div>`;
  }

  private trial(): TemplateResult {
    const record = this.source && chosenOf.get(this.source);
    return html`<div class="dz-f-panel" role="group" aria-label=${t('Try on a record')}>
      <input class="form-control" type="search" autocomplete="off" aria-label=${t('Find a record')} placeholder=${record?.title ?? t('Find a record')} .value=${live(this.query)}
        @input=${(event: Event) => { this.query = (event.target as HTMLInputElement).value; void this.search(); }}>
      <div class="dz-f-list">${this.found.map((one) => html`<button type="button" class="dz-f-sample" @click=${() => this.choose(one)}>${one.title} <span class="dz-f-of">${one.subtitle}</span></button>`)}
        ${this.found.length || record ? nothing : html`<p class="dz-f-of">${t('No record to try on yet')}</p>`}</div>
    </div>`;
  }
}
