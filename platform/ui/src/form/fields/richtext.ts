// <dg-richtext>: a text area with HTML becomes an editor. The editor itself is loaded when the first one is on a page.
import { setValue } from './value.ts';

export class RichText extends HTMLElement {
  connectedCallback(): void {
    const area = this.querySelector('textarea');
    if (!area) return;
    void import('./editor.ts').then(({ edit }) => {
      if (!this.isConnected || this.querySelector('[contenteditable]')) return;
      edit(this, area, (html) => {
        area.value = html;
        setValue(this, html || null);
      });
    });
  }
}

customElements.define('dg-richtext', RichText);
