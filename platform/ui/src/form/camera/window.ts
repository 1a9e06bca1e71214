// The window around the camera: its picture, tools for light and for turning, a line of words, room for what else is needed.
import { t } from '../../shell/words.ts';
import { button, made, windowOver } from '../elements.ts';
import { Camera } from './stream.ts';
import './camera.scss';

export class CameraWindow {
  readonly dialog: HTMLDialogElement;
  readonly video = made('video');
  readonly stage = made('div', 'dg-camera-stage');
  readonly said = made('p', 'dg-camera-said');
  readonly below = made('div', 'dg-camera-below');
  readonly camera = new Camera(this.video);
  /** Whether the camera shows a picture. */
  live = false;
  private tools = made('div', 'dg-camera-tools');

  constructor(title: string, closed: () => void) {
    this.dialog = windowOver('dg-camera', title, document.activeElement as HTMLElement | null, () => {
      this.camera.close();
      closed();
    });
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.setAttribute('aria-label', t('What the camera sees'));
    this.said.setAttribute('role', 'status');
    this.stage.append(this.video, this.tools);
    this.dialog.append(this.stage, this.said, this.below);
  }

  async show(): Promise<void> {
    document.body.append(this.dialog);
    this.dialog.showModal();
    await this.start(() => this.camera.open());
  }

  say(text: string, kind: 'plain' | 'good' | 'wrong' = 'plain'): void {
    this.said.textContent = text;
    this.said.dataset.kind = kind;
  }

  private async start(open: () => Promise<void>): Promise<void> {
    this.live = false;
    this.stage.dataset.state = 'opening';
    try {
      await open();
      if (!this.dialog.isConnected) return this.camera.close(); // closed while the browser was still asking
      this.live = true;
      this.stage.dataset.state = 'live';
    } catch (error) {
      this.stage.dataset.state = 'none';
      this.say((error as Error).message, 'wrong');
    }
    this.drawTools();
    this.dialog.dispatchEvent(new CustomEvent('dg:camera'));
  }

  private drawTools(): void {
    this.tools.replaceChildren();
    if (!this.live) {
      this.tools.append(button(t('Try again'), 'btn', () => {
        this.say('');
        void this.start(() => this.camera.open());
      }));
      return;
    }
    if (this.camera.hasTorch) {
      const light = button(t('Light'), 'btn btn-sm', () => {
        const on = light.getAttribute('aria-pressed') !== 'true';
        light.setAttribute('aria-pressed', String(on));
        void this.camera.light(on);
      });
      light.setAttribute('aria-pressed', 'false');
      this.tools.append(light);
    }
    if (this.camera.several) this.tools.append(button(t('Other camera'), 'btn btn-sm', () => void this.start(() => this.camera.turn())));
  }
}
