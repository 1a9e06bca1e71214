const LIFE = 5000;

export interface Toast {
  text: string;
  kind?: 'success' | 'info' | 'warning' | 'error';
}

/** Shows a short message; errors stay until they are closed. */
export function toast({ text, kind = 'success' }: Toast): void {
  const shape = document.getElementById('dg-toast-shape') as HTMLTemplateElement | null;
  const place = document.getElementById('dg-toasts');
  const box = shape?.content.firstElementChild?.cloneNode(true) as HTMLElement | undefined;
  if (!place || !box) return;
  box.dataset['kind'] = kind;
  const use = box.querySelector('use');
  const name = { success: 'circle-check', info: 'info-circle', warning: 'alert-triangle', error: 'alert-circle' }[kind];
  use?.setAttribute('href', (use.getAttribute('href') ?? '').replace(/#.*/, `#${name}`));
  const words = box.querySelector('span');
  if (words) words.textContent = text;
  // The dialog on top would hide it.
  (document.querySelector('dialog[open]') ?? document.body).append(place);
  place.append(box);
  live(box);
}

function live(box: HTMLElement): void {
  if (box.dataset['kind'] !== 'error') setTimeout(() => box.remove(), Number(box.dataset['life'] ?? LIFE));
}

export function installToasts(root: Document): void {
  root.querySelectorAll<HTMLElement>('[data-toast]').forEach(live);
  root.addEventListener('click', (event) => {
    const close = (event.target as Element).closest('[data-close-toast]');
    close?.closest('[data-toast]')?.remove();
  });
  root.addEventListener('dg:toast', (event) => toast((event as CustomEvent<Toast>).detail));
}
