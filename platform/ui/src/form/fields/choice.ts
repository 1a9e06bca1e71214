// <dg-choice>: options as buttons, tiles, a list or a dropdown of check boxes, with an answer of one's own beside them.
// The inputs are plain radios and check boxes; this keeps `data-value`, the text of "other", the limit and the summary.

export class ChoiceInput extends HTMLElement {
  private was = '';

  connectedCallback(): void {
    this.addEventListener('change', (event) => this.changed(event.target as HTMLElement));
    this.addEventListener('input', (event) => {
      const target = event.target as HTMLInputElement;
      if (target.matches('[data-other]')) this.written(target);
      if (target.matches('[data-narrow]')) this.narrow(target);
    });
    this.addEventListener('pointerdown', (event) => this.remember(event.target as Element));
    this.addEventListener('click', (event) => this.again(event.target as Element));
    this.addEventListener('keydown', (event) => this.key(event));
    this.addEventListener('focusout', (event) => this.left(event));
    this.addEventListener('dg:set', (event) => this.set((event as CustomEvent<{ value: unknown }>).detail.value));
    this.limit();
  }

  /** Show what a rule or a formula has chosen; it is told already, so nothing is told again. */
  private set(value: unknown): void {
    const wanted = (Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]).map(String);
    const select = this.querySelector('select');
    const known = select ? [...select.options].map((one) => one.value) : this.boxes().map((one) => one.value);
    const other = this.querySelector<HTMLInputElement | HTMLOptionElement>('[data-other-option]');
    const text = this.querySelector<HTMLInputElement>('[data-other]');
    const written = wanted.find((one) => !known.includes(one)) ?? '';
    if (other && text && written) {
      other.value = written;
      text.value = written;
    }
    if (text) text.hidden = !(written || wanted.includes(other?.value ?? ' '));
    if (select) select.value = wanted[0] ?? '';
    for (const box of this.boxes()) box.checked = wanted.includes(box.value);
    this.limit();
    this.summarise();
  }

  /** What is chosen: the keys of options, or the text of "other". */
  get chosen(): string[] {
    const select = this.querySelector('select');
    const values = select ? [select.value] : this.boxes().filter((one) => one.checked).map((one) => one.value);
    return values.filter((one) => one !== '' && one !== '__other__');
  }

  private boxes(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>('input[type=radio], input[type=checkbox]')];
  }

  private changed(target: HTMLElement): void {
    if (target.matches('[data-other], [data-narrow]')) return;
    const text = this.querySelector<HTMLInputElement>('[data-other]');
    const open = this.isOther();
    if (text && text.hidden === open) {
      text.hidden = !open;
      if (open) text.focus();
    }
    this.tell();
  }

  private isOther(): boolean {
    const option = this.querySelector<HTMLInputElement | HTMLOptionElement>('[data-other-option]');
    if (option instanceof HTMLOptionElement) return option.selected;
    return option?.checked ?? false;
  }

  private written(text: HTMLInputElement): void {
    const option = this.querySelector<HTMLInputElement | HTMLOptionElement>('[data-other-option]');
    if (option) option.value = text.value.trim() || '__other__';
    this.tell();
  }

  private narrow(search: HTMLInputElement): void {
    const wanted = search.value.trim().toLowerCase();
    for (const one of this.querySelectorAll<HTMLElement>('.dg-option')) {
      one.hidden = wanted !== '' && !(one.textContent ?? '').toLowerCase().includes(wanted);
    }
  }

  /** A radio that need not be filled is emptied by choosing it once more. */
  private remember(target: Element): void {
    const box = target.closest('label')?.querySelector<HTMLInputElement>('input[type=radio]');
    this.was = box?.checked ? box.value : '';
  }

  private again(target: Element): void {
    if (!(target instanceof HTMLInputElement) || target.type !== 'radio' || !this.hasAttribute('data-clears')) return;
    if (this.was !== '' && target.value === this.was) {
      target.checked = false;
      this.changed(target);
    }
    this.was = '';
  }

  private key(event: KeyboardEvent): void {
    const panel = this.querySelector<HTMLDetailsElement>('details.dg-multi');
    if (event.key === 'Escape' && panel?.open) {
      panel.open = false;
      panel.querySelector('summary')?.focus();
      event.stopPropagation();
    }
    const radio = event.target as HTMLInputElement;
    if ((event.key === 'Backspace' || event.key === 'Delete') && radio.type === 'radio' && this.hasAttribute('data-clears')) {
      radio.checked = false;
      this.changed(radio);
    }
    if (event.key === 'Enter' && radio.matches('[data-other], [data-narrow]')) event.preventDefault();
  }

  private left(event: FocusEvent): void {
    const panel = this.querySelector<HTMLDetailsElement>('details.dg-multi');
    if (panel?.open && event.relatedTarget instanceof Node && !this.contains(event.relatedTarget)) panel.open = false;
  }

  private limit(): void {
    const most = Number(this.dataset.max ?? 0);
    if (!most) return;
    const full = this.boxes().filter((one) => one.checked).length >= most;
    for (const box of this.boxes()) box.disabled = full && !box.checked;
  }

  private tell(): void {
    const chosen = this.chosen;
    const one = this.hasAttribute('data-yes-no') && chosen[0] ? chosen[0] === 'true' : (chosen[0] ?? null);
    this.dataset.value = JSON.stringify(this.hasAttribute('data-many') ? chosen : one);
    this.limit();
    this.summarise();
    this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }

  private summarise(): void {
    const summary = this.querySelector<HTMLElement>('[data-chosen]');
    if (!summary) return;
    const tags = this.boxes().filter((one) => one.checked && one.value !== '__other__').map((one) => {
      const tag = document.createElement('span');
      tag.className = 'dg-tag';
      const label = one.closest('label');
      if (label?.dataset.color) tag.dataset.color = label.dataset.color;
      tag.textContent = one.matches('[data-other-option]') ? one.value : label?.textContent?.trim() ?? '';
      return tag;
    });
    if (tags.length === 0) {
      const none = document.createElement('span');
      none.className = 'text-secondary';
      none.textContent = summary.dataset.none ?? '';
      tags.push(none);
    }
    summary.replaceChildren(...tags);
  }
}

if (!customElements.get('dg-choice')) customElements.define('dg-choice', ChoiceInput);

// A dropdown of check boxes closes like a list box when one clicks beside it.
document.addEventListener('pointerdown', (event) => {
  for (const open of document.querySelectorAll<HTMLDetailsElement>('details.dg-multi[open]')) {
    if (!open.contains(event.target as Node)) open.open = false;
  }
});
