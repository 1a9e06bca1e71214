// <dg-link>: a record of one of several forms. A list of forms beside the picker; it searches the form that is chosen.

interface Picker extends HTMLElement { chosen(): { id: number | string }[]; clear(): void }

export class FormLink extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector<HTMLSelectElement>('.dg-link-form')!;
    const picker = this.querySelector<Picker>('dg-picker')!;
    form.addEventListener('change', () => {
      picker.clear();
      picker.dataset.form = form.value;
      this.tell(form, picker);
      picker.querySelector<HTMLInputElement>('input[role=combobox]')?.focus();
    });
    picker.addEventListener('dg:picked', (event) => {
      event.stopPropagation(); // the picker holds an id only; what the form reads is the value of this element
      this.tell(form, picker);
    });
  }

  private tell(form: HTMLSelectElement, picker: Picker): void {
    const one = picker.chosen()[0];
    this.dataset.value = JSON.stringify(one ? `${form.value}:${one.id}` : null);
    this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }
}

customElements.define('dg-link', FormLink);
