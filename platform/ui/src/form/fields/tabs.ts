// <dg-tabs>: one panel at a time; arrow keys, Home and End move between tabs. A link to a field on another tab, and an
// input there that takes the focus, open the tab first.

export class Tabs extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('click', (event) => {
      const tab = (event.target as Element).closest<HTMLElement>('[role=tab]');
      if (tab && this.tabs().includes(tab)) this.open(tab);
    });
    this.addEventListener('keydown', (event) => this.key(event));
    this.addEventListener('invalid', (event) => this.show(event.target as Element), true);
    this.addEventListener('focusin', (event) => this.show(event.target as Element));
    document.addEventListener('click', (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
      if (link) this.show(byId(link.hash));
    }, true);
    this.show(byId(location.hash));
  }

  private tabs(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>(':scope > [role=tablist] > [role=tab]')];
  }

  private panel(tab: HTMLElement): HTMLElement | null {
    return document.getElementById(tab.getAttribute('aria-controls') ?? '');
  }

  /** Open the tab, and the folded section, in which an element stands. */
  show(element: Element | null): void {
    if (!element || !this.contains(element)) return;
    const tab = this.tabs().find((one) => this.panel(one)?.contains(element));
    if (tab && tab.getAttribute('aria-selected') !== 'true') this.open(tab);
  }

  open(tab: HTMLElement): void {
    for (const one of this.tabs()) {
      one.setAttribute('aria-selected', String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
      this.panel(one)?.toggleAttribute('data-open', one === tab);
    }
    tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  private key(event: KeyboardEvent): void {
    const tabs = this.tabs();
    const here = tabs.indexOf(event.target as HTMLElement);
    if (here < 0) return;
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length]!;
    this.open(next);
    next.focus();
  }
}

const byId = (hash: string): Element | null => (hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null);

if (!customElements.get('dg-tabs')) customElements.define('dg-tabs', Tabs);

// A link to a field in a folded section opens it.
document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[href^="#"]');
  const fold = link && byId(link.hash)?.closest('details');
  if (fold) fold.open = true;
}, true);
