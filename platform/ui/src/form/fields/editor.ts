// The rich text editor: the browser's own editing, a row of buttons, and clean HTML going in and out.
import { t } from '../../shell/words.ts';
import { address, cleaned } from './clean.ts';

interface Tool { icon: string; title: () => string; keys?: string; command: string; value?: string; state?: string }

const TOOLS: Tool[][] = [
  [
    { icon: 'h-2', title: () => t('Heading'), command: 'formatBlock', value: 'H2' },
    { icon: 'h-3', title: () => t('Sub-heading'), command: 'formatBlock', value: 'H3' },
  ],
  [
    { icon: 'bold', title: () => t('Bold'), keys: 'Ctrl+B', command: 'bold', state: 'bold' },
    { icon: 'italic', title: () => t('Italic'), keys: 'Ctrl+I', command: 'italic', state: 'italic' },
    { icon: 'underline', title: () => t('Underline'), keys: 'Ctrl+U', command: 'underline', state: 'underline' },
  ],
  [
    { icon: 'list', title: () => t('List'), command: 'insertUnorderedList', state: 'insertUnorderedList' },
    { icon: 'list-numbers', title: () => t('Numbered list'), command: 'insertOrderedList', state: 'insertOrderedList' },
    { icon: 'quote', title: () => t('Quote'), command: 'formatBlock', value: 'BLOCKQUOTE' },
  ],
  [
    { icon: 'link', title: () => t('Link'), keys: 'Ctrl+K', command: 'link' },
    { icon: 'clear-formatting', title: () => t('No formatting'), command: 'plain' },
  ],
];

/** Puts an editor in place of a text area; `changed` is told the HTML, empty when nothing is written. */
export function edit(root: HTMLElement, area: HTMLTextAreaElement, changed: (html: string) => void): void {
  new Editor(root, area, changed);
}

class Editor {
  private body = document.createElement('div');
  private bar = document.createElement('div');
  private ask: HTMLInputElement | null = null;

  constructor(private root: HTMLElement, private area: HTMLTextAreaElement, private changed: (html: string) => void) {
    this.build();
    document.execCommand('defaultParagraphSeparator', false, 'p');
    document.execCommand('styleWithCSS', false, 'false');
    this.body.addEventListener('input', () => this.tell());
    this.body.addEventListener('paste', (event) => this.paste(event));
    this.body.addEventListener('drop', (event) => event.preventDefault());
    this.body.addEventListener('keydown', (event) => this.key(event));
    this.body.addEventListener('focus', () => this.begin());
    for (const name of ['keyup', 'pointerup', 'focus']) this.body.addEventListener(name, () => this.states());
    this.bar.addEventListener('pointerdown', (event) => {
      if (!(event.target instanceof HTMLInputElement)) event.preventDefault(); // the selection stays
    });
    this.bar.addEventListener('click', (event) => this.press(event));
    this.bar.addEventListener('keydown', (event) => this.walk(event));
    area.addEventListener('focus', () => this.body.focus());
  }

  private build(): void {
    const { area, body, bar, root } = this;
    const label = root.dataset.label ?? '';
    body.className = 'dg-prose form-control';
    body.contentEditable = 'true';
    for (const [name, value] of [['role', 'textbox'], ['aria-multiline', 'true'], ['aria-label', label], ['data-placeholder', area.placeholder]]) body.setAttribute(name!, value!);
    for (const name of ['aria-describedby', 'aria-required', 'aria-invalid']) {
      const value = area.getAttribute(name);
      if (value) body.setAttribute(name, value);
    }
    body.style.setProperty('min-height', `${Math.max(3, Number(root.dataset.rows) || 8) * 1.5}em`);
    body.append(cleaned(area.value));
    body.classList.toggle('is-blank', !body.textContent?.trim());
    bar.className = 'dg-richtext-bar';
    bar.setAttribute('role', 'toolbar');
    bar.setAttribute('aria-label', t('Formatting'));
    for (const group of TOOLS) {
      const part = document.createElement('span');
      part.append(...group.map((tool) => this.button(tool)));
      bar.append(part);
    }
    bar.querySelectorAll('button').forEach((one, index) => { one.tabIndex = index ? -1 : 0; });
    root.prepend(bar, body);
    area.tabIndex = -1;
    area.classList.add('visually-hidden');
    area.setAttribute('aria-hidden', 'true');
  }

  /** The first line is a paragraph as the others are. */
  private begin(): void {
    if (this.body.childNodes.length) return;
    const line = document.createElement('p');
    line.append(document.createElement('br'));
    this.body.append(line);
    getSelection()?.collapse(line, 0);
  }

