// A board: cards go to another column by dragging, by Alt + arrows, or by their menu. The card stands in its new column
// at once; where the server refuses, it goes back and the reason is said (for stages with the dialog that mends it).
import { t } from '../shell/words.ts';
import { toast } from '../shell/toasts.ts';
import { htmx } from '../shell/htmx.ts';

interface Answer {
  problems: string[];
  dialog?: string | null;
}

interface Head {
  key: string;
  count: string;
  sum: string;
}

class Board extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('click', this.clicked);
    this.addEventListener('keydown', this.pressed);
    this.addEventListener('scroll', this.scrolled, { passive: true });
    this.closest('section')?.querySelector('.dg-board-tabs')?.addEventListener('click', this.tabbed);
    // Fingers scroll the columns and use the menu; dragging is for a mouse or pen.
    if (this.movable && matchMedia('(pointer: fine)').matches) void this.sortable();
  }

  private get movable(): boolean {
    return this.hasAttribute('data-movable');
  }

  private columns(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[data-column]')];
  }

  private async sortable(): Promise<void> {
    const { default: Sortable } = await import('sortablejs');
    for (const list of this.querySelectorAll<HTMLElement>('[data-cards]')) {
      let next: Element | null = null;
      Sortable.create(list, {
        group: 'board',
        draggable: '.dg-card',
        filter: '.dg-tool',
        preventOnFilter: false,
        sort: false,
        animation: 120,
        ghostClass: 'is-ghost',
        onStart: (event) => {
          next = event.item.nextElementSibling;
        },
        onEnd: (event) => {
          if (event.from !== event.to) void this.settle(event.item, event.from, next, event.to);
        },
      });
    }
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    const card = (event.target as Element).closest<HTMLElement>('.dg-card');
    if (event.key === 'Escape') this.closeMenu();
    if (!card || !this.movable || !event.altKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    const columns = this.columns();
    const place = columns.findIndex((one) => one.contains(card));
    const to = columns[place + (event.key === 'ArrowLeft' ? -1 : 1)];
    if (to) void this.put(card, to);
  };

  private readonly clicked = (event: Event): void => {
    const target = event.target as Element;
    const choice = target.closest<HTMLElement>('[data-to]');
    const button = target.closest<HTMLElement>('[data-move-card]');
    const card = target.closest<HTMLElement>('.dg-card');
    if (choice && card) {
      const to = this.columns().find((one) => one.dataset.column === choice.dataset.to);
      this.closeMenu();
      if (to) void this.put(card, to);
    } else if (button && card) {
      const open = button.getAttribute('aria-expanded') === 'true';
      this.closeMenu();
      if (!open) this.openMenu(card, button);
    } else if (!target.closest('.dg-card-menu')) {
      this.closeMenu();
    }
  };

  private openMenu(card: HTMLElement, button: HTMLElement): void {
    const menu = document.createElement('div');
    menu.className = 'dg-card-menu';
    menu.setAttribute('role', 'menu');
    menu.setAttribute('aria-label', this.dataset.label ?? '');
    for (const column of this.columns()) {
      if (column.contains(card)) continue;
      const one = document.createElement('button');
      one.type = 'button';
      one.setAttribute('role', 'menuitem');
      one.dataset.to = column.dataset.column ?? '';
      one.textContent = column.dataset.name ?? '';
      menu.append(one);
    }
    button.setAttribute('aria-expanded', 'true');
    card.append(menu);
    menu.querySelector('button')?.focus();
  }

  private closeMenu(): void {
    const menu = this.querySelector('.dg-card-menu');
    const button = menu?.closest('.dg-card')?.querySelector<HTMLElement>('[data-move-card]');
    const focused = menu?.contains(document.activeElement);
    menu?.remove();
    button?.setAttribute('aria-expanded', 'false');
    if (focused) button?.focus();
  }

  /** Puts a card on top of a column without a mouse; the focus stays with it. */
  private async put(card: HTMLElement, to: HTMLElement): Promise<void> {
    const from = card.parentElement as HTMLElement;
    const next = card.nextElementSibling;
    const list = to.querySelector<HTMLElement>('[data-cards]');
    if (!list) return;
    list.prepend(card);
    card.querySelector('a')?.focus({ preventScroll: true });
    await this.settle(card, from, next, list);
    card.querySelector('a')?.focus({ preventScroll: true });
  }

  private async settle(card: HTMLElement, from: Element, next: Element | null, to: Element): Promise<void> {
    const column = to.closest<HTMLElement>('[data-column]');
    const key = column?.dataset.column ?? '';
    card.setAttribute('aria-busy', 'true');
    const answer = await this.send(card.dataset.id ?? '', key === '__none__' ? '' : key);
    card.removeAttribute('aria-busy');
    if (answer.problems.length === 0) {
      this.say(t('Moved to “{name}”', { name: column?.dataset.name ?? '' }));
      await this.heads();
      return;
    }
    from.insertBefore(card, next?.parentElement === from ? next : null);
    this.say(answer.problems.join(' '));
    if (answer.dialog) {
      const back = encodeURIComponent(location.pathname + location.search);
      const url = `${answer.dialog}?to=${encodeURIComponent(key)}&_back=${back}`;
      await htmx.ajax('GET', url, { target: '#dg-modal-body', swap: 'innerHTML' });
    } else {
      toast({ text: answer.problems.join(' '), kind: 'error' });
    }
  }

  private async send(id: string, to: string): Promise<Answer> {
    const body = new URLSearchParams({ to });
    const headers = { Accept: 'application/json', 'X-CSRFToken': document.body.dataset.csrf ?? '' };
    try {
      const answer = await fetch(`${this.dataset.url}/${id}/move/${this.dataset.by}`, { method: 'POST', body, headers });
      if (answer.headers.get('content-type')?.includes('json')) return (await answer.json()) as Answer;
    } catch {
      // Told below, as every answer that is none.
    }
    return { problems: [t('The card could not be moved. Try again.')] };
  }

  private async heads(): Promise<void> {
    const answer = await fetch(this.dataset.heads ?? '', { headers: { Accept: 'application/json' } });
    if (!answer.ok) return;
    const section = this.closest('section');
    for (const head of (await answer.json()) as Head[]) {
      const name = CSS.escape(head.key);
      for (const one of section?.querySelectorAll(`[data-count="${name}"]`) ?? []) one.textContent = head.count;
      for (const one of section?.querySelectorAll(`[data-sum="${name}"]`) ?? []) one.textContent = head.sum;
    }
  }

  private say(text: string): void {
    const place = this.closest('section')?.querySelector('[data-board-says]');
    if (place) place.textContent = text;
  }

  // -- one column at a time on phones -------------------------------------------------------------------------------

  private readonly tabbed = (event: Event): void => {
    const tab = (event.target as Element).closest<HTMLAnchorElement>('a');
    const column = tab && document.getElementById(tab.hash.slice(1));
    if (!column) return;
    event.preventDefault();
    column.scrollIntoView({ inline: 'start', block: 'nearest', behavior: 'smooth' });
  };

  private readonly scrolled = (): void => {
    const middle = this.scrollLeft + this.clientWidth / 2;
    const place = this.columns().findIndex((one) => one.offsetLeft - this.offsetLeft + one.offsetWidth > middle);
    this.closest('section')?.querySelectorAll('.dg-board-tabs a').forEach((tab, number) => {
      if (number === place) tab.setAttribute('aria-current', 'true');
      else tab.removeAttribute('aria-current');
    });
  };
}

customElements.define('dg-board', Board);
