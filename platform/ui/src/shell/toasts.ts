import { t } from './words.ts';

const LIFE = 5000;

export interface Toast {
  text: string;
  kind?: 'success' | 'info' | 'warning' | 'error';
  /** The number of an action that may be taken back: a button offers it for ten seconds. */
  undo?: number;
}

/** Shows a short message; errors stay until they are closed. */
export function toast({ text, kind = 'success', undo }: Toast): void {
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
  if (undo) {
    box.dataset['life'] = '10000';
    words?.after(undoing(undo));
  }
  // The dialog on top would hide it.
  (document.querySelector('dialog[open]') ?? document.body).append(place);
  place.append(box);
  live(box);
}

function undoing(action: number): HTMLElement {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = `/account/recent/${action}/undo`;
  const token = document.createElement('input');
  Object.assign(token, { type: 'hidden', name: 'csrf_token', value: document.body.dataset['csrf'] ?? '' });
  const button = document.createElement('button');
  button.className = 'btn btn-sm btn-plain';
  button.textContent = t('Undo');
  form.append(token, button);
  return form;
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
