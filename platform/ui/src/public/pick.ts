// A relation on a public page: two letters find what may be chosen; what is chosen is a sealed text, never an id.
interface Offer { token: string; title: string }

export class PublicPick extends HTMLElement {
  private input!: HTMLInputElement;
  private value!: HTMLInputElement;
  private list!: HTMLUListElement;
  private timer = 0;
  private asked = 0;
  private at = -1;

  connectedCallback(): void {
    this.input = this.querySelector('[role=combobox]')!;
    this.value = this.querySelector('input[type=hidden]')!;
    this.list = this.querySelector('[role=listbox]')!;
    this.input.addEventListener('input', () => {
      this.value.value = '';
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.ask(), 200);
    });
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.input.addEventListener('blur', () => window.setTimeout(() => {
      if (document.activeElement !== this.input) this.leave(); // who came back at once keeps what is offered
    }, 150));
    this.list.addEventListener('mousedown', (event) => {
      const option = (event.target as HTMLElement).closest<HTMLElement>('[role=option]');
      event.preventDefault();
      if (option) this.choose(option);
    });
  }

  private async ask(): Promise<void> {
    const letters = this.input.value.trim();
    const turn = ++this.asked;
    if (letters.length < 2) return this.show([]);
    const answer = await fetch(`${this.dataset.url}?q=${encodeURIComponent(letters)}`, { headers: { Accept: 'application/json' } });
    if (turn !== this.asked || !answer.ok) return;
    this.show(((await answer.json()) as { items: Offer[] }).items, true);
  }

  private show(offers: Offer[], asked = false): void {
    this.at = -1;
    this.input.removeAttribute('aria-activedescendant');
    this.list.replaceChildren(
      ...offers.map((offer, number) => {
        const option = document.createElement('li');
        option.id = `${this.list.id}-${number}`;
        option.setAttribute('role', 'option');
        option.setAttribute('aria-selected', 'false');
        option.dataset.token = offer.token;
        option.textContent = offer.title;
        return option;
      }),
    );
    if (asked && !offers.length) {
      const nothing = document.createElement('li');
      nothing.className = 'text-secondary';
      nothing.textContent = this.dataset.nothing ?? '';
      this.list.append(nothing);
    }
    this.list.hidden = !this.list.childElementCount;
    this.input.setAttribute('aria-expanded', String(!this.list.hidden));
  }

  private key(event: KeyboardEvent): void {
    const options = [...this.list.querySelectorAll<HTMLElement>('[role=option]')];
    if (event.key === 'Escape') this.show([]);
    else if (event.key === 'Enter') {
      event.preventDefault();
      const option = options[this.at];
      if (option) this.choose(option);
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && options.length) {
      event.preventDefault();
      this.at = (this.at + (event.key === 'ArrowDown' ? 1 : -1) + options.length) % options.length;
      options.forEach((option, number) => option.setAttribute('aria-selected', String(number === this.at)));
      this.input.setAttribute('aria-activedescendant', options[this.at]!.id);
    }
  }

  private choose(option: HTMLElement): void {
    this.value.value = option.dataset.token ?? '';
    this.input.value = option.textContent ?? '';
    this.show([]);
    this.value.dispatchEvent(new Event('change', { bubbles: true }));
  }

  private leave(): void {
    this.show([]);
    if (!this.value.value) this.input.value = '';
  }
}

customElements.define('dg-public-pick', PublicPick);
