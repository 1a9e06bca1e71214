// The form of the draft as somebody else would meet it: the real page in a frame. Nothing can be saved there.
import { html, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { t } from '../shell/words.ts';
import { icon, type Bench } from './bench.ts';

let who = 0;
let round = 0;

export function tryOut(bench: Bench): TemplateResult {
  const { boot } = bench;
  const person = who || boot.me;
  const url = `/design/${boot.app}/form/${boot.form}/try?as=${person}&round=${round}`;
  const again = async (): Promise<void> => {
    await bench.saver.flush();
    round += 1;
    bench.requestUpdate();
  };
  return html`<div class="dz-canvas dz-try ${bench.phone ? 'dz-is-phone' : ''}" tabindex="-1">
    <div class="dz-try-bar">
      ${icon('eye', 'sm')}<label for="dz-try-who">${t('Fill it in with the eyes of')}</label>
      <select class="form-select" id="dz-try-who" @change=${(event: Event) => {
        who = Number((event.target as HTMLSelectElement).value);
        bench.requestUpdate();
      }}>${boot.members.map((one) => html`<option value=${one.id} ?selected=${one.id === person}>${one.id === boot.me ? t('{name} (I)', { name: one.name }) : one.name}</option>`)}</select>
      <span class="dz-try-note">${t('A trial of the draft: nothing is saved.')}</span>
      <button type="button" class="btn btn-quiet" @click=${() => void again()}>${icon('refresh', 'sm')}${t('Begin anew')}</button>
    </div>
    ${bench.saver.state === 'saved' ? frame(url) : html`<p class="dz-hint" role="status">${['failed', 'conflict'].includes(bench.saver.state) ? t('The trial begins when everything is saved.') : t('Saving…')}</p>`}
  </div>`;
}

/** A frame of its own for every round and pair of eyes: what stood there before is gone at once, not when the next page is there. */
const frame = (url: string): TemplateResult => html`${keyed(url, html`<iframe class="dz-try-frame" title=${t('Trial of the form')} src=${url}></iframe>`)}`;

/** The frame shows the draft anew when one comes back to it. */
export function freshTrial(): void {
  round += 1;
}
