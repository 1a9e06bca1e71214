// The dialog of a picker: candidates in groups with counters, steppers for quantities, excluded ones grey with the
// reason. "Fill" adds, changes and removes rows at once, with the values that a choice copies, in one request.
import { t } from '../../shell/words.ts';
import type { Values } from '../live/types.ts';
import type { Entry, RowTable } from '../table.ts';
import { Chosen, type Fixed, type Group, type Item, type Pick } from './state.ts';
import { Lines } from './lines.ts';
import { button, made, windowOver } from '../elements.ts';
import './choose.scss';
import { filling, post } from '../post.ts';

interface Page {
  columns: { key: string; label: string; number: boolean }[];
  groups: Group[];
  items: (Omit<Item, 'id'> & { id: number })[];
  held: Record<string, string>;
  total: number;
  capped: boolean;
  more: boolean;
  again: boolean;
}

interface Filled { rows: Record<string, Values>; related: Record<string, Record<string, Values>> }

const WAIT = 200;

export class ChooseDialog {
  private readonly dialog: HTMLDialogElement;
  private readonly search = made('input', 'form-control');
  private readonly said = made('p', 'dg-choose-said');
  private readonly chips = made('div', 'dg-choose-chips');
  private readonly summary = made('div', 'dg-choose-summary');
  private readonly fillButton: HTMLButtonElement;
  private readonly chosen: Chosen;
  private readonly lines: Lines;
  private readonly relation: string;
  private readonly quantity: string;
  private readonly once: boolean;
  private readonly url: string;
  private rows = new Map<string, string>();
  private asked = 0;
  private timer = 0;
  private judging = 0;
  private again = false;
  private more = false;
  private loading = false;
  private first = true;
  /** How many there are; a note stands in its place until the next thing happens. */
  private counted = '';
  private note = '';

  constructor(private readonly form: HTMLFormElement, private readonly table: RowTable, private readonly opener: HTMLButtonElement) {
    this.dialog = windowOver('dg-dialog dg-choose', opener.dataset.title ?? opener.textContent?.trim() ?? '', opener);
    this.relation = opener.dataset.relation ?? '';
    this.quantity = opener.dataset.quantity ?? '';
    this.once = opener.dataset.once !== undefined;
    this.url = `${opener.dataset.url ?? ''}`;
    this.chosen = new Chosen(opener.dataset.addsUp !== undefined);
    this.lines = new Lines(this.chosen, {
      quantities: this.quantity !== '',
      inRow: (id) => (this.once ? (this.rows.get(id) ?? '') : ''),
      changed: () => this.changed(),
      full: (group) => (this.note = t('“{group}” is full: at most {max}', { group: group.title, max: String(group.max) })),
      nearEnd: () => this.more && void this.load(true),
      fill: () => void this.fill(),
      up: () => this.search.focus(),
    });
    this.fillButton = button(t('Fill in'), 'btn btn-primary', () => void this.fill());
    this.build();
  }

  async open(): Promise<void> {
    this.takeRows();
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.search.focus();
    await this.load(false);
  }

