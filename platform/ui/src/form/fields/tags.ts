// <dg-tags>: tags as chips, suggestions while one types, Enter or a comma adds, Backspace takes the last one back.
import { t } from '../../shell/words.ts';

interface Tag { key: string; title: string; color: string | null; group: string; count: number }

export class TagsInput extends HTMLElement {
  private text!: HTMLInputElement;
  private list!: HTMLUListElement;
  private found: Tag[] = [];
  private active = -1;
  private asked = 0;
  private timer = 0;

  connectedCallback(): void {
    this.text = this.querySelector<HTMLInputElement>('[role=combobox]')!;
    this.list = this.querySelector<HTMLUListElement>('[role=listbox]')!;
    this.list.id ||= `${this.text.id}-options`;
    this.text.setAttribute('aria-controls', this.list.id);
    this.text.addEventListener('input', () => {
      if (/[,，、;；]/.test(this.text.value)) this.takeAll();
      this.later();
    });
    this.text.addEventListener('focus', () => this.later(0));
    this.text.addEventListener('keydown', (event) => this.key(event));
    this.text.addEventListener('blur', () => setTimeout(() => {
      if (document.activeElement === this.text) return; // who came back at once goes on typing
      this.takeAll();
      this.hide();
    }, 150));
    this.text.addEventListener('paste', (event) => {
      const pasted = event.clipboardData?.getData('text/plain') ?? '';
      if (!/\n/.test(pasted.trim())) return;
      event.preventDefault();
      for (const one of pasted.split(/[\n,，、;；]/)) this.add(one.trim());
    });
    this.addEventListener('click', (event) => {
      const target = event.target as Element;
      const chip = target.closest('[data-drop]')?.closest<HTMLElement>('[data-tag]');
      if (chip) this.drop(chip);
      const option = target.closest<HTMLElement>('[role=option]');
      if (option) this.choose(Number(option.dataset.index));
      if (target === this) this.text.focus();
    });
    this.list.addEventListener('pointerdown', (event) => event.preventDefault());
    this.addEventListener('dg:set', (event) => this.set((event as CustomEvent<{ value: unknown }>).detail.value));
  }

  /** Show the tags that a rule or a formula gives. */
  private set(value: unknown): void {
    for (const chip of this.querySelectorAll('[data-tag]')) chip.remove();
    for (const key of Array.isArray(value) ? value.map(String) : []) {
      this.text.before(this.chip(this.found.find((one) => one.key === key) ?? { key, title: key, color: null, group: '', count: 0 }));
    }
  }

  get chosen(): string[] {
    return [...this.querySelectorAll<HTMLElement>('[data-tag]')].map((one) => one.dataset.tag ?? '');
  }

  private takeAll(): void {
    const parts = this.text.value.split(/[,，、;；]/).map((one) => one.trim()).filter(Boolean);
    if (parts.length === 0) return;
    this.text.value = '';
    for (const one of parts) this.add(one);
  }

  /** A tag by its words: a known one where it fits, else a new one where that is allowed. */
  private add(words: string): void {
    const known = this.found.find((one) => one.title.toLowerCase() === words.toLowerCase() || one.key === words);
    if (known) this.put(known);
    else if (words && this.hasAttribute('data-add')) this.put({ key: words, title: words, color: null, group: '', count: 0 });
    else if (words) this.text.value = words;
  }

  private put(tag: Tag): void {
    if (this.chosen.some((one) => one.toLowerCase() === tag.key.toLowerCase())) return;
    if (this.chosen.length >= Number(this.dataset.max ?? 100)) return;
    this.text.before(this.chip(tag));
    this.tell();
  }

  private chip(tag: Tag): HTMLElement {
    const chip = document.createElement('span');
    chip.className = 'dg-tag';
    chip.dataset.tag = tag.key;
    if (tag.color) chip.dataset.color = tag.color;
    const title = document.createElement('span');
    title.className = 'text-truncate';
    title.textContent = tag.title;
    const hidden = document.createElement('input');
    hidden.type = 'hidden';
    hidden.name = this.dataset.name ?? '';
    hidden.value = tag.key;
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.className = 'dg-tag-x';
    remove.dataset.drop = '';
    remove.setAttribute('aria-label', t('Remove {title}', { title: tag.title }));
    remove.textContent = '×';
    chip.append(title, hidden, remove);
    return chip;
  }

