import { t } from './words.ts';
import { toast } from './toasts.ts';

// Small helps of forms: `data-submit` sends the form when a choice changes, `data-copy="#id"` copies a text.
export function installForms(root: Document): void {
  root.addEventListener('change', (event) => {
    const field = (event.target as Element).closest<HTMLSelectElement | HTMLInputElement>('[data-submit]');
    field?.form?.requestSubmit();
  });
  root.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-copy]');
    const source = button && document.querySelector(button.dataset['copy'] ?? '');
    if (source) void copy(source);
  });
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
