// <dg-slider>: the number is what counts; the bar beside it is another way to set it.

export class Slider extends HTMLElement {
  connectedCallback(): void {
    const bar = this.querySelector<HTMLInputElement>('input[type=range]');
    const entry = this.querySelector<HTMLInputElement>('input[name]');
    if (!bar || !entry) return;
    bar.addEventListener('input', (event) => {
      event.stopPropagation();
      entry.value = bar.value;
      this.classList.remove('is-blank');
      entry.dispatchEvent(new Event('input', { bubbles: true }));
    });
    entry.addEventListener('input', () => {
      const number = Number(entry.value.normalize('NFKC').replace(/,/g, ''));
      this.classList.toggle('is-blank', entry.value.trim() === '');
      bar.value = entry.value.trim() === '' || Number.isNaN(number) ? bar.min : String(number);
    });
  }
}

customElements.define('dg-slider', Slider);
