// Conditions as rows to choose from: a field, how it is compared, and with what; groups where all or any must hold. It
// gives the expression that they stand for (`dg:formula`); what is not finished yet stays here and is not written.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import { icon } from '../bench.ts';
import { ALONE, isGroup, OPERATORS, read, write, type Condition, type Group, type Kind } from './conditions.ts';
import type { Subject } from './names.ts';

export class DgConditions extends LitElement {
  static override properties = { label: {}, value: { attribute: false }, subjects: { attribute: false } };

  declare label: string;
  declare value: string;
  declare subjects: Subject[];
  private group: Group = { join: 'AND', items: [] };
  private written: string | undefined;

  constructor() {
    super();
    this.label = '';
    this.value = '';
    this.subjects = [];
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    if (this.value === this.written) return;
    this.group = read(this.value, this.typeOf) ?? { join: 'AND', items: [] };
    if (!this.group.items.length) this.group = { join: 'AND', items: [this.fresh()] };
    this.written = this.value;
  }

  override focus(): void {
    this.querySelector<HTMLElement>('select')?.focus();
  }

  readonly typeOf = (name: string): string => (name === '@me' ? 'me' : (this.subjects.find((one) => one.name === name)?.type ?? ''));

  private fresh(): Condition {
    return { field: '', op: '=', kind: 'value', value: '' };
  }

  private changed(): void {
    const text = write(this.group, this.typeOf);
    const same = text === this.written;
    this.written = this.value = text;
    this.requestUpdate();
    if (!same) this.dispatchEvent(new CustomEvent('dg:formula', { detail: text, bubbles: true }));
  }

  protected override render(): TemplateResult {
    return html`<div class="dz-when" role="group" aria-label=${this.label}>${this.drawGroup(this.group, undefined)}</div>`;
  }

  private drawGroup(group: Group, outer: Group | undefined): TemplateResult {
    const remove = (one: Group | Condition): void => {
      group.items = group.items.filter((each) => each !== one);
      if (!group.items.length && outer) outer.items = outer.items.filter((each) => each !== group);
      if (!this.group.items.length) this.group.items = [this.fresh()];
      this.changed();
    };
    return html`<div class="dz-when-group">
      ${group.items.length > 1 || outer ? html`<div class="dz-when-join"><select class="form-select" aria-label=${t('How conditions belong together')} .value=${live(group.join)} @change=${(event: Event) => { group.join = (event.target as HTMLSelectElement).value as 'AND' | 'OR'; this.changed(); }}>
          <option value="AND" ?selected=${group.join === 'AND'}>${t('All of these')}</option><option value="OR" ?selected=${group.join === 'OR'}>${t('Any of these')}</option></select>
          ${outer ? html`<button type="button" class="dg-tool" aria-label=${t('Remove the group')} @click=${() => { outer.items = outer.items.filter((one) => one !== group); this.changed(); }}>${icon('x', 'sm')}</button>` : nothing}</div>` : nothing}
      ${group.items.map((one) => (isGroup(one) ? this.drawGroup(one, group) : this.drawCondition(one, () => remove(one))))}
      <div class="dz-when-add">
        <button type="button" class="dz-f-tool" @click=${() => this.add(group, this.fresh())}>${icon('plus', 'sm')}${t('Condition')}</button>
        ${outer ? nothing : html`<button type="button" class="dz-f-tool" @click=${() => this.add(group, { join: group.join === 'AND' ? 'OR' : 'AND', items: [this.fresh(), this.fresh()] })}>${icon('plus', 'sm')}${t('Group')}</button>`}
      </div></div>`;
  }

  private add(group: Group, one: Group | Condition): void {
    group.items = [...group.items, one];
    this.requestUpdate();
    void this.updateComplete.then(() => [...this.querySelectorAll<HTMLElement>('.dz-when-field')].at(-1)?.focus());
  }

  private drawCondition(one: Condition, remove: () => void): TemplateResult {
    const groups = [...new Set(this.subjects.map((each) => each.group))];
    const about = this.subjects.find((each) => each.name === one.field);
    const type = this.typeOf(one.field);
    const name = about?.label ?? t('Condition');
    return html`<div class="dz-when-row">
      <select class="form-select dz-when-field" aria-label=${t('Field of the condition')} @change=${(event: Event) => this.pick(one, (event.target as HTMLSelectElement).value)}>
        <option value="" ?selected=${!one.field}>${t('Choose a field…')}</option>
        ${groups.map((group) => html`<optgroup label=${group}>${this.subjects.filter((each) => each.group === group && each.type !== 'records').map((each) => html`<option value=${each.name} ?selected=${each.name === one.field}>${each.label}</option>`)}</optgroup>`)}
        <optgroup label=${t('Person')}><option value="@me" ?selected=${one.field === '@me'}>${t('Whoever fills it in')}</option></optgroup>
      </select>
      ${one.rows ? html`<select class="form-select dz-when-rows" aria-label=${t('In which rows')} @change=${(event: Event) => { one.rows = (event.target as HTMLSelectElement).value as 'ANY' | 'EVERY'; this.changed(); }}>
        <option value="ANY" ?selected=${one.rows === 'ANY'}>${t('in some row')}</option><option value="EVERY" ?selected=${one.rows === 'EVERY'}>${t('in every row')}</option></select>` : nothing}
      ${one.field ? html`<select class="form-select dz-when-op" aria-label=${t('How {name} is compared', { name })} @change=${(event: Event) => { one.op = (event.target as HTMLSelectElement).value; this.changed(); }}>
          ${(OPERATORS[type] ?? []).map((op) => html`<option value=${op} ?selected=${op === one.op}>${sayOp(op, type)}</option>`)}</select>
        ${ALONE.includes(one.op) ? nothing : this.drawValue(one, type, about)}` : nothing}
      <button type="button" class="dg-tool" aria-label=${t('Remove the condition')} @click=${remove}>${icon('x', 'sm')}</button>
    </div>`;
  }

