// The text of an expression with chips for its fields, completion, and what is wrong underlined. Loaded when the first
// formula is shown. What is stored stays the text with its keys.
import { acceptCompletion, autocompletion, completionStatus, startCompletion, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewline } from '@codemirror/commands';
import { Annotation, Compartment, EditorState, StateEffect, StateField, type Extension, type Range } from '@codemirror/state';
import { Decoration, drawSelection, EditorView, hoverTooltip, keymap, placeholder, WidgetType, type DecorationSet } from '@codemirror/view';
import { t } from '../../shell/words.ts';
import type { Problem } from '../types.ts';
import { typeWord, type Fn, type Name } from './source.ts';
import { rowsAt, spelled, stretch, tokens } from './tokens.ts';

export interface Options {
  parent: HTMLElement;
  text: string;
  label: string;
  id: string;
  describedBy: string;
  /** Undo is the host's. */
  undo: boolean;
  names(): Name[];
  functions(): Fn[];
  changed(text: string): void;
  /** Where the cursor stands. */
  moved(at: number): void;
}

export interface Editor {
  set(text: string): void;
  tell(problems: Problem[]): void;
  /** What names and functions there are has changed. */
  refresh(): void;
  /** More names and functions are known: whoever is in the middle of a word is offered them. */
  learned(): void;
  insert(text: string, back?: number): void;
  replace(from: number, to: number, text: string): void;
  select(from: number, to: number): void;
  focus(): void;
  relabel(label: string): void;
  destroy(): void;
}

const told = StateEffect.define<Problem[]>();
const known = StateEffect.define<null>();
const fromOutside = Annotation.define<boolean>();
const MOST_OFFERED = 60;

class Chip extends WidgetType {
  constructor(
    readonly label: string,
    readonly name: string,
  ) {
    super();
  }

  override eq(other: Chip): boolean {
    return other.label === this.label && other.name === this.name;
  }

  override toDOM(): HTMLElement {
    const chip = document.createElement('span');
    chip.className = 'dz-f-chip';
    chip.textContent = this.label;
    chip.title = this.name;
    return chip;
  }

  override ignoreEvent(): boolean {
    return false;
  }
}

