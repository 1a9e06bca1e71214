// The camera of the device: opened, turned, lit and let go. What went wrong is said so that a person knows what to do.
import { t } from '../../shell/words.ts';

interface Lit extends MediaTrackCapabilities { torch?: boolean }

export class Camera {
  private stream: MediaStream | null = null;
  private cameras: string[] = [];
  private chosen: string | null = null;

  constructor(private video: HTMLVideoElement) {}

  /** Show what the camera sees: the one at the back where there are several. Throws an `Error` with a sentence. */
  async open(): Promise<void> {
    this.close();
    if (!navigator.mediaDevices?.getUserMedia) throw new Error(t('The browser gives the camera only to pages with https'));
    const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
    const video = this.chosen ? { deviceId: { exact: this.chosen }, ...size } : { facingMode: { ideal: 'environment' }, ...size };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      throw new Error(trouble((error as DOMException).name));
    }
    this.video.srcObject = this.stream;
    await this.video.play().catch(() => undefined);
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.cameras = devices.filter((one) => one.kind === 'videoinput' && one.deviceId).map((one) => one.deviceId);
    this.chosen = this.track?.getSettings().deviceId ?? this.chosen;
  }

  close(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  private get track(): MediaStreamTrack | undefined {
    return this.stream?.getVideoTracks()[0];
  }

  get several(): boolean {
    return this.cameras.length > 1;
  }

  async turn(): Promise<void> {
    const here = this.chosen === null ? -1 : this.cameras.indexOf(this.chosen);
    this.chosen = this.cameras[(here + 1) % this.cameras.length] ?? null;
    await this.open();
  }

  get hasTorch(): boolean {
    return (this.track?.getCapabilities?.() as Lit | undefined)?.torch === true;
  }

  async light(on: boolean): Promise<void> {
    await this.track?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] }).catch(() => undefined);
  }
}

function trouble(name: string): string {
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return t('The camera may not be used here. Allow it in the settings of the browser for this page, then try again.');
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return t('This device has no camera');
  if (name === 'NotReadableError' || name === 'AbortError') return t('The camera is used by another program');
  return t('The camera cannot be opened');
}