  private pick(one: Condition, name: string): void {
    const type = this.typeOf(name);
    const [head, ...rest] = name.split('.');
    one.field = name;
    one.op = OPERATORS[type]?.[0] ?? '=';
    one.kind = type === 'date' || type === 'datetime' ? 'today' : type === 'record' ? 'me' : 'value';
    one.value = one.kind === 'today' ? '0' : '';
    one.rows = rest.length && this.typeOf(head ?? '') === 'records' ? (one.rows ?? 'ANY') : undefined;
    this.changed();
  }

  private drawValue(one: Condition, type: string, about: Subject | undefined): TemplateResult {
    const others = this.subjects.filter((each) => each.type === type && each.name !== one.field && (!each.name.includes('.') || !this.subjects.some((rows) => rows.type === 'records' && each.name.startsWith(`${rows.name}.`))));
    const dates = type === 'date' || type === 'datetime';
    const compares = !['has', 'hasnot', 'starts'].includes(one.op) && type !== 'me';
    const kinds: [Kind, string][] = type === 'record'
      ? [['me', t('the current user')]]
      : [['value', dates ? t('a fixed day') : t('a value')], ...(dates ? [['today', t('today')] as [Kind, string]] : [])];
    if (compares && others.length) kinds.push(['field', t('another field')]);
    const kind = kinds.length > 1
      ? html`<select class="form-select dz-when-kind" aria-label=${t('Compared with what')} @change=${(event: Event) => { one.kind = (event.target as HTMLSelectElement).value as Kind; one.value = one.kind === 'today' ? '0' : ''; this.changed(); }}>
          ${kinds.map(([key, title]) => html`<option value=${key} ?selected=${key === one.kind}>${title}</option>`)}</select>`
      : nothing;
    return html`${kind}${this.drawInput(one, type, about, others)}`;
  }

  private drawInput(one: Condition, type: string, about: Subject | undefined, others: Subject[]): TemplateResult | typeof nothing {
    const label = type === 'me' ? t('Role or department') : t('Value of the condition');
    const set = (value: string): void => { one.value = value; this.changed(); };
    const typed = (event: Event): void => set((event.target as HTMLInputElement).value);
    if (one.kind === 'me') return type === 'record' ? html`<span class="dz-when-me">${t('the current user')}</span>` : nothing;
    if (one.kind === 'field') return html`<select class="form-select" aria-label=${label} @change=${typed}><option value=""></option>${others.map((each) => html`<option value=${each.name} ?selected=${each.name === one.value}>${each.label}</option>`)}</select>`;
    if (one.kind === 'today') {
      const days = Number(one.value) || 0;
      return html`<span class="dz-when-days"><select class="form-select" aria-label=${t('Before or after today')} @change=${(event: Event) => {
          const way = Number((event.target as HTMLSelectElement).value);
          set(String(way * (Math.abs(days) || (way ? 1 : 0))));
        }}><option value="0" ?selected=${days === 0}>${t('exactly')}</option><option value="-1" ?selected=${days < 0}>${t('minus days')}</option><option value="1" ?selected=${days > 0}>${t('plus days')}</option></select>
        ${days ? html`<input class="form-control num" type="number" min="1" max="9999" aria-label=${t('Days')} .value=${live(String(Math.abs(days)))} @input=${(event: Event) => set(String(Math.sign(days) * Math.max(1, Math.trunc(Number((event.target as HTMLInputElement).value) || 1))))}>` : nothing}</span>`;
    }
    if (about?.choices) return html`<select class="form-select" aria-label=${label} @change=${typed}><option value="" ?selected=${!one.value}></option>${about.choices.map(([key, title]) => html`<option value=${key} ?selected=${key === one.value}>${title}</option>`)}</select>`;
    if (type === 'number' && about?.percent) return html`<span class="input-group dz-when-percent"><input class="form-control num" type="number" step="any" aria-label=${label} .value=${live(one.value === '' ? '' : String(Number((Number(one.value) * 100).toFixed(8))))}
      @input=${(event: Event) => { const text = (event.target as HTMLInputElement).value; set(text === '' ? '' : String(Number((Number(text) / 100).toFixed(10)))); }}><span class="input-group-text">%</span></span>`;
    return html`<input class="form-control" type=${type === 'number' ? 'number' : type === 'date' || type === 'datetime' ? 'date' : 'text'} step="any" maxlength="500" autocomplete="off" aria-label=${label} .value=${live(one.value)} @input=${typed}>`;
  }
}

function sayOp(op: string, type: string): string {
  const dates = type === 'date' || type === 'datetime';
  const word: Record<string, string> = {
    '=': dates ? t('is on') : t('is'), '<>': t('is not'), '>': dates ? t('is after') : t('is more than'), '>=': dates ? t('is on or after') : t('is at least'),
    '<': dates ? t('is before') : t('is less than'), '<=': dates ? t('is on or before') : t('is at most'), has: t('contains'), hasnot: t('does not contain'),
    starts: t('begins with'), blank: t('is blank'), filled: t('is filled in'), yes: t('is yes'), no: t('is no'), role: t('has the role'), dept: t('is in the department'),
  };
  return word[op] ?? op;
}
