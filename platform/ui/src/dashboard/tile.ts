/** One tile: fetches its answer from `src`, shows what went wrong in its own place, switches between chart and table. */
export class DgTile extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('click', (event) => {
      const target = event.target as Element;
      if (target.closest('[data-tile-retry]')) void this.load();
      const toggle = target.closest<HTMLElement>('[data-tile-table]');
      if (toggle) this.showTable(toggle.getAttribute('aria-pressed') !== 'true');
    });
    this.addEventListener('dg:cell', (event) => {
      const [row, measure] = (event as CustomEvent<[number, number]>).detail;
      this.querySelector<HTMLAnchorElement>(`a[data-cell="${row}.${measure}"]`)?.click();
    });
    void this.load();
  }

  async load(): Promise<void> {
    const body = this.querySelector<HTMLElement>('.dg-tile-body');
    const source = this.getAttribute('src');
    if (!body || !source) return;
    body.setAttribute('aria-busy', 'true');
    try {
      const answer = await fetch(source, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
      if (answer.redirected) {
        location.reload(); // signed out meanwhile
        return;
      }
      body.innerHTML = await answer.text();
    } catch {
      const failed = document.querySelector<HTMLTemplateElement>('#dg-tile-failed');
      body.replaceChildren(failed ? failed.content.cloneNode(true) : '');
    }
    body.removeAttribute('aria-busy');
    const toggle = this.querySelector<HTMLElement>('[data-tile-table]');
    if (toggle) {
      toggle.hidden = body.querySelector('dg-chart') === null;
      this.showTable(toggle.getAttribute('aria-pressed') === 'true');
    }
  }

  private showTable(shown: boolean): void {
    this.querySelector('[data-tile-table]')?.setAttribute('aria-pressed', String(shown));
    const table = this.querySelector<HTMLElement>('.dg-tile-table');
    const chart = this.querySelector<HTMLElement>('dg-chart');
    if (!table || !chart) return;
    table.hidden = !shown;
    chart.hidden = shown;
  }
}

export function installBoard(root: Document): void {
  root.addEventListener('click', (event) => {
    if (!(event.target as Element).closest('[data-board-refresh]')) return;
    for (const tile of root.querySelectorAll<DgTile>('dg-tile')) void tile.load();
  });
}
