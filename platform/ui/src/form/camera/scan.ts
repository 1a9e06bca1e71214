// The window that reads codes. Each code is taken once, and again when it was away for a moment; where a camera is missing
// or refused the code is typed, and readers that act as a keyboard work the same way.
import { t } from '../../shell/words.ts';
import { button, made } from '../elements.ts';
import { CameraWindow } from './window.ts';
import { reader, type Read } from './reader.ts';

const PAUSE = 90;
const AWAY = 500;

/** What became of a code: words for the person; `done` closes the window. */
export interface Taken { text: string; good: boolean; done?: boolean; undo?: () => void }
export type Take = (code: string) => Promise<Taken>;

export async function scan(title: string, take: Take, many = false): Promise<void> {
  await new Promise<void>((closed) => {
    void new Scanner(title, take, many, closed).start();
  });
}

class Scanner {
  private window: CameraWindow;
  private seen = new Map<string, number>();
  private busy = false;
  private over = false;
  private list = made('ul', 'dg-camera-count');
  private sound: AudioContext | null = null;

  constructor(title: string, private take: Take, private many: boolean, private closed: () => void) {
    this.window = new CameraWindow(title, () => this.end());
    this.window.stage.classList.add('dg-camera-aim');
    this.window.below.append(this.typing());
    if (many) this.window.below.append(button(t('Finish'), 'btn btn-primary', () => this.window.dialog.close()), this.list);
  }

  private typing(): HTMLElement {
    const form = made('form');
    const input = made('input', 'form-control');
    input.setAttribute('aria-label', t('Code'));
    input.placeholder = t('Or type the code');
    input.autocomplete = 'off';
    input.maxLength = 500;
    const use = made('button', 'btn btn-plain', t('Use it'));
    form.append(input, use);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const code = input.value.trim();
      input.value = '';
      if (code) void this.found(code);
    });
    return form;
  }

  async start(): Promise<void> {
    this.sound = typeof AudioContext === 'undefined' ? null : new AudioContext();
    const loading = reader();
    this.window.dialog.addEventListener('dg:camera', () => {
      if (this.window.live) this.window.say(t('Hold the code in the frame'));
    });
    await this.window.show();
    const read = await loading.catch(() => null);
    if (!read) return this.window.say(t('The reader could not be loaded; type the code'), 'wrong');
    this.look(read);
  }

  private look(read: Read): void {
    const again = (): void => {
      if (!this.over) setTimeout(() => void once(), PAUSE);
    };
    const once = async (): Promise<void> => {
      if (this.window.live && !this.busy && !document.hidden) {
        const code = await read(this.window.video);
        if (code && !this.over) await this.noticed(code);
      }
      again();
    };
    again();
  }

  /** A code that stays in view counts once. */
  private async noticed(code: string): Promise<void> {
    const now = performance.now();
    const last = this.seen.get(code);
    this.seen.set(code, now);
    if (last !== undefined && now - last < AWAY) return;
    await this.found(code);
    this.seen.set(code, performance.now());
  }

  private async found(code: string): Promise<void> {
    this.busy = true;
    this.window.stage.classList.add('dg-camera-found');
    const taken = await this.take(code);
    this.signal(taken.good);
    this.window.say(taken.text, taken.good ? 'good' : 'wrong');
    if (taken.good && this.many) this.count(taken);
    setTimeout(() => this.window.stage.classList.remove('dg-camera-found'), 400);
    this.busy = false;
    if (taken.done) this.window.dialog.close();
  }

  private count(taken: Taken): void {
    const item = made('li', '', taken.text);
    if (taken.undo) {
      const back = button(t('Take back'), 'btn btn-sm btn-quiet', () => {
        taken.undo!();
        item.remove();
      });
      item.append(back);
    }
    this.list.prepend(item);
    while (this.list.children.length > 20) this.list.lastElementChild!.remove();
  }

  private signal(good: boolean): void {
    navigator.vibrate?.(good ? 60 : [60, 60, 60]);
    if (!this.sound) return;
    const tone = this.sound.createOscillator();
    const volume = this.sound.createGain();
    volume.gain.value = 0.08;
    tone.frequency.value = good ? 1320 : 330;
    tone.connect(volume).connect(this.sound.destination);
    tone.start();
    tone.stop(this.sound.currentTime + (good ? 0.09 : 0.25));
  }

  private end(): void {
    this.over = true;
    void this.sound?.close();
    this.closed();
  }
}
