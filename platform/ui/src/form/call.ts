// Buttons that ask another system through the server: the answer fills the page, nothing is saved by itself.
import { ask } from '../shell/dialogs.ts';
import { t } from '../shell/words.ts';
import { filling, post } from './post.ts';

interface Answer { values?: Record<string, unknown>; problems?: { message: string }[]; detail?: string }

export function installCalls(form: HTMLFormElement): void {
  form.addEventListener('click', (event) => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>('[data-call]');
    if (button && button.getAttribute('aria-busy') !== 'true') void press(form, button);
  });
}

async function press(form: HTMLFormElement, button: HTMLButtonElement): Promise<void> {
  const { call, url, question, record } = button.dataset;
  if (question && !(await ask(question))) return;
  const note = button.parentElement?.querySelector<HTMLElement>('[data-call-note]');
  const tell = (text: string, wrong = false): void => {
    if (!note) return;
    note.classList.toggle('text-secondary', !wrong);
    note.textContent = text;
    note.classList.toggle('text-danger', wrong);
  };
  button.setAttribute('aria-busy', 'true');
  tell(t('Asking…'));
  const body = filling(form, record);
  body.set('_button', call ?? '');
  try {
    const answer = await post(url ?? '', body);
    const said = (await answer.json()) as Answer;
    const wrong = said.problems ?? [];
    const values = said.values ?? {};
    form.dispatchEvent(new CustomEvent('dg:values', { detail: values }));
    if (Object.keys(values).length) form.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
    if (wrong.length || !answer.ok) tell(wrong.map((one) => one.message).join(' ') || said.detail || t('The call failed. Try again.'), true);
    else tell(t('Filled in. Nothing is saved yet.'));
  } catch {
    tell(t('The call failed. Try again.'), true);
  } finally {
    button.removeAttribute('aria-busy');
  }
}