  private drop(chip: HTMLElement): void {
    chip.remove();
    this.tell();
    this.text.focus();
  }

  private tell(): void {
    this.dataset.value = JSON.stringify(this.chosen);
    this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }

  private later(wait = 200): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), wait);
  }

  private async ask(): Promise<void> {
    const url = this.dataset.url;
    if (!url) return;
    const number = ++this.asked;
    const answer = await fetch(`${url}?q=${encodeURIComponent(this.text.value.trim())}`, { headers: { Accept: 'application/json' } });
    if (number !== this.asked || !answer.ok) return;
    this.found = ((await answer.json()) as { items: Tag[] }).items;
    if (document.activeElement === this.text) this.show();
  }

  private show(): void {
    const chosen = new Set(this.chosen);
    const wanted = this.text.value.trim();
    const open = this.found.filter((one) => !chosen.has(one.key));
    const items: HTMLLIElement[] = [];
    let group = '';
    open.sort((a, b) => Number(a.group === '') - Number(b.group === ''));
    for (const one of open) {
      if (one.group !== group) {
        group = one.group;
        const head = document.createElement('li');
        head.className = 'dg-options-head';
        head.textContent = group || t('Other tags');
        head.setAttribute('role', 'presentation');
        items.push(head);
      }
      const item = option(items.length, one);
      item.dataset.index = String(this.found.indexOf(one));
      items.push(item);
    }
    const same = this.found.some((one) => one.title.toLowerCase() === wanted.toLowerCase());
    if (wanted && !same && this.hasAttribute('data-add')) {
      const item = document.createElement('li');
      item.setAttribute('role', 'option');
      item.dataset.index = '-1';
      item.textContent = t('Add “{title}”', { title: wanted });
      items.push(item);
    }
    this.active = -1;
    this.list.replaceChildren(...items);
    this.list.hidden = items.length === 0;
    this.text.setAttribute('aria-expanded', String(items.length > 0));
  }

  private hide(): void {
    this.list.hidden = true;
    this.text.setAttribute('aria-expanded', 'false');
    this.text.removeAttribute('aria-activedescendant');
  }

  private choose(index: number): void {
    const words = this.text.value.trim();
    this.text.value = '';
    if (index >= 0) this.put(this.found[index]!);
    else this.add(words);
    this.text.focus();
    this.later(0);
  }

  private key(event: KeyboardEvent): void {
    const options = [...this.list.querySelectorAll<HTMLElement>('[role=option]')];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (this.list.hidden) return this.later(0);
      this.active = (this.active + (event.key === 'ArrowDown' ? 1 : -1) + options.length) % Math.max(1, options.length);
      options.forEach((one, place) => {
        one.id ||= `${this.list.id}-${place}`;
        one.setAttribute('aria-selected', String(place === this.active));
      });
      const active = options[this.active];
      if (active) {
        this.text.setAttribute('aria-activedescendant', active.id);
        active.scrollIntoView({ block: 'nearest' });
      }
    } else if (event.key === 'Enter') {
      event.preventDefault();
      event.stopPropagation();
      const active = options[this.active];
      if (active) this.choose(Number(active.dataset.index));
      else this.takeAll();
    } else if (event.key === 'Escape') {
      this.hide();
    } else if (event.key === 'Backspace' && this.text.value === '') {
      const last = [...this.querySelectorAll<HTMLElement>('[data-tag]')].at(-1);
      if (last) this.drop(last);
    }
  }
}

function option(place: number, tag: Tag): HTMLLIElement {
  const item = document.createElement('li');
  item.setAttribute('role', 'option');
  const chip = document.createElement('span');
  chip.className = 'dg-tag';
  if (tag.color) chip.dataset.color = tag.color;
  chip.textContent = tag.title;
  item.append(chip);
  item.dataset.place = String(place);
  if (tag.count) {
    const count = document.createElement('small');
    count.className = 'text-secondary';
    count.textContent = String(tag.count);
    item.append(count);
  }
  return item;
}

if (!customElements.get('dg-tags')) customElements.define('dg-tags', TagsInput);
