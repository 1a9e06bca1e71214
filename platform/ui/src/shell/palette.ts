// Ctrl+K. The server finds; here are the keys: arrows choose, Enter opens.
import { opened } from './htmx.ts';

function dialog(): HTMLDialogElement | null {
  return document.querySelector('#dg-palette');
}

function open(): void {
  const box = dialog();
  const input = document.querySelector<HTMLInputElement>('#dg-palette-input');
  if (!box || !input || box.open) return;
  document.documentElement.classList.remove('dg-side-open');
  box.showModal();
  input.select();
  opened(input);
}

function choose(step: number): void {
  const hits = [...(dialog()?.querySelectorAll<HTMLElement>('[role=option]') ?? [])];
  if (!hits.length) return;
  const now = hits.findIndex((hit) => hit.getAttribute('aria-selected') === 'true');
  const next = (now + step + hits.length) % hits.length;
  hits.forEach((hit, index) => {
    hit.setAttribute('aria-selected', String(index === next));
    hit.id = `dg-hit-${index}`;
  });
  hits[next]?.scrollIntoView({ block: 'nearest' });
  document.querySelector('#dg-palette-input')?.setAttribute('aria-activedescendant', `dg-hit-${next}`);
}

export function installPalette(root: Document): void {
  root.addEventListener('click', (event) => {
    if ((event.target as Element).closest('[data-palette]')) open();
  });
  root.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      open();
    }
  });
  dialog()?.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      choose(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const chosen = dialog()?.querySelector<HTMLElement>('[aria-selected=true]') ?? dialog()?.querySelector<HTMLElement>('[role=option]');
      chosen?.click();
    }
  });
}
