// Buttons that read a code with the camera. Into a text is known here; a page adds what else its buttons mean by the word in
// `data-scan`. The window with the camera loads when it is first needed.
import type { Take } from './scan.ts';

/** What a button does with codes, and whether one after the other. */
export type Kinds = Record<string, (button: HTMLElement) => { take: Take; many: boolean }>;

export function installScanning(root: Document, kinds: Kinds = {}): void {
  root.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-scan]');
    if (!button) return;
    event.preventDefault();
    const { take, many } = kinds[button.dataset.scan!]?.(button) ?? { take: intoText(button), many: false };
    void import('./scan.ts').then(({ scan }) => scan(button.getAttribute('aria-label') ?? '', take, many));
  });
}

function intoText(button: HTMLElement): Take {
  return (code) => {
    const input = button.parentElement!.querySelector<HTMLInputElement>('input:not([type=hidden]), textarea')!;
    input.value = input.maxLength > 0 ? code.slice(0, input.maxLength) : code;
    for (const name of ['input', 'change']) input.dispatchEvent(new Event(name, { bubbles: true }));
    return Promise.resolve({ text: code, good: true, done: true });
  };
}
