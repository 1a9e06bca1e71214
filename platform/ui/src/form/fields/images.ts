// <dg-images>: pictures are made smaller and get their watermark here, on a canvas, before they are sent.
import { locale, t } from '../../shell/words.ts';
import { send, type Stored } from './send.ts';
import './viewer.ts';

const KEPT = new Set(['image/png', 'image/gif', 'image/webp', 'image/jpeg']);

export class ImagesInput extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('change', (event) => {
      const input = event.target as HTMLInputElement;
      if (input.type !== 'file') return;
      event.stopPropagation();
      const files = [...(input.files ?? [])].slice(0, Math.max(0, this.most - this.files.length));
      input.value = '';
      void this.addAll(files);
    });
    this.addEventListener('click', (event) => {
      const item = (event.target as Element).closest('[data-remove-picture]')?.closest<HTMLElement>('li');
      if (!item) return;
      this.files = this.files.filter((one) => String(one.id) !== item.dataset.id);
      item.remove();
      this.settle();
    });
    this.settle(false);
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

  private async addAll(files: File[]): Promise<void> {
    const where = this.marks.includes('place') ? await place() : null;
    for (const file of files) await this.add(file, where);
  }

  private get marks(): string[] {
    return (this.dataset.watermark ?? '').split(' ').filter(Boolean);
  }

  private async add(file: File, where: string | null): Promise<void> {
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
      this.files = [...this.files, stored];
      item.dataset.id = String(stored.id);
      item.replaceChildren(...thumb(stored, blob));
      this.settle();
    } catch (error) {
      const text = document.createElement('span');
      text.className = 'text-danger';
      text.textContent = `${file.name}: ${(error as Error).message}`;
      item.className = 'dg-thumb-wrong';
      item.replaceChildren(text);
      setTimeout(() => item.remove(), 8000);
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
    if (lines.length) watermark(pen, canvas, lines);
    const kind = file.type === 'image/png' ? 'image/png' : 'image/jpeg';
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, kind, 0.85));
    if (!blob) throw new Error(t('The file could not be stored'));
    return [blob, file.name.replace(/\.\w+$/, '') + (kind === 'image/png' ? '.png' : '.jpg')];
  }

  private lines(where: string | null): string[] {
    const made: Record<string, () => string> = {
      user: () => this.dataset.user ?? '',
      time: () => new Date().toLocaleString(locale(), { dateStyle: 'medium', timeStyle: 'medium' }),
      place: () => where ?? t('Place unknown'),
    };
    return this.marks.map((one) => made[one]?.() ?? '').filter(Boolean);
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

/** Lines in the lower left corner, white on a dark band, large enough to read on the whole picture. */
function watermark(pen: CanvasRenderingContext2D, canvas: HTMLCanvasElement, lines: string[]): void {
  const size = Math.max(12, Math.round(Math.min(canvas.width, canvas.height) / 28));
  const gap = Math.round(size * 0.5);
  pen.font = `${size}px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif`;
  const height = lines.length * size + (lines.length + 1) * gap;
  const width = Math.min(canvas.width, Math.max(...lines.map((one) => pen.measureText(one).width)) + 2 * gap);
  pen.fillStyle = 'rgba(0, 0, 0, 0.5)';
  pen.fillRect(0, canvas.height - height, width, height);
  pen.fillStyle = '#fff';
  pen.textBaseline = 'top';
  lines.forEach((line, place) => pen.fillText(line, gap, canvas.height - height + gap + place * (size + gap), canvas.width - 2 * gap));
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
