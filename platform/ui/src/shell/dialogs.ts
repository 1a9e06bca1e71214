// Dialogs: `#dg-modal` shows fetched fragments, `#dg-confirm` asks before something that cannot be taken back.
//   <button hx-get="/x" hx-target="#dg-modal-body">         opens when the fragment arrives
//   HX-Trigger: dg:close-modal                              closes it
//   <form data-confirm="Delete?" data-confirm-label="Delete">, <button hx-delete hx-confirm="Delete?">   ask first
interface Confirm extends Event {
  detail: { ctx?: { sourceElement?: Element; confirm?: string }; issueRequest?: (skip?: boolean) => void; dropRequest?: () => void };
}

const modal = (): HTMLDialogElement | null => document.querySelector('#dg-modal');

/** Asks; the promise tells whether the person goes on. */
export function ask(text: string, label?: string): Promise<boolean> {
  const dialog = document.querySelector<HTMLDialogElement>('#dg-confirm');
  const words = dialog?.querySelector('#dg-confirm-text');
  const yes = dialog?.querySelector<HTMLButtonElement>('[data-confirm-yes]');
  if (!dialog || !words || !yes) return Promise.resolve(window.confirm(text));
  words.textContent = text;
  yes.dataset['usual'] ??= yes.textContent ?? '';
  yes.textContent = label || yes.dataset['usual'];
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

export function closeModal(): void {
  modal()?.close();
}

function confirmRequest(event: Event): void {
  const { detail } = event as Confirm;
  const source = detail.ctx?.sourceElement;
  const text = source?.getAttribute('hx-confirm') ?? detail.ctx?.confirm;
  if (!text) return;
  event.preventDefault();
  void ask(text, source?.getAttribute('data-confirm-label') ?? undefined).then((yes) => {
    if (yes) detail.issueRequest?.(true);
    else detail.dropRequest?.();
  });
}

function confirmForm(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const asker = event.submitter?.matches('[data-confirm]') ? event.submitter : form;
  const text = asker.getAttribute('data-confirm');
  if (!text || form.dataset['confirmed']) return;
  event.preventDefault();
  void ask(text, asker.getAttribute('data-confirm-label') ?? undefined).then((yes) => {
    if (!yes) return;
    form.dataset['confirmed'] = 'yes';
    form.requestSubmit(event.submitter);
    delete form.dataset['confirmed'];
  });
}

export function installDialogs(root: Document): void {
  root.addEventListener('htmx:after:swap', () => {
    const dialog = modal();
    const body = document.getElementById('dg-modal-body');
    if (!dialog || dialog.open || !body?.childElementCount || body.dataset['shown'] === body.innerHTML) return;
    dialog.showModal();
    const first = body.querySelector<HTMLElement>('[autofocus], input:not([type=hidden]), select, textarea');
    first?.focus();
  });
  modal()?.addEventListener('close', () => {
    const body = document.getElementById('dg-modal-body');
    body?.replaceChildren();
    // The messages go back to the page.
    const toasts = document.getElementById('dg-toasts');
    if (toasts) document.body.append(toasts);
  });
  root.addEventListener('click', (event) => {
    const target = event.target as Element;
    if (target.closest('[data-close-dialog]')) target.closest('dialog')?.close();
    // A click on the veil closes: it is on the dialog itself, outside its box.
    if (target instanceof HTMLDialogElement && target.matches('.dg-palette')) target.close();
  });
  root.addEventListener('dg:close-modal', closeModal);
  root.addEventListener('htmx:confirm', confirmRequest);
  root.addEventListener('submit', confirmForm);
}