export function makeEditor(options: Options): Editor {
  const byName = (): Map<string, Name> => new Map(options.names().map((one) => [one.name, one]));
  const labels = new Compartment();

  const chips = StateField.define<{ set: DecorationSet; whole: DecorationSet; typing: number }>({
    create: (state) => drawn(state, -1),
    update(value, change) {
      const typed = change.docChanged && change.isUserEvent('input.type');
      const moved = Boolean(change.selection) && !change.docChanged;
      const typing = typed ? change.state.selection.main.head : moved || change.docChanged ? -1 : value.typing;
      const again = change.docChanged || typing !== value.typing || change.effects.some((one) => one.is(known));
      return again ? drawn(change.state, typing) : value;
    },
    provide: (field) => [
      EditorView.decorations.from(field, (value) => value.set),
      EditorView.atomicRanges.of((view) => view.state.field(field).whole),
    ],
  });

  /** A word that is just being typed stays as it is: it may become a longer one. */
  function drawn(state: EditorState, typing: number): { set: DecorationSet; whole: DecorationSet; typing: number } {
    const text = state.doc.toString();
    const names = byName();
    const every: Range<Decoration>[] = [];
    const whole: Range<Decoration>[] = [];
    for (const one of tokens(text, (name) => names.has(name))) {
      if (one.kind === 'field' && !(typing >= one.from && typing <= one.to)) {
        const about = names.get(one.name ?? '');
        const chip = Decoration.replace({ widget: new Chip(one.name === one.text.replace(/\s/g, '') ? wayOf(about, names) : lastOf(about?.label ?? ''), one.text) }).range(one.from, one.to);
        every.push(chip);
        whole.push(chip);
      } else if (one.kind !== 'unknown') {
        every.push(Decoration.mark({ class: `dz-f-${one.kind}` }).range(one.from, one.to));
      }
    }
    return { set: Decoration.set(every, true), whole: Decoration.set(whole, true), typing };
  }

  const problems = StateField.define<{ list: Problem[]; set: DecorationSet }>({
    create: () => ({ list: [], set: Decoration.none }),
    update(value, change) {
      for (const effect of change.effects) if (effect.is(told)) return { list: effect.value, set: underlined(change.state.doc.toString(), effect.value) };
      return change.docChanged ? { list: value.list, set: value.set.map(change.changes) } : value;
    },
    provide: (field) => EditorView.decorations.from(field, (value) => value.set),
  });

  const hover = hoverTooltip((view, at) => {
    const text = view.state.doc.toString();
    const one = view.state.field(problems).list.find((each) => {
      const place = stretch(text, each.params);
      return place && at >= place[0] && at <= place[1];
    });
    if (!one) return null;
    const create = (): { dom: HTMLElement } => {
      const dom = document.createElement('div');
      dom.className = 'dz-f-tip';
      dom.textContent = one.message;
      return { dom };
    };
    return { pos: at, above: true, create };
  });

  const attributes = (label: string): Extension =>
    EditorView.contentAttributes.of({ 'aria-label': label, id: options.id, 'aria-describedby': options.describedBy, spellcheck: 'false', autocorrect: 'off', autocapitalize: 'off' });

  /** Who writes a label in full has named the field: it becomes a chip as soon as the next thing is written. */
  let typedHere = false;
  let writing = false; // the last thing that happened was typing
  function named(target: EditorView): void {
    if (target.composing) return;
    const names = byName();
    const called = [...names.values()].map((one) => ({ name: one.name, label: wayOf(one, names) }));
    const changes = spelled(target.state.doc.toString(), called, target.hasFocus ? target.state.selection.main.head : -1);
    if (changes.length) target.dispatch({ changes: changes.map(({ from, to, text }) => ({ from, to, insert: text })), userEvent: 'input.complete' });
  }

  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        EditorView.cspNonce.of(document.querySelector<HTMLElement>('script[nonce]')?.nonce ?? ''),
        EditorView.lineWrapping,
        drawSelection(),
        chips,
        problems,
        hover,
        labels.of(attributes(options.label)),
        placeholder(t('Type a name, a function or a number')),
        autocompletion({ override: [(context) => offered(context, options.names(), options.functions())], icons: false, maxRenderedOptions: MOST_OFFERED, optionClass: (one) => `dz-f-is-${one.type ?? ''}`, activateOnTypingDelay: 60, interactionDelay: 20 }),
        options.undo ? [history(), keymap.of(historyKeymap)] : [],
        keymap.of([
          { key: 'Tab', run: (target) => completionStatus(target.state) === 'active' && acceptCompletion(target) },
          { key: 'Enter', run: insertNewline },
          ...defaultKeymap.filter((one) => one.key !== 'Enter' && one.key !== 'Mod-Enter' && !one.key?.startsWith('Alt-Arrow')),
        ]),
        EditorView.domEventHandlers({ beforeinput: overwrite }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((one) => one.annotation(fromOutside))) options.changed(update.state.doc.toString());
          if (update.docChanged || update.selectionSet) options.moved(update.state.selection.main.head);
          const typing = update.transactions.some((one) => one.isUserEvent('input.type'));
          if (typing || update.transactions.some((one) => one.isUserEvent('input.paste'))) typedHere = true;
          if (update.docChanged || update.selectionSet) writing = typing;
          if (typedHere) named(update.view);
        }),
      ],
    }),
  });

  return {
    set(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: fromOutside.of(true) });
    },
    tell: (list) => view.dispatch({ effects: told.of(list) }),
    refresh: () => view.dispatch({ effects: known.of(null) }),
    learned() {
      view.dispatch({ effects: known.of(null) });
      const { head } = view.state.selection.main;
      if (view.hasFocus && writing && /[\p{L}_]/u.test(view.state.sliceDoc(head - 1, head))) startCompletion(view);
    },
    insert(text, back = 0) {
      const { from, to } = view.state.selection.main;
      view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length - back }, userEvent: 'input.complete', scrollIntoView: true });
      view.focus();
    },
    replace(from, to, text) {
      view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length }, userEvent: 'input.complete' });
      view.focus();
    },
    select(from, to) {
      view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
      view.focus();
    },
    focus: () => view.focus(),
    relabel: (label) => view.dispatch({ effects: labels.reconfigure(attributes(label)) }),
    destroy: () => view.destroy(),
  };
}

/** Typing over what is chosen. The browser would take it away piece by piece, which takes minutes where the pieces are thousands,
 * and carry their styles over to the new text, which the page forbids. */
function overwrite(event: InputEvent, view: EditorView): boolean {
  const text = event.inputType === 'insertText' ? event.data : event.inputType.startsWith('deleteContent') ? '' : null;
  if (text === null || view.composing || view.state.selection.main.empty) return false;
  event.preventDefault();
  view.dispatch(view.state.replaceSelection(text), { userEvent: text ? 'input.type' : 'delete.selection', scrollIntoView: true });
  return true;
}

