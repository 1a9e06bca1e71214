// What rules say, shown on the page: hidden, required, read-only, coloured, fewer options, messages beside the field.
import { t } from '../../shell/words.ts';
import type { Inputs } from './inputs.ts';
import { sees } from './rules.ts';
import type { Data, Message, State } from './types.ts';

interface Spot { path: string; name: string; column: string; element: HTMLElement }

export class Show {
  private before = new Map<string, string>();
  private spots: Spot[] = [];

  constructor(private form: HTMLFormElement, private data: Data, private inputs: Inputs) {}

  /** Where each field stands, found again when rows come or go. */
  index(): void {
    this.spots = [];
    for (const element of this.form.querySelectorAll<HTMLElement>('[data-field]')) {
      const column = element.dataset.field!;
      const row = element.closest<HTMLElement>('tr[data-row]');
      if (row && column.includes('.')) {
        const [head, key] = column.split('.') as [string, string];
        const number = row.dataset.place ?? [...row.parentElement!.children].indexOf(row);
        this.spots.push({ path: `${head}[${number}].${key}`, name: `${head}[${row.dataset.row}].${key}`, column, element });
      } else if (!element.closest('template')) {
        this.spots.push({ path: column, name: column, column, element });
      }
    }
    this.before.clear();
  }

  /** Show a state; only what differs from the last one touches the page. `shows` says which messages may be seen yet. */
  apply(state: State, shows: (message: Message) => boolean): void {
    const told = this.messages(state, shows);
    for (const spot of this.spots) {
      const shown = this.isShown(state, spot);
      const about = this.about(spot.column);
      const required = shown && (state.required[spot.path] ?? about?.required ?? false);
      const fixed = state.locked || (state.readonly[spot.path] ?? about?.readonly ?? false);
      const choices = state.choices[spot.path] ?? null;
      const color = state.colors[spot.path] ?? '';
      const messages = shown ? (told.get(spot.path) ?? []) : [];
      const now = JSON.stringify([shown, required, fixed, choices, color, messages]);
      const was = this.before.get(spot.path);
      if (now === was) continue;
      this.before.set(spot.path, now);
      if (was === undefined && shown && !fixed && !choices && !color && !messages.length && required === Boolean(about?.required)) continue;
      this.visibility(spot, shown);
      this.required(spot, required);
      this.fixed(spot, fixed);
      this.offer(spot, choices);
      spot.element.toggleAttribute('data-rule-color', color !== '');
      if (color) spot.element.dataset.ruleColor = color;
      this.say(spot, messages);
    }
    this.sections();
    this.note(told.get('') ?? [], state.locked);
  }

  private isShown(state: State, spot: Spot): boolean {
    return sees(state, spot.path) && (state.shown[spot.column] ?? true);
  }

  private about(column: string): { required?: boolean; readonly?: boolean } | undefined {
    const [head, key] = column.split('.') as [string, string?];
    const about = this.data.fields.find((one) => one.key === head);
    return key === undefined ? about : about?.rows?.find((one) => one.key === key);
  }

  /** A hidden field leaves the page whole; the focus moves on rather than being lost. */
  private visibility(spot: Spot, shown: boolean): void {
    const inCell = spot.path.includes('[');
    if (!shown && spot.element.contains(document.activeElement)) {
      const all = [...this.form.querySelectorAll<HTMLElement>('input:not([type=hidden]), select, textarea, button')];
      const here = all.indexOf(document.activeElement as HTMLElement);
      const next = [...all.slice(here + 1), ...all.slice(0, here).reverse()].find((one) => !spot.element.contains(one) && one.offsetParent !== null);
      next?.focus();
    }
    if (inCell) for (const child of spot.element.children) (child as HTMLElement).hidden = !shown && !child.matches('input[type=hidden]');
    else spot.element.hidden = !shown;
  }

  private required(spot: Spot, required: boolean): void {
    spot.element.querySelector(':scope > .form-label, :scope > .dg-subform .form-label')?.classList.toggle('required', required);
    for (const control of this.inputs.controls(spot.name)) {
      if (required) control.setAttribute('aria-required', 'true');
      else control.removeAttribute('aria-required');
    }
    if (spot.path.includes('[')) spot.element.toggleAttribute('data-required', required);
  }

  private fixed(spot: Spot, fixed: boolean): void {
    const before = spot.element.hasAttribute('data-fixed');
    if (before === fixed) return;
    spot.element.toggleAttribute('data-fixed', fixed);
    for (const control of this.inputs.controls(spot.name)) {
      const text = control instanceof HTMLTextAreaElement || (control instanceof HTMLInputElement && !['checkbox', 'radio', 'file'].includes(control.type));
      if (text && control.getAttribute('role') !== 'combobox') (control as HTMLInputElement).readOnly = fixed;
      else if (!fixed) control.disabled = false;
      else control.disabled = true;
    }
    const widget = this.inputs.widget(spot.name) ?? this.inputs.picker(spot.name) ?? spot.element.querySelector<HTMLElement>('dg-files');
    if (widget) widget.inert = fixed;
    for (const tool of spot.element.querySelectorAll<HTMLButtonElement>('[data-add-row], [data-copy-row], [data-remove-row]')) tool.hidden = fixed;
  }

