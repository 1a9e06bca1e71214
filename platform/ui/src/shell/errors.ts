import { t } from './words.ts';
import { toast } from './toasts.ts';

/** Puts the cursor into the first wrong field, else on the summary. */
export function focusFirstError(root: ParentNode): void {
  const field = root.querySelector<HTMLElement>('.is-invalid:not([type=hidden]):not([disabled])');
  const summary = root.querySelector<HTMLElement>('[data-error-summary]');
  (field ?? summary)?.focus({ preventScroll: false });
}

function jump(event: Event): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>('[data-error-summary] a[href^="#"]');
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  field.scrollIntoView({ block: 'center' });
  field.focus();
}

export function installErrors(root: Document): void {
  focusFirstError(root);
  root.addEventListener('click', jump);
  root.addEventListener('htmx:after:swap', () => {
    const summary = document.querySelector('[data-error-summary]:not([data-seen])');
    if (summary) {
      summary.setAttribute('data-seen', '');
      focusFirstError(document);
    }
  });
  root.addEventListener('htmx:error', (event) => {
    const { error } = (event as CustomEvent<{ error?: { name?: string } }>).detail ?? {};
    if (error?.name === 'AbortError') return;
    if (!navigator.onLine || error?.name === 'TypeError') toast({ text: t('The server cannot be reached; nothing was saved'), kind: 'error' });
  });
  // A second click on the button of a form that is on its way does nothing.
  root.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    if (form.method !== 'post' || event.defaultPrevented || [...form.attributes].some(({ name }) => name.startsWith('hx-'))) return;
    if (form.dataset['sent']) event.preventDefault();
    form.dataset['sent'] = 'yes';
    setTimeout(() => delete form.dataset['sent'], 8000);
  });
}