/** The label of a field with those of the way to it: `客户 › 等级`. */
function wayOf(one: Name | undefined, names: Map<string, Name>): string {
  if (!one) return '';
  if (one.label.includes(' › ')) return one.label;
  const parts = one.name.split('.');
  const way = parts.slice(0, -1).map((_part, index) => names.get(parts.slice(0, index + 1).join('.'))?.label ?? '');
  return [...way, one.label].filter(Boolean).join(' › ');
}

function underlined(text: string, list: Problem[]): DecorationSet {
  const marks = list.flatMap((one) => {
    const place = stretch(text, one.params);
    return place && place[1] > place[0] ? [Decoration.mark({ class: 'dz-f-wrong' }).range(place[0], place[1])] : [];
  });
  return Decoration.set(marks, true);
}

// -- completion -----------------------------------------------------------------------------------------------------------

function offered(context: CompletionContext, names: Name[], functions: Fn[]): CompletionResult | null {
  const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}\p{M}_.]*$/u);
  if (!word && !context.explicit) return null;
  const text = context.state.doc.toString();
  const at = context.pos;
  if (inText(text.slice(0, word?.from ?? at))) return null;
  const typed = (word?.text ?? '').toLowerCase();
  const existing = new Set(names.map((one) => one.name));
  const rows = rowsAt(text, word?.from ?? at, (name) => existing.has(name));
  const found: { rank: number; one: Completion }[] = [];
  const byName = new Map(names.map((one) => [one.name, one]));
  for (const one of names) {
    const inRows = rows.find((each) => one.name.startsWith(`${each}.`));
    const written = inRows ? one.name.slice(inRows.length + 1) : one.name;
    const rank = fits(typed, [lastOf(one.label), written, lastOf(one.name)]);
    if (rank < 0 || (!typed && one.name.split('.').length > 2)) continue;
    const label = inRows ? lastOf(one.label) : wayOf(one, byName);
    found.push({ rank: rank + (inRows ? -0.5 : written.split('.').length - 1), one: { label: written, displayLabel: label, detail: one.type ? typeWord(one.type) : '', type: 'field', apply: apply(written, 0) } });
  }
  for (const one of functions) {
    const rank = fits(typed, [one.key, ...one.aliases]);
    if (rank < 0 || (!typed && found.length > 12)) continue;
    const alias = one.aliases.find((each) => each.toLowerCase().startsWith(typed) && typed && !one.key.toLowerCase().startsWith(typed));
    found.push({ rank: rank + 0.25, one: { label: one.key, displayLabel: alias ? `${one.key} ${alias}` : one.key, detail: one.usage.slice(one.key.length), type: 'function', apply: apply(`${one.key}()`, 1), info: () => helpOf(one) } });
  }
  found.sort((a, b) => a.rank - b.rank);
  if (!found.length) return null;
  return { from: word?.from ?? at, options: found.slice(0, MOST_OFFERED).map((one) => one.one), filter: false };
}

const lastOf = (text: string): string => text.split(/ › |\./).at(-1) ?? text;

/** How well a word fits what was typed: 0 the beginning, 2 somewhere inside, -1 not at all. */
function fits(typed: string, words: string[]): number {
  if (!typed) return 1;
  let best = -1;
  for (const word of words) {
    const at = word.toLowerCase().indexOf(typed);
    const rank = at === 0 ? (word.length === typed.length ? 0 : 0.5) : at > 0 ? 2 : -1;
    if (rank >= 0 && (best < 0 || rank < best)) best = rank;
  }
  return best;
}

function apply(text: string, back: number): (view: EditorView, completion: Completion, from: number, to: number) => void {
  return (view, _completion, from, to) => {
    view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length - back }, userEvent: 'input.complete' });
    if (back) startCompletion(view);
  };
}

/** Whether a place stands inside of a text. */
function inText(before: string): boolean {
  return (before.match(/["“”＂]/g)?.length ?? 0) % 2 === 1;
}

function helpOf(one: Fn): HTMLElement {
  const box = document.createElement('div');
  box.className = 'dz-f-help';
  const usage = document.createElement('code');
  usage.textContent = one.usage;
  const doc = document.createElement('p');
  doc.textContent = one.doc;
  box.append(usage, doc);
  for (const example of one.examples.slice(0, 2)) {
    const line = document.createElement('div');
    line.className = 'dz-f-example';
    line.textContent = `${example.text} → ${example.shows}`;
    box.append(line);
  }
  return box;
}