  /** Options that may not be chosen go; one that is chosen stays, so that nobody wonders where it went. */
  private offer(spot: Spot, choices: readonly string[] | null): void {
    const allowed = choices && new Set(choices);
    for (const option of spot.element.querySelectorAll<HTMLOptionElement>('select option')) {
      const gone = allowed !== null && option.value !== '' && !allowed.has(option.value) && !option.selected;
      option.hidden = option.disabled = gone;
    }
    for (const box of spot.element.querySelectorAll<HTMLInputElement>('input[type=radio], input[type=checkbox]')) {
      if (box.name !== spot.name) continue;
      const gone = allowed !== null && !allowed.has(box.value) && !box.checked;
      const label = box.closest('label');
      if (label) label.hidden = gone;
    }
    const text = this.inputs.controls(spot.name).find((one): one is HTMLInputElement => one instanceof HTMLInputElement && ['text', 'tel', 'email'].includes(one.type));
    if (text && text.getAttribute('role') !== 'combobox') this.suggest(text, choices);
  }

  private suggest(input: HTMLInputElement, choices: readonly string[] | null): void {
    const id = `${input.id}-choices`;
    document.getElementById(id)?.remove();
    input.removeAttribute('list');
    if (!choices) return;
    const list = document.createElement('datalist');
    list.id = id;
    list.append(...choices.map((one) => {
      const option = document.createElement('option');
      option.value = one;
      return option;
    }));
    input.after(list);
    input.setAttribute('list', id);
  }

  private messages(state: State, shows: (message: Message) => boolean): Map<string, { kind: string; text: string }[]> {
    const told = new Map<string, { kind: string; text: string }[]>();
    const places = new Set(this.spots.map((one) => one.path));
    for (const [kind, found] of [['block', state.blocks], ['warn', state.warnings]] as const) {
      for (const one of found.filter(shows)) {
        const path = places.has(one.path) ? one.path : '';
        told.set(path, [...(told.get(path) ?? []), { kind, text: this.text(one) }]);
      }
    }
    return told;
  }

  private text(message: Message): string {
    const rule = this.data.rules.find((one) => one.key === message.rule);
    return rule?.actions.find((one) => one.key === message.action)?.message ?? rule?.message ?? '';
  }

  private say(spot: Spot, messages: readonly { kind: string; text: string }[]): void {
    for (const old of spot.element.querySelectorAll(':scope > .dg-rule-message')) old.remove();
    const id = `f-${spot.name}-rule`;
    messages.forEach((one, index) => {
      const element = document.createElement('div');
      element.className = 'dg-rule-message';
      element.dataset.kind = one.kind;
      element.setAttribute('role', one.kind === 'block' ? 'alert' : 'status');
      element.textContent = one.text;
      if (!index) element.id = id;
      spot.element.append(element);
    });
    for (const control of this.inputs.controls(spot.name)) {
      const others = (control.getAttribute('aria-describedby') ?? '').split(' ').filter((one) => one && one !== id);
      const described = messages.length ? [...others, id] : others;
      if (described.length) control.setAttribute('aria-describedby', described.join(' '));
      else control.removeAttribute('aria-describedby');
    }
  }

  /** A section whose fields are all hidden is hidden itself. */
  private sections(): void {
    for (const body of this.form.querySelectorAll<HTMLElement>('.dg-fields')) {
      const fields = [...body.children].filter((one) => one instanceof HTMLElement && one.dataset.field !== undefined) as HTMLElement[];
      const card = body.closest<HTMLElement>('.card');
      if (card && fields.length && fields.length === body.children.length) card.hidden = fields.every((one) => one.hidden);
    }
  }

  private note(messages: readonly { kind: string; text: string }[], locked: boolean): void {
    const holder = this.form.querySelector<HTMLElement>('[data-rule-notes]');
    if (!holder) return;
    const lines = [...messages, ...(locked ? [{ kind: 'lock', text: this.lockText() }] : [])];
    const key = JSON.stringify(lines);
    if (holder.dataset.shown === key) return;
    holder.dataset.shown = key;
    holder.replaceChildren(...lines.map((one) => {
      const line = document.createElement('div');
      line.className = 'dg-note';
      line.dataset.kind = one.kind === 'block' ? 'danger' : 'warning';
      line.textContent = one.text;
      return line;
    }));
    for (const button of this.form.querySelectorAll<HTMLButtonElement>('.dg-form-foot button')) button.disabled = locked || 'idle' in button.dataset;
  }

  private lockText(): string {
    for (const rule of this.data.rules) for (const action of rule.actions) if (action.do === 'lock' && action.message) return action.message;
    return t('This record is locked by a rule and cannot be changed any more');
  }
}