  private button(tool: Tool): HTMLButtonElement {
    const button = document.createElement('button');
    const name = tool.title();
    button.type = 'button';
    button.className = 'dg-tool';
    button.title = tool.keys ? `${name} (${tool.keys})` : name;
    button.setAttribute('aria-label', name);
    Object.assign(button.dataset, { command: tool.command, value: tool.value ?? '', state: tool.state ?? '' });
    button.innerHTML = `<svg class="icon icon-sm" aria-hidden="true"><use href="${sprite()}#${tool.icon}"/></svg>`;
    return button;
  }

  private press(event: Event): void {
    const button = (event.target as Element).closest<HTMLButtonElement>('button[data-command]');
    if (!button) return;
    event.stopPropagation();
    this.run(button.dataset.command!, button.dataset.value!);
  }

  private run(command: string, value = ''): void {
    if (command === 'link') return this.link();
    this.body.focus();
    if (command === 'plain') {
      document.execCommand('removeFormat');
      document.execCommand('unlink');
      document.execCommand('formatBlock', false, 'P');
    } else if (command === 'formatBlock') {
      document.execCommand(command, false, this.block() === value ? 'P' : value);
    } else {
      document.execCommand(command, false, value);
    }
    this.tell();
  }

  private block(): string {
    return String(document.queryCommandValue('formatBlock')).toUpperCase();
  }

  /** Asks for the address in the bar; Enter sets it, an empty one takes the link away, Escape leaves it. */
  private link(): void {
    if (this.ask) return;
    const selection = getSelection();
    if (!selection?.rangeCount || !this.body.contains(selection.anchorNode)) this.body.focus();
    const range = getSelection()!.getRangeAt(0).cloneRange();
    const found = (range.startContainer.parentElement ?? this.body).closest('a');
    const ask = document.createElement('input');
    ask.className = 'form-control';
    ask.type = 'url';
    ask.value = found?.getAttribute('href') ?? '';
    ask.placeholder = 'https://';
    ask.setAttribute('aria-label', t('Address of the link; empty takes it away'));
    const done = (set: boolean): void => {
      if (this.ask !== ask) return;
      this.ask = null;
      ask.remove();
      this.body.focus();
      const now = getSelection()!;
      now.removeAllRanges();
      if (found) range.selectNodeContents(found);
      now.addRange(range);
      if (!set) return;
      const href = address(ask.value);
      if (!href) document.execCommand('unlink');
      else if (range.collapsed) document.execCommand('insertHTML', false, `<a href="${attribute(href)}">${attribute(ask.value.trim())}</a>`);
      else document.execCommand('createLink', false, href);
      this.tell();
    };
    ask.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      done(event.key === 'Enter');
    });
    ask.addEventListener('blur', () => done(ask.value.trim() !== ''));
    for (const name of ['input', 'change']) ask.addEventListener(name, (event) => event.stopPropagation());
    this.ask = ask;
    this.bar.append(ask);
    ask.focus();
  }

  private key(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      event.stopPropagation();
      this.link();
    } else if (event.altKey && event.key === 'F10') {
      event.preventDefault();
      this.bar.querySelector('button')?.focus();
    }
  }

  /** Arrow keys walk along the buttons: the bar is one stop of the tab key. */
  private walk(event: KeyboardEvent): void {
    const buttons = [...this.bar.querySelectorAll('button')];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    const next = buttons[(at + step + buttons.length) % buttons.length]!;
    for (const one of buttons) one.tabIndex = one === next ? 0 : -1;
    next.focus();
  }

  private paste(event: ClipboardEvent): void {
    const html = event.clipboardData?.getData('text/html');
    event.preventDefault();
    event.stopPropagation();
    if (html) {
      const holder = document.createElement('div');
      holder.append(cleaned(html));
      document.execCommand('insertHTML', false, holder.innerHTML);
    } else {
      document.execCommand('insertText', false, event.clipboardData?.getData('text/plain') ?? '');
    }
  }

  private states(): void {
    const block = this.block();
    for (const button of this.bar.querySelectorAll<HTMLButtonElement>('button')) {
      const { state, command, value } = button.dataset;
      const on = state ? document.queryCommandState(state) : command === 'formatBlock' && block === value;
      button.setAttribute('aria-pressed', String(on));
    }
  }

  private tell(): void {
    const blank = !this.body.textContent?.trim() && !this.body.querySelector('hr, td');
    this.body.classList.toggle('is-blank', blank && !this.body.querySelector('li, h2, h3, blockquote'));
    this.states();
    this.changed(blank ? '' : this.body.innerHTML);
  }
}

const attribute = (text: string): string => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');

/** The address of the icons, as the page itself uses it. */
function sprite(): string {
  const known = document.querySelector('svg > use[href*="icons"]')?.getAttribute('href') ?? '';
  return known.split('#')[0]!;
}
