import { t } from './words.ts';

const MINUTE = 60_000;

/** Words for an instant less than a day ago; undefined for what does not change while a page is open. */
export function ago(instant: Date, now: Date): string | undefined {
  const minutes = Math.floor((now.getTime() - instant.getTime()) / MINUTE);
  if (minutes < 0 || minutes >= 60) return undefined;
  if (minutes < 1) return t('just now');
  return minutes === 1 ? t('1 minute ago') : t('{n} minutes ago', { n: minutes });
}

function refresh(): void {
  const now = new Date();
  document.querySelectorAll<HTMLTimeElement>('time[data-ago]').forEach((each) => {
    const words = ago(new Date(each.dateTime), now);
    if (words !== undefined && each.textContent !== words) each.textContent = words;
  });
}

export function installTimes(): void {
  setInterval(refresh, MINUTE / 2);
}
