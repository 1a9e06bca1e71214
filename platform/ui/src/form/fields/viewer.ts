// A picture at full size over the page: a link with `data-view`. Arrow keys move among the pictures of one field.
import { t } from '../../shell/words.ts';

document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-view]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  view(link);
}, true);

function view(link: HTMLAnchorElement): void {
  const all = [...(link.closest('.dg-thumbs')?.querySelectorAll<HTMLAnchorElement>('a[data-view]') ?? [link])];
  let here = all.indexOf(link);
  const dialog = document.createElement('dialog');
  dialog.className = 'dg-viewer';
  const picture = document.createElement('img');
  const name = document.createElement('span');
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'dg-tool';
  close.textContent = '×';
  close.setAttribute('aria-label', t('Close'));
  const head = document.createElement('div');
  head.append(name, close);
  dialog.append(head, picture);
  const show = (to: number): void => {
    here = (to + all.length) % all.length;
    const title = all[here]!.dataset.view ?? '';
    picture.src = all[here]!.href;
    picture.alt = title;
    name.textContent = all.length > 1 ? `${title} (${here + 1}/${all.length})` : title;
  };
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowRight') show(here + 1);
    if (event.key === 'ArrowLeft') show(here - 1);
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === picture && all.length > 1) show(here + 1);
    else if (event.target !== name) dialog.close();
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  show(here);
  dialog.showModal();
}
