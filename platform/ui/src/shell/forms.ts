import { t } from './words.ts';
import { toast } from './toasts.ts';

// Small helps of forms: `data-submit` sends the form when a choice changes, `data-copy="#id"` copies a text, and a file
// input that lies unseen over a button of ours (its own speaks the language of the browser) says in `data-picked` what it holds.
export function installForms(root: Document): void {
  root.addEventListener('change', (event) => {
    const field = (event.target as Element).closest<HTMLSelectElement | HTMLInputElement>('[data-submit]');
    field?.form?.requestSubmit();
    name(event.target as Element);
  });
  // A page that comes back by the button of the browser keeps its file.
  addEventListener('pageshow', () => root.querySelectorAll('.dg-pick > input').forEach(name));
  root.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-copy]');
    const source = button && document.querySelector(button.dataset['copy'] ?? '');
    if (source) void copy(source);
  });
}

function name(input: Element): void {
  const words = input.matches('.dg-pick > input[type=file]') ? input.parentElement?.querySelector<HTMLElement>('[data-picked]') : null;
  if (!words) return;
  words.dataset['none'] ??= words.textContent ?? '';
  const chosen = [...((input as HTMLInputElement).files ?? [])].map((file) => file.name).join(', ');
  words.textContent = chosen || words.dataset['none'];
  words.toggleAttribute('data-chosen', chosen !== '');
}

async function copy(source: Element): Promise<void> {
  const text = source.textContent?.trim() ?? '';
  try {
    await navigator.clipboard.writeText(text);
    toast({ text: t('Copied') });
  } catch {
    // Without a secure connection browsers do not let us: choose the text, so that Ctrl+C works.
    getSelection()?.selectAllChildren(source);
    toast({ text: t('Press Ctrl+C to copy'), kind: 'info' });
  }
}
