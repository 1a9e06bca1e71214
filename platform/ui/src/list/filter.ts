// <dg-filter>: the dialog in which a list's filter is put together from conditions and groups of conditions.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { toast } from '../shell/toasts.ts';
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
interface Found { id: number; title: string }
/** `chosen` names the records of the filter that is edited, by field. */
interface Given { fields: Offer[]; filter: unknown; relative: [string, string][]; chosen: Record<string, Found[]>; app: string }

const DEEPEST = 3;
/** The operators that are about several records. */
const SEVERAL = ['in', 'nin', 'contains', 'ncontains', 'under', 'nunder'];
/** The operators of date ranges that are about several days. */
const RANGES = ['covers', 'overlaps', 'inside'];
const TYPES: Record<string, string> = { date: 'date', datetime: 'datetime-local', time: 'time' };

function inputType(offer: Offer): string {
  if (offer.type === 'date' && (offer.precision === 'month' || offer.precision === 'week')) return offer.precision;
  if (offer.type === 'date' && offer.precision === 'year') return 'number';
  return TYPES[offer.type] ?? 'text';
}

export class FilterBuilder extends LitElement {
  private given: Given = { fields: [], filter: null, relative: [], chosen: {}, app: '' };
  private tree: Group = { joint: 'and', parts: [] };
  /** What was found last for a condition, and the titles of all records seen, by field. */
  private found = new WeakMap<Condition, Found[]>();
  private titles = new Map<string, string>();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    const data = this.querySelector('script');
    if (data) this.given = JSON.parse(data.textContent ?? '{}') as Given;
    for (const [field, records] of Object.entries(this.given.chosen)) this.learn(field, records);
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
    if (part.op === 'relative') return this.relative(part.value, set);
    if (part.op === 'within') return this.near(String(part.value ?? ''), set);
    if (offer.type === 'boolean') return this.select([['true', t('Yes')], ['false', t('No')]], String(part.value ?? ''), (value) => set(value === '' ? '' : value === 'true'));
    if (part.op === 'in' || part.op === 'nin') {
      if (offer.type === 'choice') return this.ticks(offer.choices, part, set);
    }
    if (offer.type === 'record' && SEVERAL.includes(part.op)) return this.record(part, offer, set, true);
    if (offer.type === 'tags' || part.op === 'in' || part.op === 'nin') return this.list(offer, part.value, set);
    if (RANGES.includes(part.op) && typeof part.value === 'string' && /^[a-z]/.test(part.value)) return this.relative(part.value, set);
    if (part.op === 'between' || RANGES.includes(part.op)) {
      const pair = Array.isArray(part.value) ? part.value : [part.value, ''];
      return html`${this.input(offer, pair[0], (value) => set([value, pair[1]]), t('From'))}
        <span class="dg-filter-until">– ${this.input(offer, pair[1], (value) => set([pair[0], value]), t('To'))}</span>`;
    }
    if (offer.type === 'choice') return this.select(offer.choices, part.value, set);
    if (offer.type === 'record' && (part.op === 'eq' || part.op === 'ne')) return this.record(part, offer, set, false);
    return this.input(offer, part.value, set, t('Value'));
  }

  /** A period that moves with today; of so many days, their number. */
  private relative(value: unknown, set: (value: string) => void): TemplateResult {
    const [word = '', count = ''] = String(value ?? '').split(':');
    const counted = word.endsWith('_n_days');
    return html`${this.select(this.given.relative, word, (next) => set(next.endsWith('_n_days') ? `${next}:${count || 7}` : next))}
      ${counted ? html`<input class="form-control" type="number" min="1" max="3660" required aria-label=${t('Days')} .value=${count} @change=${(event: Event) => set(`${word}:${(event.target as HTMLInputElement).value}`)}>` : nothing}`;
  }

  /** A place and how far around it. */
  private near(value: string, set: (value: string) => void): TemplateResult {
    const parts = value ? value.split(/[,，\s]+/) : ['', '', '1000'];
    const one = (at: number, label: string): TemplateResult => html`<input class="form-control" type="text" inputmode="decimal" placeholder=${label} title=${label} aria-label=${label} .value=${parts[at] ?? ''} @change=${(event: Event) => set([0, 1, 2].map((each) => (each === at ? (event.target as HTMLInputElement).value.trim() : parts[each] ?? '')).join(','))}>`;
    const here = (): void => navigator.geolocation.getCurrentPosition(({ coords }) => set(`${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)},${parts[2] || 1000}`), () => toast({ text: t('Your position could not be found'), kind: 'error' }), { enableHighAccuracy: true, timeout: 15_000 });
    return html`${one(0, t('Longitude'))}${one(1, t('Latitude'))}${one(2, t('Metres'))}
      ${'geolocation' in navigator ? html`<button type="button" class="btn btn-plain" @click=${here}>${t('Where I am')}</button>` : nothing}`;
  }

  private input(offer: Offer, value: unknown, set: (value: string) => void, label: string): TemplateResult {
    if (offer.type === 'date' && offer.choices.length) return this.select(offer.choices, value, set);
    if (offer.type === 'percent') {
      const now = String(value ?? '').replace(/%$/, '');
      return html`<div class="input-group input-group-flat"><input class="form-control" type="text" inputmode="decimal" aria-label=${label} .value=${now} @change=${(event: Event) => {
        const typed = (event.target as HTMLInputElement).value.trim().replace(/[%％]$/, '');
        set(typed ? `${typed}%` : '');
      }}><span class="input-group-text">%</span></div>`;
    }
    return html`<input class="form-control" type=${inputType(offer)} inputmode=${offer.type === 'number' ? 'decimal' : 'text'} aria-label=${label} .value=${String(value ?? '')} @change=${(event: Event) => set((event.target as HTMLInputElement).value)}>`;
  }

  /** Several texts or numbers, with commas between them; declared tags are suggested. */
  private list(offer: Offer, value: unknown, set: (value: unknown) => void): TemplateResult {
    const known = new Map(offer.choices.map(([key, words]): [string, string] => [words, key]));
    const words = (Array.isArray(value) ? value : [value]).filter((one) => one !== '' && one !== undefined && one !== null).map((one) => offer.choices.find(([key]) => key === one)?.[1] ?? String(one));
    const id = `dg-filter-${offer.key}`;
    return html`<input class="form-control" type="text" list=${offer.choices.length ? id : nothing} placeholder=${t('Several with commas')} aria-label=${t('Value')} .value=${words.join(', ')} @change=${(event: Event) => {
      const typed = (event.target as HTMLInputElement).value.split(/[,，、;；]/).map((one) => one.trim()).filter(Boolean).map((one) => (offer.type === 'percent' ? `${one.replace(/[%％]$/, '')}%` : one));
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
    const found = this.found.get(part) ?? [];
    if (!this.found.has(part)) void this.search(part, offer, '');
    const title = (id: string): string => this.titles.get(`${offer.key} ${id}`) ?? `#${id}`;
    const rest = many ? [] : chosen.filter((id) => !found.some((one) => String(one.id) === id));
    const pick = (event: Event): void => {
      const id = (event.target as HTMLSelectElement).value;
      if (many) (event.target as HTMLSelectElement).value = '';
      if (id || !many) set(many ? [...new Set([...chosen, id])].map(Number) : id && Number(id));
    };
    return html`<input class="form-control" type="search" placeholder=${t('Search')} aria-label=${t('Search')} @input=${(event: Event) => void this.search(part, offer, (event.target as HTMLInputElement).value)}>
      <select class="form-select" aria-label=${t('Value')} @change=${pick}><option value=""></option>${rest.map((id) => html`<option value=${id} selected>${title(id)}</option>`)}${found.map((one) => html`<option value=${one.id} ?selected=${!many && chosen.includes(String(one.id))}>${one.title}</option>`)}</select>
      ${many ? chosen.map((id) => html`<span class="dg-chip">${title(id)}<button type="button" class="dg-tool" aria-label=${t('Remove {title}', { title: title(id) })} @click=${() => set(chosen.filter((one) => one !== id).map(Number))}>×</button></span>`) : nothing}`;
  }

  private learn(field: string, records: Found[]): void {
    for (const one of records) this.titles.set(`${field} ${one.id}`, one.title);
  }

  private async search(part: Condition, offer: Offer, text: string): Promise<void> {
    if (!this.found.has(part)) this.found.set(part, []);
    const answer = await fetch(`/a/${this.given.app}/${offer.form ?? ''}/pick?q=${encodeURIComponent(text)}`, { headers: { Accept: 'application/json' } });
    const items = answer.ok ? ((await answer.json()) as { items: Found[] }).items : [];
    this.found.set(part, items);
    this.learn(offer.key, items);
    this.requestUpdate();
  }

  private choose(part: Condition, key: string): void {
    this.change(() => {
      part.field = key;
      this.found.delete(part);
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