  private build(): void {
    const tools = made('div', 'dg-choose-tools');
    this.search.type = 'search';
    this.search.placeholder = t('Search');
    this.search.setAttribute('aria-label', t('Search'));
    this.search.maxLength = 100;
    this.search.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.load(false), WAIT);
    });
    this.search.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown' || event.key === 'Enter') {
        event.preventDefault();
        this.lines.focus();
      }
    });
    this.said.setAttribute('role', 'status');
    tools.append(this.search, this.said);
    const foot = made('footer', 'dg-choose-foot');
    const buttons = made('div', 'dg-choose-buttons');
    buttons.append(button(t('Cancel'), 'btn', () => this.dialog.close()), this.fillButton);
    foot.append(this.chips, this.summary, buttons);
    this.dialog.append(tools, this.lines.element, foot);
  }

  // -- rows of the form ------------------------------------------------------------------------------------------------

  private takeRows(): void {
    const found = new Map<string, { entry: Entry; quantity: number; title: string }[]>();
    this.table.entries.forEach((entry, place) => {
      const id = idOf(entry.row?.[this.relation]);
      if (!id) return;
      if (!this.rows.has(id)) this.rows.set(id, String(place + 1));
      found.set(id, [...(found.get(id) ?? []), { entry, quantity: this.quantityOf(entry), title: titleOf(entry.row?.[this.relation]) }]);
    });
    const fixed: Fixed[] = [];
    for (const [id, rows] of found) {
      const [one] = rows;
      if (!this.once && rows.length === 1 && one) {
        this.chosen.picks.set(id, { id, title: one.title || `#${id}`, group: '', quantity: one.quantity, row: one.entry.number, was: one.quantity });
      } else for (const each of rows) fixed.push({ id, group: '', quantity: each.quantity });
    }
    this.chosen.fixed = fixed;
  }

  private quantityOf(entry: Entry): number {
    if (!this.quantity) return 1;
    const value = Number(entry.row?.[this.quantity] ?? 0);
    return Number.isFinite(value) ? value : 0;
  }

  /** The groups of what stood in rows are known when the first page is there. */
  private settleGroups(held: Record<string, string>): void {
    this.chosen.fixed = this.chosen.fixed.map((one) => ({ ...one, group: held[one.id] ?? '' }));
    for (const [id, one] of this.chosen.picks) if (one.row !== null) this.chosen.picks.set(id, { ...one, group: held[id] ?? '' });
  }

  // -- the server ------------------------------------------------------------------------------------------------------

  private body(): FormData {
    const data = filling(this.form, this.opener.dataset.record);
    const places = new Map(this.table.entries.map((entry, place) => [entry.number, place]));
    data.set('_chosen', JSON.stringify({
      add: this.chosen.added.map((one) => ({ id: one.id, quantity: this.quantity ? one.quantity : null })),
      set: Object.fromEntries(this.chosen.changed.map((one) => [String(places.get(one.row!)), String(one.quantity)])),
      gone: [...this.chosen.gone.keys()].map((number) => places.get(number)),
    }));
    return data;
  }

  private async post<T>(path: string, data: FormData): Promise<T | null> {
    try {
      const answer = await post(`${this.url}${path}`, data);
      return answer.ok ? ((await answer.json()) as T) : null;
    } catch {
      return null;
    }
  }

  private async load(next: boolean): Promise<void> {
    if (next && this.loading) return;
    const number = ++this.asked;
    this.loading = true;
    this.lines.element.setAttribute('aria-busy', 'true');
    const data = this.body();
    data.set('_q', this.search.value.trim());
    data.set('_offset', next ? String(this.lines.count) : '0');
    const page = await this.post<Page>('', data);
    if (number !== this.asked) return;
    this.loading = false;
    this.lines.element.removeAttribute('aria-busy');
    if (!page) return this.tell(t('This could not be loaded; try again'));
    for (const group of page.groups) this.chosen.groups.set(group.key, group);
    if (this.first) this.settleGroups(page.held);
    this.first = false;
    this.again = page.again;
    this.more = page.more;
    this.lines.show(page.columns, page.items.map((one) => ({ ...one, id: String(one.id) })), next);
    const total = page.capped ? `${page.total}+` : String(Math.max(page.total, this.lines.count));
    this.counted = this.lines.count ? t('{count} to choose from', { count: total }) : t('Nothing found');
    this.changed(false);
  }

  /** What stands against the others may hang on what was just chosen. */
  private async judge(): Promise<void> {
    const number = ++this.judging;
    const data = this.body();
    data.set('_ids', this.lines.ids.join(','));
    const answer = await this.post<{ why: Record<string, string> }>('/judge', data);
    if (answer && number === this.judging) this.lines.judge(answer.why);
  }

  private changed(judge = true): void {
    this.lines.update();
    this.drawFoot();
    this.tell(this.note || this.counted);
    this.note = '';
    if (judge && this.again) {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.judge(), WAIT);
    }
  }

  private tell(text: string): void {
    this.said.textContent = text;
  }

  private drawFoot(): void {
    const picks = [...this.chosen.picks.values()];
    this.chips.replaceChildren(...picks.map((one) => this.chip(one)));
    const short = this.chosen.short(this.opener.dataset.every !== undefined);
    const count = t('{count} chosen', { count: String(picks.length) });
    this.summary.replaceChildren(made('strong', '', count), ...short.map((one) => made('span', 'dg-choose-short', t('{group}: at least {min}', { group: one.title, min: String(one.min) }))));
    this.fillButton.disabled = !this.chosen.touched;
  }

  private chip(one: Pick): HTMLElement {
    const chip = made('span', 'dg-picked');
    const title = made('span', 'text-truncate', this.quantity && one.quantity !== 1 ? `${one.title} × ${one.quantity}` : one.title);
    const remove = button('×', 'dg-tool', () => {
      this.chosen.remove(one.id);
      this.changed();
    });
    remove.setAttribute('aria-label', t('Remove {title}', { title: one.title }));
    chip.append(title, remove);
    return chip;
  }

  // -- filling ---------------------------------------------------------------------------------------------------------

  private async fill(): Promise<void> {
    if (!this.chosen.touched || this.fillButton.getAttribute('aria-busy') === 'true') return;
    this.fillButton.setAttribute('aria-busy', 'true');
    const added = this.chosen.added;
    const data = new FormData();
    if (this.opener.dataset.record) data.set('_record', this.opener.dataset.record);
    data.set('_ids', added.map((one) => one.id).join(','));
    const none: Filled = { rows: {}, related: {} };
    const answer = added.length ? await this.post<Filled>('/rows', data) : none;
    this.fillButton.removeAttribute('aria-busy');
    if (!answer) return this.tell(t('This could not be loaded; try again'));
    const rows: { entry: Entry; values: Values }[] = [];
    for (const number of this.chosen.gone.keys()) {
      const entry = this.table.at(number);
      if (entry) this.table.remove(entry);
    }
    for (const one of this.chosen.changed) {
      const entry = this.table.at(one.row!);
      if (entry) rows.push({ entry, values: { [this.quantity]: String(one.quantity) } });
    }
    const blank = this.table.entries.filter((one) => one.id === null && !one.used && !idOf(one.row?.[this.relation]));
    for (const one of added) {
      const values = answer.rows[one.id];
      if (!values) continue;
      const entry = blank.shift() ?? this.table.insert();
      rows.push({ entry, values: this.quantity ? { ...values, [this.quantity]: String(one.quantity) } : values });
    }
    this.table.settle();
    this.form.dispatchEvent(new CustomEvent('dg:fill', { detail: { table: this.table, rows, related: answer.related } }));
    this.form.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
    const place = this.table.holder.querySelector<HTMLElement>('[data-rows-said]');
    if (place) place.textContent = t('{rows} rows filled in', { rows: String(rows.length) });
    this.dialog.close();
  }
}

function idOf(value: unknown): string {
  const id = typeof value === 'object' && value !== null ? (value as Values)['id'] : value;
  return id === null || id === undefined ? '' : String(id as string | number);
}

function titleOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? String((value as Values)['title'] ?? '') : '';
}
