// The window that takes a picture with the camera of the device, looked at before it is used.
import { t } from '../../shell/words.ts';
import { button, made } from '../elements.ts';
import { CameraWindow } from './window.ts';

/** The picture that was taken; null where the person left without one. */
export function photograph(title: string): Promise<File | null> {
  return new Promise((done) => {
    let taken: File | null = null;
    const window = new CameraWindow(title, () => {
      if (shown.src) URL.revokeObjectURL(shown.src);
      done(taken);
    });
    const shown = made('img');
    shown.hidden = true;
    shown.alt = t('The picture that was taken');
    window.stage.append(shown);
    const shoot = button(t('Take the picture'), 'btn btn-primary', () => {
      void shot(window.video).then((file) => {
        if (!file) return window.say(t('The camera cannot be opened'), 'wrong');
        taken = file;
        if (shown.src) URL.revokeObjectURL(shown.src);
        shown.src = URL.createObjectURL(file);
        look(true);
        use.focus();
      });
    });
    const use = button(t('Use this picture'), 'btn btn-primary', () => window.dialog.close());
    const again = button(t('Take another'), 'btn btn-plain', () => {
      taken = null;
      look(false);
      shoot.focus();
    });
    const look = (at: boolean): void => {
      shown.hidden = !at;
      window.video.hidden = at;
      shoot.hidden = at;
      use.hidden = again.hidden = !at;
    };
    window.dialog.addEventListener('cancel', () => {
      taken = null;
    });
    window.dialog.querySelector('header .dg-tool')!.addEventListener('click', () => {
      taken = null;
    }, true);
    window.dialog.addEventListener('dg:camera', () => {
      shoot.disabled = !window.live;
      if (window.live) shoot.focus();
    });
    shoot.disabled = true;
    window.below.append(shoot, use, again);
    look(false);
    void window.show();
  });
}

async function shot(video: HTMLVideoElement): Promise<File | null> {
  if (!video.videoWidth) return null;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.92));
  return blob && new File([blob], 'photo.jpg', { type: 'image/jpeg' });
}
