// <dg-picker>: choose one or several records by typing a few letters. Arrow keys, Enter and Escape work as in a list box.
import { t } from '../shell/words.ts';
import { filling, post } from './post.ts';

export interface Choice { id: number | string; title: string; about?: string }

export class Picker extends HTMLElement {
  private input!: HTMLInputElement;
  private list!: HTMLUListElement;
  private found: Choice[] = [];
  private active = -1;
  private asked = 0;
  private timer = 0;

  connectedCallback(): void {
    this.input = this.querySelector<HTMLInputElement>('input[role=combobox]')!;
    this.list = this.querySelector<HTMLUListElement>('[role=listbox]')!;
    this.list.id ||= `${this.input.id}-options`;
    this.input.setAttribute('aria-controls', this.list.id);
    this.input.addEventListener('input', () => this.later());
    this.input.addEventListener('focus', () => this.later(0));
    this.input.addEventListener('click', () => this.later(0));
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.input.addEventListener('blur', () => setTimeout(() => {
      if (document.activeElement !== this.input) this.hide(); // who came back at once keeps what is offered
    }, 150));
    this.addEventListener('click', (event) => {
      const target = event.target as Element;
      const picked = target.closest<HTMLElement>('[data-unpick]')?.closest<HTMLElement>('.dg-picked');
      if (picked) this.unpick(picked);
      const option = target.closest<HTMLElement>('[role=option]');
      if (option) this.take(Number(option.dataset.index));
    });
    this.list.addEventListener('pointerdown', (event) => event.preventDefault());
  }

  get many(): boolean {
    return this.hasAttribute('data-many');
  }

  chosen(): Choice[] {
    return [...this.querySelectorAll<HTMLElement>('.dg-picked')].map((one) => ({
      id: one.dataset.id ?? '',
      title: one.querySelector('.text-truncate')?.textContent ?? '',
    }));
  }

  /** Take everything away without telling: a rule or linkage gives another value. */
  clear(): void {
    for (const one of this.querySelectorAll('.dg-picked')) one.remove();
    this.settle();
  }

  choose(choice: Choice): void {
    if (!this.many) for (const one of this.querySelectorAll('.dg-picked')) one.remove();
    if (this.chosen().some((one) => String(one.id) === String(choice.id))) return;
    const picked = document.createElement('span');
    picked.className = 'dg-picked';
    picked.dataset.id = String(choice.id);
    const title = document.createElement('span');
    title.className = 'text-truncate';
    title.textContent = choice.title;
    const hidden = document.createElement('input');
    hidden.type = 'hidden';
    hidden.name = this.dataset.name ?? '';
    hidden.value = String(choice.id);
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.className = 'dg-tool';
    remove.dataset.unpick = '';
    remove.setAttribute('aria-label', t('Remove {title}', { title: choice.title }));
    remove.textContent = '×';
    picked.append(title, hidden, remove);
    this.input.before(picked);
    this.settle();
  }

  /** The title of something chosen became known. */
  entitle(id: number | string, title: string): void {
    const picked = this.querySelector<HTMLElement>(`.dg-picked[data-id="${CSS.escape(String(id))}"]`);
    if (!picked) return;
    picked.querySelector('.text-truncate')!.textContent = title;
    picked.querySelector('[data-unpick]')?.setAttribute('aria-label', t('Remove {title}', { title }));
  }

  private unpick(picked: HTMLElement): void {
    picked.remove();
    this.settle();
    this.input.focus();
    this.tell();
  }

  private settle(): void {
    const full = !this.many && this.querySelector('.dg-picked') !== null;
    this.input.hidden = full;
    const none = this.querySelector<HTMLInputElement>('[data-none]');
    if (none) none.disabled = full;
    this.input.value = '';
  }

  private tell(): void {
    this.dispatchEvent(new CustomEvent('dg:picked', { bubbles: true, detail: { name: this.dataset.name } }));
  }

