// Files are sent as soon as they are chosen; the form carries only what the server gave back for them.
import { t } from '../shell/words.ts';

interface Stored { id: string; name: string; size: number; mime: string }

export function installFiles(form: HTMLFormElement): void {
  form.addEventListener('change', (event) => {
    const input = event.target as HTMLInputElement;
    const holder = input.closest<HTMLElement>('dg-files');
    if (!holder || input.type !== 'file') return;
    for (const file of input.files ?? []) send(form, holder, file);
    input.value = '';
  });
  form.addEventListener('click', (event) => {
    const button = (event.target as Element).closest('[data-remove-file]');
    const item = button?.closest<HTMLElement>('li');
    const holder = button?.closest<HTMLElement>('dg-files');
    if (!item || !holder) return;
    write(holder, read(holder).filter((one) => String(one.id) !== item.dataset.id));
    item.remove();
    form.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  });
}

const field = (holder: HTMLElement): HTMLInputElement => holder.querySelector<HTMLInputElement>('input[type=hidden]')!;
const read = (holder: HTMLElement): Stored[] => JSON.parse(field(holder).value || '[]') as Stored[];
const write = (holder: HTMLElement, files: Stored[]): void => {
  field(holder).value = JSON.stringify(files);
};

function send(form: HTMLFormElement, holder: HTMLElement, file: File): void {
  const item = document.createElement('li');
  const name = document.createElement('span');
  name.textContent = file.name;
  const bar = document.createElement('progress');
  bar.className = 'dg-progress';
  bar.max = 100;
  item.append(name, bar);
  holder.querySelector('.dg-file-list')?.append(item);
  const request = new XMLHttpRequest();
  request.open('POST', '/files');
  request.setRequestHeader('X-CSRFToken', document.body.dataset.csrf ?? '');
  request.setRequestHeader('Accept', 'application/json');
  request.upload.addEventListener('progress', (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  });
  request.addEventListener('loadend', () => {
    bar.remove();
    if (request.status !== 201) {
      name.textContent = `${file.name}: ${problem(request)}`;
      name.className = 'text-danger';
      return;
    }
    const stored = JSON.parse(request.responseText) as Stored;
    write(holder, [...read(holder), stored]);
    item.dataset.id = String(stored.id);
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.className = 'dg-tool';
    remove.dataset.removeFile = '';
    remove.setAttribute('aria-label', t('Remove {title}', { title: file.name }));
    remove.textContent = '×';
    item.append(remove);
    form.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  });
  const data = new FormData();
  data.append('file', file);
  request.send(data);
}

function problem(request: XMLHttpRequest): string {
  try {
    const answer = JSON.parse(request.responseText) as { errors?: { message: string }[]; detail?: string };
    return answer.errors?.[0]?.message ?? answer.detail ?? t('The file could not be stored');
  } catch {
    return t('The file could not be stored');
  }
}
