// <dg-filter>: the dialog in which a list's filter is put together from conditions and groups of conditions.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { t } from '../shell/words.ts';
import { fromJson, isGroup, isRaw, takesValue, toJson, type Condition, type Group, type Node } from './tree.ts';

interface Offer {
  key: string;
  label: string;
  type: string;
  form: string | null;
  /** Of days and periods: day, month, quarter, year, week. */
  precision?: string;
  operators: [string, string][];
  choices: [string, string][];
}
interface Given { fields: Offer[]; filter: unknown; relative: [string, string][]; app: string }
interface Found { id: number; title: string }

const DEEPEST = 3;
/** The operators that are about several records. */
const SEVERAL = ['in', 'nin', 'contains', 'ncontains', 'under', 'nunder'];
const TYPES: Record<string, string> = { date: 'date', datetime: 'datetime-local', time: 'time' };

function inputType(offer: Offer): string {
  if (offer.type === 'date' && (offer.precision === 'month' || offer.precision === 'week')) return offer.precision;
  if (offer.type === 'date' && offer.precision === 'year') return 'number';
  return TYPES[offer.type] ?? 'text';
}

export class FilterBuilder extends LitElement {
  private given: Given = { fields: [], filter: null, relative: [], app: '' };
  private tree: Group = { joint: 'and', parts: [] };
  private found = new Map<string, Found[]>();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    const data = this.querySelector('script');
    if (data) this.given = JSON.parse(data.textContent ?? '{}') as Given;
    super.connectedCallback();
    document.addEventListener('click', this.opened);
  }

  override disconnectedCallback(): void {
    document.removeEventListener('click', this.opened);
    super.disconnectedCallback();
  }

  private opened = (event: Event): void => {
    if (!(event.target as Element).closest('[data-filter-open]')) return;
    this.tree = fromJson(this.given.filter);
    if (!this.tree.parts.length) this.tree.parts.push(this.fresh());
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector('dialog')?.showModal());
  };

  private fresh(): Condition {
    const first = this.given.fields[0];
    return { field: first?.key ?? '', op: first?.operators[0]?.[0] ?? '', value: '' };
  }

  private offer(condition: Condition): Offer | undefined {
    return this.given.fields.find((one) => one.key === condition.field);
  }

  override render(): TemplateResult {
    return html`<dialog class="dg-dialog dg-dialog-wide" aria-label=${t('Filter')}>
      <form @submit=${this.apply}>
        <div class="dg-dialog-head"><h2>${t('Filter')}</h2></div>
        <div class="dg-dialog-body dg-filter">${this.group(this.tree, null, 1)}</div>
        <div class="dg-dialog-foot">
          <button type="button" class="btn btn-quiet me-auto" @click=${this.clear}>${t('Clear all')}</button>
          <button type="button" class="btn btn-plain" @click=${this.close}>${t('Cancel')}</button>
          <button class="btn btn-primary">${t('Apply')}</button>
        </div>
      </form>
    </dialog>`;
  }

  private group(group: Group, parent: Group | null, depth: number): TemplateResult {
    return html`<fieldset class="dg-filter-group">
      <div class="dg-filter-joint">
        <select class="form-select" aria-label=${t('How the conditions join')} @change=${(event: Event) => this.change(() => { group.joint = (event.target as HTMLSelectElement).value as 'and' | 'or'; })}>
          <option value="and" ?selected=${group.joint === 'and'}>${t('All conditions hold')}</option>
          <option value="or" ?selected=${group.joint === 'or'}>${t('One condition holds')}</option>
        </select>
        ${parent ? this.remover(parent, group) : nothing}
      </div>
      ${group.parts.map((part) => this.node(part, group, depth))}
      <div class="d-flex gap-2">
        <button type="button" class="btn btn-quiet" @click=${() => this.change(() => group.parts.push(this.fresh()))}>+ ${t('Condition')}</button>
        ${depth < DEEPEST ? html`<button type="button" class="btn btn-quiet" @click=${() => this.change(() => group.parts.push({ joint: group.joint === 'and' ? 'or' : 'and', parts: [this.fresh()] }))}>+ ${t('Group')}</button>` : nothing}
      </div>
    </fieldset>`;
  }

  private node(part: Node, group: Group, depth: number): TemplateResult {
    if (isGroup(part)) return this.group(part, group, depth + 1);
    if (isRaw(part)) return html`<div class="dg-filter-row"><code class="dg-code">${JSON.stringify(part.raw)}</code>${this.remover(group, part)}</div>`;
    const offer = this.offer(part);
    return html`<div class="dg-filter-row">
      <select class="form-select" aria-label=${t('Field')} @change=${(event: Event) => this.choose(part, (event.target as HTMLSelectElement).value)}>
        ${offer ? nothing : html`<option selected>${part.field}</option>`}
        ${this.given.fields.map((one) => html`<option value=${one.key} ?selected=${one.key === part.field}>${one.label}</option>`)}
      </select>
      <select class="form-select" aria-label=${t('Operator')} @change=${(event: Event) => this.change(() => { part.op = (event.target as HTMLSelectElement).value; part.value = ''; })}>
        ${(offer?.operators ?? [[part.op, part.op]]).map(([op, words]) => html`<option value=${op} ?selected=${op === part.op}>${words}</option>`)}
      </select>
      <div class="dg-filter-value">${offer && takesValue(part.op) ? this.value(part, offer) : nothing}</div>
      ${this.remover(group, part)}
    </div>`;
  }

  private remover(group: Group, part: Node): TemplateResult {
    return html`<button type="button" class="dg-tool" aria-label=${t('Remove')} @click=${() => this.change(() => group.parts.splice(group.parts.indexOf(part), 1))}>×</button>`;
  }

  private value(part: Condition, offer: Offer): TemplateResult {
    const set = (value: unknown): void => this.change(() => { part.value = value; });
    if (part.op === 'relative') return this.select(this.given.relative, part.value, set);
    if (offer.type === 'boolean') return this.select([['true', t('Yes')], ['false', t('No')]], String(part.value ?? ''), (value) => set(value === '' ? '' : value === 'true'));
    if (part.op === 'in' || part.op === 'nin') {
      if (offer.type === 'choice') return this.ticks(offer.choices, part, set);
    }
    if (offer.type === 'record' && SEVERAL.includes(part.op)) return this.record(part, offer, set, true);
    if (offer.type === 'tags' || part.op === 'in' || part.op === 'nin') return this.list(offer, part.value, set);
    if (part.op === 'between') {
      const pair = Array.isArray(part.value) ? part.value : ['', ''];
      return html`${this.input(offer, pair[0], (value) => set([value, pair[1]]), t('From'))}<span>–</span>${this.input(offer, pair[1], (value) => set([pair[0], value]), t('To'))}`;
    }
    if (offer.type === 'choice') return this.select(offer.choices, part.value, set);
    if (offer.type === 'record' && (part.op === 'eq' || part.op === 'ne')) return this.record(part, offer, set, false);
    return this.input(offer, part.value, set, t('Value'), part.op === 'within' ? t('Longitude, latitude, metres') : '');
  }

  private input(offer: Offer, value: unknown, set: (value: string) => void, label: string, hint = ''): TemplateResult {
    if (offer.type === 'date' && offer.choices.length) return this.select(offer.choices, value, set);
    if (offer.type === 'percent') {
      const now = String(value ?? '').replace(/%$/, '');
      return html`<div class="input-group input-group-flat"><input class="form-control" type="text" inputmode="decimal" aria-label=${label} .value=${now} @change=${(event: Event) => {
        const typed = (event.target as HTMLInputElement).value.trim().replace(/[%％]$/, '');
        set(typed ? `${typed}%` : '');
      }}><span class="input-group-text">%</span></div>`;
    }
    return html`<input class="form-control" type=${inputType(offer)} inputmode=${offer.type === 'number' ? 'decimal' : 'text'} placeholder=${hint} aria-label=${label} .value=${String(value ?? '')} @change=${(event: Event) => set((event.target as HTMLInputElement).value)}>`;
  }

  /** Several texts or numbers, with commas between them; declared tags are suggested. */
  private list(offer: Offer, value: unknown, set: (value: unknown) => void): TemplateResult {
    const known = new Map(offer.choices.map(([key, words]): [string, string] => [words, key]));
    const words = (Array.isArray(value) ? value : [value]).filter((one) => one !== '' && one !== undefined && one !== null).map((one) => offer.choices.find(([key]) => key === one)?.[1] ?? String(one));
    const id = `dg-filter-${offer.key}`;
    return html`<input class="form-control" type="text" list=${offer.choices.length ? id : nothing} placeholder=${t('Several with commas')} aria-label=${t('Value')} .value=${words.join(', ')} @change=${(event: Event) => {
      const typed = (event.target as HTMLInputElement).value.split(/[,，、;；]/).map((one) => one.trim()).filter(Boolean);
      set(typed.length ? typed.map((one) => known.get(one) ?? one) : '');
    }}>${offer.choices.length ? html`<datalist id=${id}>${offer.choices.map(([, word]) => html`<option value=${word}></option>`)}</datalist>` : nothing}`;
  }

  private select(options: [string, string][], value: unknown, set: (value: string) => void): TemplateResult {
    return html`<select class="form-select" aria-label=${t('Value')} @change=${(event: Event) => set((event.target as HTMLSelectElement).value)}>
      <option value=""></option>${options.map(([key, words]) => html`<option value=${key} ?selected=${key === String(value ?? '')}>${words}</option>`)}</select>`;
  }

  private ticks(options: [string, string][], part: Condition, set: (value: unknown) => void): TemplateResult {
    const chosen = Array.isArray(part.value) ? part.value.map(String) : [];
    const toggle = (key: string, on: boolean): void => set(on ? [...chosen, key] : chosen.filter((one) => one !== key));
    return html`<div class="dg-filter-ticks">${options.map(([key, words]) => html`<label class="form-check"><input class="form-check-input" type="checkbox" .checked=${chosen.includes(key)} @change=${(event: Event) => toggle(key, (event.target as HTMLInputElement).checked)}><span class="form-check-label">${words}</span></label>`)}</div>`;
  }

  private record(part: Condition, offer: Offer, set: (value: unknown) => void, many: boolean): TemplateResult {
    const chosen = (Array.isArray(part.value) ? part.value : [part.value]).filter((one) => one !== '' && one !== undefined && one !== null).map(String);
    const found = this.found.get(offer.key) ?? [];
    if (!this.found.has(offer.key)) void this.search(offer, '');
    const pick = (event: Event): void => {
      const id = (event.target as HTMLSelectElement).value;
      if (many) (event.target as HTMLSelectElement).value = '';
      if (id) set(many ? [...new Set([...chosen, id])].map(Number) : Number(id));
    };
    return html`<input class="form-control" type="search" placeholder=${t('Search')} aria-label=${t('Search')} @input=${(event: Event) => void this.search(offer, (event.target as HTMLInputElement).value)}>
      <select class="form-select" aria-label=${t('Value')} @change=${pick}><option value=""></option>${found.map((one) => html`<option value=${one.id} ?selected=${!many && chosen.includes(String(one.id))}>${one.title}</option>`)}</select>
      ${many ? chosen.map((id) => {
        const title = found.find((one) => String(one.id) === id)?.title ?? `#${id}`;
        return html`<span class="dg-chip">${title}<button type="button" class="dg-tool" aria-label=${t('Remove {title}', { title })} @click=${() => set(chosen.filter((one) => one !== id).map(Number))}>×</button></span>`;
      }) : nothing}`;
  }

  private async search(offer: Offer, text: string): Promise<void> {
    const answer = await fetch(`/a/${this.given.app}/${offer.form ?? ''}/pick?q=${encodeURIComponent(text)}`, { headers: { Accept: 'application/json' } });
    this.found.set(offer.key, answer.ok ? ((await answer.json()) as { items: Found[] }).items : []);
    this.requestUpdate();
  }

  private choose(part: Condition, key: string): void {
    this.change(() => {
      part.field = key;
      const operators = this.offer(part)?.operators ?? [];
      if (!operators.some(([op]) => op === part.op)) part.op = operators[0]?.[0] ?? '';
      part.value = '';
    });
  }

  private change(edit: () => unknown): void {
    edit();
    this.requestUpdate();
  }

  private clear = (): void => {
    this.go(null);
  };

  private close = (): void => {
    this.querySelector('dialog')?.close();
  };

  private apply = (event: Event): void => {
    event.preventDefault();
    this.go(toJson(this.tree));
  };

  private go(filter: Record<string, unknown> | null): void {
    const url = new URL(this.dataset.action ?? '', location.href);
    if (filter) url.searchParams.set('filter', JSON.stringify(filter));
    else url.searchParams.delete('filter');
    location.href = url.toString();
  }
}

customElements.define('dg-filter', FilterBuilder);