  private later(wait = 150): void {
    clearTimeout(this.timer);
    this.found = []; // what was found for other letters must not be taken by a quick Enter
    this.active = -1;
    this.list.replaceChildren();
    this.timer = window.setTimeout(() => void this.search(), wait);
  }

  private async search(): Promise<void> {
    const number = ++this.asked;
    const answer = await this.ask(this.input.value.trim());
    if (number !== this.asked || document.activeElement !== this.input) return;
    this.found = answer.ok ? ((await answer.json()) as { items: Choice[] }).items : [];
    const taken = new Set(this.chosen().map((one) => String(one.id)));
    this.found = this.found.filter((one) => !taken.has(String(one.id)));
    this.active = this.found.length && this.input.value ? 0 : -1;
    this.show();
  }

  /** A relation with conditions is asked with what is filled in so far, in a row with the place of the row. */
  private ask(text: string): Promise<Response> {
    const form = this.closest('form');
    if (!this.dataset.choose || !form) {
      const query = new URLSearchParams({ q: text });
      const task = new URLSearchParams(location.search).get('task');
      if (this.dataset.record && task) { // what only this task lets one fill in
        query.set('record', this.dataset.record);
        query.set('task', task);
      }
      return fetch(`/a/${this.dataset.app}/${this.dataset.form}/pick?${query.toString()}`, { headers: { Accept: 'application/json' } });
    }
    const body = filling(form, this.dataset.record);
    body.set('_q', text);
    const row = this.closest<HTMLElement>('tr[data-row]');
    if (row) body.set('_row', row.dataset.place ?? String([...row.parentElement!.children].indexOf(row)));
    const part = this.closest<HTMLElement>('tr[data-part]');
    if (part) body.set('_part', String([...part.parentElement!.children].indexOf(part)));
    return post(`/a/${this.dataset.app}/${this.dataset.owner}/choose/${this.dataset.choose}/pick`, body);
  }

  private show(): void {
    this.list.replaceChildren(...this.found.map((one, index) => this.option(one, index)));
    if (!this.found.length) {
      const nothing = document.createElement('li');
      nothing.className = 'dg-options-none';
      nothing.textContent = t('Nothing found');
      this.list.append(nothing);
    }
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    this.mark();
  }

  private option(one: Choice, index: number): HTMLLIElement {
    const item = document.createElement('li');
    item.id = `${this.list.id}-${index}`;
    item.setAttribute('role', 'option');
    item.dataset.index = String(index);
    const title = document.createElement('span');
    title.textContent = one.title;
    item.append(title);
    if (one.about) {
      const about = document.createElement('span');
      about.className = 'text-secondary small';
      about.textContent = one.about;
      item.append(about);
    }
    return item;
  }

  private mark(): void {
    for (const item of this.list.querySelectorAll<HTMLElement>('[role=option]')) {
      const on = Number(item.dataset.index) === this.active;
      item.setAttribute('aria-selected', String(on));
      if (on) {
        item.scrollIntoView({ block: 'nearest' });
        this.input.setAttribute('aria-activedescendant', item.id);
      }
    }
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (this.list.hidden || !this.found.length) return this.list.hidden ? this.later(0) : undefined;
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.active = Math.max(0, Math.min(this.found.length - 1, this.active + step));
      this.mark();
    } else if (event.key === 'Enter' && !this.list.hidden && this.active >= 0) {
      event.preventDefault();
      event.stopPropagation();
      this.take(this.active);
    } else if (event.key === 'Escape' && !this.list.hidden) {
      event.stopPropagation();
      this.hide();
    } else if (event.key === 'Backspace' && this.many && !this.input.value) {
      const last = [...this.querySelectorAll<HTMLElement>('.dg-picked')].at(-1);
      if (last) this.unpick(last);
    }
  }

  private take(index: number): void {
    const one = this.found[index];
    if (!one) return;
    this.choose(one);
    this.hide();
    this.tell();
    if (this.many) this.input.focus();
  }

  private hide(): void {
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
    if (!this.input.hidden) this.input.value = '';
  }
}

customElements.define('dg-picker', Picker);
