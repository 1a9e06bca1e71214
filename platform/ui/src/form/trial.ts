// In a trial of the designer the page asks for the form of the draft, with the eyes of who tries it: every request says so.
// Nothing is saved, which the designer around it tells whoever tries to.
import { t } from '../shell/words.ts';
import type { Toast } from '../shell/toasts.ts';

const tried = document.documentElement.dataset['trial'];
if (tried) {
  const plain = window.fetch.bind(window);
  window.fetch = (address, how = {}) => {
    const headers = new Headers(how.headers);
    headers.set('X-Trial', tried);
    return plain(address, { ...how, headers });
  };
  document.addEventListener('submit', (event) => {
    event.preventDefault();
    event.stopPropagation();
    const detail: Toast = { text: t('A trial: nothing is saved. The rules work as they will.'), kind: 'info' };
    window.parent.document.dispatchEvent(new CustomEvent('dg:toast', { detail }));
  }, true);
}
