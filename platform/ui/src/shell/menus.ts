// Menus are `<details class="dg-menu">`: they open without us; we close them and tell them that they opened.
import { opened } from './htmx.ts';

function closeAll(but?: Element | null): void {
  document.querySelectorAll<HTMLDetailsElement>('details.dg-menu[open]').forEach((menu) => {
    if (menu !== but) menu.open = false;
  });
}

function side(open: boolean): void {
  document.documentElement.classList.toggle('dg-side-open', open);
  document.querySelectorAll('[data-side-open]').forEach((each) => each.setAttribute('aria-expanded', String(open)));
  if (open) document.querySelector<HTMLElement>('#dg-side a')?.focus();
}

// A menu that would stick out of the window moves inwards.
function keepInside(body: HTMLElement | null): void {
  if (!body) return;
  body.style.translate = '';
  const { left, right } = body.getBoundingClientRect();
  const shift = left < 8 ? 8 - left : Math.min(0, document.documentElement.clientWidth - 8 - right);
  if (shift) body.style.translate = `${shift}px`;
}

export function installMenus(root: Document): void {
  root.addEventListener('click', (event) => {
    const target = event.target as Element;
    const menu = target.closest('details.dg-menu');
    closeAll(menu);
    if (menu && target.closest('.dg-menu-item') && !target.closest('[data-keep-open]')) (menu as HTMLDetailsElement).open = false;
    if (target.closest('[data-side-open]')) side(true);
    else if (target.closest('[data-side-close]')) side(false);
  });
  root.addEventListener('toggle', (event) => {
    const menu = event.target as HTMLDetailsElement;
    if (!menu.matches?.('details.dg-menu') || !menu.open) return;
    keepInside(menu.querySelector('.dg-menu-body'));
    opened(menu);
  }, true);
  addEventListener('resize', () => document.querySelectorAll<HTMLElement>('details.dg-menu[open] > .dg-menu-body').forEach(keepInside));
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const open = document.querySelector<HTMLDetailsElement>('details.dg-menu[open]');
    if (open) {
      open.open = false;
      open.querySelector<HTMLElement>('summary')?.focus();
    }
    if (document.documentElement.classList.contains('dg-side-open')) {
      side(false);
      document.querySelector<HTMLElement>('[data-side-open]')?.focus();
    }
  });
}
