// The button above a sub-form that opens its picker; the dialog itself is loaded when somebody wants it.
import { RowTable } from './table.ts';

export function installChoosing(form: HTMLFormElement): void {
  form.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>('[data-choose-rows]');
    const holder = button?.closest<HTMLElement>('[data-subform]');
    if (!button || !holder || button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    void import('./choose/dialog.ts')
      .then(({ ChooseDialog }) => new ChooseDialog(form, RowTable.of(holder), button).open())
      .finally(() => button.removeAttribute('aria-busy'));
  });
}
