// Rows of a list: a click anywhere opens the record; ticking shows what can be done with the ticked ones.
import { t } from '../shell/words.ts';

export function installRows(root: Document): void {
  root.addEventListener('click', (event) => {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('tr[data-href]');
    const busy = target.closest('a, button, input, label, summary, .dg-tick') ?? String(getSelection() ?? '');
    if (!row || busy) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, '_blank', 'noopener');
    else location.href = row.dataset.href ?? '';
  });
  root.addEventListener('change', (event) => {
    const box = event.target as HTMLInputElement;
    const form = box.closest<HTMLElement>('[data-ticks]');
    if (!form || !box.matches('[data-tick], [data-tick-all]')) return;
    const boxes = [...form.querySelectorAll<HTMLInputElement>('[data-tick]')];
    if (box.matches('[data-tick-all]')) for (const one of boxes) one.checked = box.checked;
    showTicked(form, boxes);
  });
}

function showTicked(form: HTMLElement, boxes: HTMLInputElement[]): void {
  const ticked = boxes.filter((one) => one.checked).length;
  const all = form.querySelector<HTMLInputElement>('[data-tick-all]');
  if (all) {
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  for (const one of boxes) one.closest('tr')?.classList.toggle('is-ticked', one.checked);
  const action = form.querySelector<HTMLElement>('[data-tick-action]');
  if (action) action.hidden = ticked === 0;
  const count = form.querySelector('[data-tick-count]');
  if (count) count.textContent = t('Delete {count}', { count: String(ticked) });
}
