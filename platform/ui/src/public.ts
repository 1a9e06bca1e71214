// Public pages: live formulas and rules of the form, a draft in the browser, choices of relations.
// Nothing here knows an address of the workspace but those of the page itself.
import './form/fields/index.ts';
import { installScanning } from './form/camera/button.ts';
import { installLive } from './form/live.ts';
import { installRows } from './form/rows.ts';
import { Draft } from './public/draft.ts';
import './public/pick.ts';

const form = document.querySelector<HTMLFormElement>('#dg-form');
document.querySelector<HTMLElement>('[data-error-summary]')?.focus();
if (form) {
  installRows(form);
  installLive(form);
  installScanning(document);
  if (form.dataset.draft) new Draft(form, form.dataset.draft).start();
  let sending = false;
  form.addEventListener('submit', (event) => {
    if (sending) event.preventDefault();
    sending = true;
    form.querySelector('[data-save]')?.setAttribute('aria-disabled', 'true');
  });
  addEventListener('pageshow', () => {
    sending = false;
    form.querySelector('[data-save]')?.removeAttribute('aria-disabled');
  });
}
document.addEventListener('change', (event) => {
  const input = event.target as HTMLInputElement;
  const words = input.type === 'file' ? input.closest('.dg-pick')?.querySelector('[data-picked]') : null;
  if (words) words.textContent = [...(input.files ?? [])].map((file) => file.name).join(', ');
});
const sent = document.querySelector<HTMLElement>('[data-sent]')?.dataset.sent;
if (sent) Draft.forget(sent);
for (const link of document.querySelectorAll<HTMLAnchorElement>('[data-lang]')) {
  const query = new URLSearchParams(location.search);
  query.set('lang', link.lang);
  link.href = `?${query}`;
}
