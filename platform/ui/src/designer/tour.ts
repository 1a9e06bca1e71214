// A way round the designer for those who are new: six steps beside what they are about, to be left at every one. It is
// offered once on the page of the form and stays in the menu; whoever left it is not asked again.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { t } from '../shell/words.ts';

const SEEN = 'dg-tour-designer';

const STEPS: [string, () => string, () => string][] = [
  ['.dz-palette', () => t('Fields'), () => t('Drag a kind of field onto the form, or choose it and press Enter.')],
  ['.dz-canvas', () => t('The form'), () => t('Fields stand as people will meet them. Drag them, or move them with Alt and the arrows; “?” lists all keys.')],
  ['.dz-panel', () => t('Properties'), () => t('What is chosen is set here. A “?” tells what each setting does.')],
  ['.dz-views', () => t('Rules and trial'), () => t('Rules show, require or refuse. In the trial you fill the form in as somebody else.')],
  ['.dz-state', () => t('Saved by itself'), () => t('Everything is a draft and saved at once. Ctrl Z takes back, also after a reload.')],
  ['dg-publish, .dz-publish', () => t('Publish'), () => t('You see what changes before anybody meets it, and can take it back.')],
];

const remembered = (): boolean => {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return true;
  }
};

export class DgTour extends LitElement {
  static override properties = { step: { state: true }, asked: { state: true } };

  declare step: number;
  declare asked: boolean;

  constructor() {
    super();
    this.step = -1;
    this.asked = remembered();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Begins the tour, also for those who saw it. */
  start(): void {
    this.go(0);
  }

  private go(step: number): void {
    document.querySelectorAll('.dz-tour-at').forEach((one) => one.classList.remove('dz-tour-at'));
    this.step = step < STEPS.length ? step : -1;
    if (this.step < 0) return this.leave();
    const [place] = STEPS[this.step]!;
    const found = document.querySelector<HTMLElement>(place);
    found?.classList.add('dz-tour-at');
    found?.scrollIntoView({ block: 'nearest' });
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('.dz-tour-next')?.focus());
  }

  private leave(): void {
    document.querySelectorAll('.dz-tour-at').forEach((one) => one.classList.remove('dz-tour-at'));
    this.step = -1;
    this.asked = true;
    try {
      localStorage.setItem(SEEN, '1');
    } catch {
      // a browser that keeps nothing asks again
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    const step = STEPS[this.step];
    if (step) {
      return html`<section class="dz-tour" role="dialog" aria-label=${t('A way round')} @keydown=${(event: KeyboardEvent) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          this.leave();
        }}>
        <p class="dz-tour-count">${t('{n} of {all}', { n: this.step + 1, all: STEPS.length })}</p><h2>${step[1]()}</h2><p>${step[2]()}</p>
        <div class="dz-tour-ways"><button type="button" class="btn btn-quiet" @click=${() => this.leave()}>${t('Skip')}</button>
          ${this.step > 0 ? html`<button type="button" class="btn btn-plain" @click=${() => this.go(this.step - 1)}>${t('Back')}</button>` : nothing}
          <button type="button" class="btn btn-primary dz-tour-next" @click=${() => this.go(this.step + 1)}>${this.step + 1 < STEPS.length ? t('Next') : t('Finish')}</button></div>
      </section>`;
    }
    return this.asked ? nothing : html`<p class="dz-tour-offer"><span>${t('New here?')}</span><button type="button" class="btn btn-quiet" @click=${() => this.start()}>${t('Show me round')}</button><button type="button" class="btn btn-quiet" @click=${() => this.leave()}>${t('Not now')}</button></p>`;
  }
}
