// "Why this value?" in cells of rows: one mark of a table is a stop of the Tab key, arrow keys lead to the others.
const MARK = '.dg-why[hx-get*="?row="]';

export function installWhy(root: Document): void {
  settle(root);
  root.addEventListener('htmx:after:swap', () => settle(root));
  root.addEventListener('keydown', (event) => {
    const here = (event.target as Element).closest<HTMLElement>(MARK);
    const to = here && next(here, event.key);
    if (!here || !to) return;
    event.preventDefault();
    here.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });
}

/** Only the first mark of each table is reached with Tab. */
function settle(root: Document): void {
  for (const table of root.querySelectorAll<HTMLElement>('.dg-rows-table')) {
    const marks = marksOf(table);
    if (!marks.some((one) => one === root.activeElement)) marks.forEach((one, at) => { one.tabIndex = at ? -1 : 0; });
  }
}

/** The mark that an arrow key leads to: left and right among all, up and down among those of the same column. */
function next(here: HTMLElement, key: string): HTMLElement | undefined {
  const every = marksOf(here.closest<HTMLElement>('.dg-rows-table')!);
  const steps: Record<string, [HTMLElement[], number]> = {
    ArrowLeft: [every, -1],
    ArrowRight: [every, 1],
    ArrowUp: [every.filter((one) => column(one) === column(here)), -1],
    ArrowDown: [every.filter((one) => column(one) === column(here)), 1],
  };
  const step = steps[key];
  return step && step[0][step[0].indexOf(here) + step[1]];
}

function marksOf(table: HTMLElement): HTMLElement[] {
  return [...table.querySelectorAll<HTMLElement>(MARK)];
}

function column(mark: HTMLElement): string {
  return mark.getAttribute('hx-get')!.split('?')[0]!;
}
