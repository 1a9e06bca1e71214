// <dg-images>: pictures are made smaller and get their watermark here, on a canvas, before they are sent.
import { locale, t } from '../../shell/words.ts';
import { send, type Stored } from './send.ts';
import './viewer.ts';
import { marked, shownText } from './watermark.ts';

const KEPT = new Set(['image/png', 'image/gif', 'image/webp', 'image/jpeg']);
const FRESH = 10 * 60_000;

/** Whether the browser opens the camera itself for an input with `capture`: phones do, computers show files. */
const opensCamera = (): boolean => 'capture' in document.createElement('input');

export class ImagesInput extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('change', (event) => {
      const input = event.target as HTMLInputElement;
      if (input.type !== 'file') return;
      event.stopPropagation();
      const files = [...(input.files ?? [])].slice(0, Math.max(0, this.most - this.files.length));
      input.value = '';
      // some phones offer the album all the same: an older picture is none that was taken now
      const old = this.camera !== undefined && files.some((one) => Date.now() - one.lastModified > FRESH);
      if (old) this.wrong(t('Take the picture with the camera'));
      else void this.addAll(files, this.camera === undefined ? 'file' : 'camera');
    });
    this.addEventListener('click', (event) => {
      const target = event.target as Element;
      if (this.camera !== undefined && !opensCamera() && target.closest('[data-add-picture]')) {
        event.preventDefault();
        return void this.photograph();
      }
      const item = (event.target as Element).closest('[data-remove-picture]')?.closest<HTMLElement>('li');
      if (!item) return;
      this.files = this.files.filter((one) => String(one.id) !== item.dataset.id);
      item.remove();
      this.settle();
    });
    this.settle(false);
  }

  /** The label where pictures come from the camera alone. */
  private get camera(): string | undefined {
    return this.dataset.camera;
  }

  private async photograph(): Promise<void> {
    const { photograph } = await import('../camera/photo.ts');
    const file = await photograph(this.camera ?? '');
    if (file) await this.addAll([file], 'camera');
    this.querySelector<HTMLInputElement>('input[type=file]')?.focus();
  }

  private get hidden_(): HTMLInputElement {
    return this.querySelector<HTMLInputElement>('input[type=hidden]')!;
  }

  private get files(): Stored[] {
    return JSON.parse(this.hidden_.value || '[]') as Stored[];
  }

  private set files(files: Stored[]) {
    this.hidden_.value = files.length ? JSON.stringify(files) : '';
  }

  private get most(): number {
    return Number(this.dataset.max ?? 9);
  }

  private settle(tell = true): void {
    const files = this.files;
    this.dataset.value = JSON.stringify(files.map((one) => one.name));
    const add = this.querySelector<HTMLElement>('[data-add-picture]');
    if (add) add.hidden = files.length >= this.most;
    if (tell) this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
  }

  private async addAll(files: File[], source: string): Promise<void> {
    const where = this.marks.includes('place') || this.dataset.watermarkText?.includes('{place}') ? await place() : null;
    for (const file of files) await this.add(file, where, source);
  }

  private get marks(): string[] {
    return (this.dataset.watermark ?? '').split(' ').filter(Boolean);
  }

  private wrong(text: string): void {
    const item = document.createElement('li');
    item.className = 'dg-thumb-wrong';
    item.setAttribute('role', 'alert');
    const said = document.createElement('span');
    said.className = 'text-danger';
    said.textContent = text;
    item.append(said);
    this.querySelector('[data-pictures]')?.append(item);
    setTimeout(() => item.remove(), 8000);
  }

  private async add(file: File, where: string | null, source: string): Promise<void> {
    const item = document.createElement('li');
    const bar = document.createElement('progress');
    bar.className = 'dg-progress';
    item.append(bar);
    this.querySelector('[data-pictures]')?.append(item);
    try {
      const [blob, name] = await this.prepared(file, where);
      const stored = await send(blob, name, (share) => {
        bar.value = share;
      });
      this.files = [...this.files, { ...stored, source }];
      item.dataset.id = String(stored.id);
      item.replaceChildren(...thumb(stored, blob));
      this.settle();
    } catch (error) {
      item.remove();
      this.wrong(`${file.name}: ${(error as Error).message}`);
    }
  }

  /** The picture as it is sent: as it is where it is small and needs no watermark, else drawn anew. */
  private async prepared(file: File, where: string | null): Promise<[Blob, string]> {
    if (!KEPT.has(file.type)) throw new Error(t('This is not a picture that browsers show'));
    const side = Number(this.dataset.side ?? 2560);
    const picture = await createImageBitmap(file).catch(() => {
      throw new Error(t('This is not a picture that browsers show'));
    });
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const lines = this.lines(where);
    if (lines.length === 0 && (scale === 1 || file.type === 'image/gif')) return [file, file.name];
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext('2d')!;
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    if (lines.length) marked(pen, canvas, lines);
    const kind = file.type === 'image/png' ? 'image/png' : 'image/jpeg';
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, kind, 0.85));
    if (!blob) throw new Error(t('The file could not be stored'));
    return [blob, file.name.replace(/\.\w+$/, '') + (kind === 'image/png' ? '.png' : '.jpg')];
  }

  private lines(where: string | null): string[] {
    const now = new Date();
    const made: Record<string, () => string> = {
      user: () => this.dataset.user ?? '',
      date: () => now.toLocaleDateString(locale(), { dateStyle: 'medium' }),
      time: () => now.toLocaleTimeString(locale(), { timeStyle: 'medium' }),
      place: () => where ?? t('Place unknown'),
      form: () => this.dataset.form ?? '',
    };
    const lines = this.marks.map((one) => (one === 'time' ? `${made['date']!()} ${made['time']!()}` : (made[one]?.() ?? '')));
    const text = (this.dataset.watermarkText ?? '').replace(/\{([^{}]*)\}/g, (_, name: string) => made[name.trim()]?.() ?? shownText(this, name.trim()));
    return [...lines, text.trim()].filter(Boolean);
  }
}

function thumb(stored: Stored, blob: Blob): HTMLElement[] {
  const link = document.createElement('a');
  link.href = `/files/${stored.id}`;
  link.dataset.view = stored.name;
  const picture = document.createElement('img');
  picture.src = URL.createObjectURL(blob);
  picture.alt = stored.name;
  picture.addEventListener('load', () => URL.revokeObjectURL(picture.src));
  link.append(picture);
  const remove = document.createElement('button');
  remove.type = 'button';
  remove.className = 'dg-tool';
  remove.dataset.removePicture = '';
  remove.setAttribute('aria-label', t('Remove {title}', { title: stored.name }));
  remove.textContent = '×';
  return [link, remove];
}

function place(): Promise<string | null> {
  return new Promise((done) => {
    if (!('geolocation' in navigator)) return done(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done(`${coords.longitude.toFixed(5)}, ${coords.latitude.toFixed(5)}`),
      () => done(null),
      { enableHighAccuracy: true, timeout: 8000, maximumAge: 60_000 },
    );
  });
}

if (!customElements.get('dg-images')) customElements.define('dg-images', ImagesInput);
