// Rows of tabs that are wider than a phone: the tab of the page one is on is in sight.

export function installTabs(root: ParentNode): void {
  for (const row of root.querySelectorAll<HTMLElement>('nav.dg-tabs')) {
    const here = row.querySelector<HTMLElement>('[aria-current]');
    if (!here || row.scrollWidth <= row.clientWidth) continue;
    const [outer, inner] = [row.getBoundingClientRect(), here.getBoundingClientRect()];
    row.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  }
}
