// A page with changes asks before it is left; a form is sent once however often the button is pressed.
export function installGuard(form: HTMLFormElement): void {
  let changed = document.querySelector('[data-error-summary]') !== null;
  let sending = false;
  form.addEventListener('input', () => {
    changed = true;
  });
  form.addEventListener('dg:changed', () => {
    changed = true;
  });
  form.addEventListener('submit', (event) => {
    if (sending) event.preventDefault();
    sending = true;
    for (const button of form.querySelectorAll<HTMLButtonElement>('.dg-form-foot button')) button.setAttribute('aria-disabled', 'true');
  });
  addEventListener('pageshow', () => {
    sending = false;
  });
  addEventListener('beforeunload', (event) => {
    if (changed && !sending) event.preventDefault();
  });
  form.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && (event.key === 's' || event.key === 'Enter')) {
      event.preventDefault();
      const save = form.querySelector<HTMLButtonElement>('[data-save]');
      if (!save?.disabled) form.requestSubmit(save ?? undefined);
    } else if (event.key === 'Enter' && event.target instanceof HTMLInputElement && event.target.type !== 'submit') {
      event.preventDefault(); // a half-filled record is not sent by a slip of the finger
    }
  });
}
