// Elements without a framework.
import { t } from '../shell/words.ts';

export function made<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', text = ''): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function button(text: string, className: string, press: () => void): HTMLButtonElement {
  const element = made('button', className, text);
  element.type = 'button';
  element.addEventListener('click', press);
  return element;
}

/** A window over a form, under a title with a cross. When it is closed it is gone and the keyboard is at `back` again. */
export function windowOver(className: string, title: string, back: HTMLElement | null, closed = (): void => undefined): HTMLDialogElement {
  const dialog = made('dialog', className);
  const head = made('header', 'dg-dialog-head');
  const name = made('h2', '', title);
  name.id = 'dg-window-title';
  dialog.setAttribute('aria-labelledby', name.id);
  const close = button('×', 'dg-tool', () => dialog.close());
  close.setAttribute('aria-label', t('Close'));
  head.append(name, close);
  dialog.append(head);
  dialog.addEventListener('close', () => {
    dialog.remove();
    back?.focus();
    closed();
  });
  // what happens in here is no business of the form around
  for (const event of ['input', 'change', 'submit', 'keydown', 'paste']) dialog.addEventListener(event, (one) => one.stopPropagation());
  return dialog;
}
