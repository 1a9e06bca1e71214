// What the parts of the designer see of the whole.
import { html, svg, type TemplateResult } from 'lit';
import type { Cells } from './cells.ts';
import type { History } from './history.ts';
import type { Saver, Other } from './save.ts';
import type { Boot, Conflict, FormDocument, Problem, Target, TypeInfo } from './types.ts';

export type View = 'layout' | 'rules' | 'try';

export interface Change {
  chosen?: string[];
  /** Changes about the same thing that follow quickly are one step. */
  about?: string;
  /** This change belongs to the last step. */
  join?: boolean;
}

export interface Bench {
  readonly boot: Boot;
  readonly doc: FormDocument;
  readonly types: Map<string, TypeInfo>;
  readonly locale: string;
  readonly chosen: string[];
  readonly view: View;
  readonly phone: boolean;
  readonly tab: string;
  readonly problems: Problem[];
  readonly conflicts: Conflict[];
  readonly others: Other[];
  readonly query: string;
  readonly pending: number;
  readonly history: History;
  readonly saver: Saver;
  readonly cells: Cells;
  readonly opened: Set<string>;
  readonly sprite: string;
  readonly narrow: boolean;

  change(doc: FormDocument, how?: Change): void;
  choose(ids: string[], focus?: boolean): void;
  /** Opens the properties and puts the cursor into the first input. */
  edit(select?: boolean): void;
  /** Another view; `focus` puts the keyboard into it. */
  show(view: View, focus?: boolean): void;
  showTab(key: string): void;
  togglePhone(): void;
  search(text: string): void;
  /** To a thing; with a path to one of its settings in the panel. */
  jump(id: string, setting?: string[]): void;
  toggle(name: string): void;
  add(type: string, target?: Target): void;
  addSection(): void;
  addTab(): void;
  discard(ids: string[]): void;
  duplicate(): void;
  copy(): void;
  paste(): void;
  undo(): void;
  redo(): void;
  labelled(path: string, text: string): void;
  isNew(id: string): boolean;
  requestUpdate(): void;
}

let sprite = '';
let known = new Set<string>();

export function setSprite(url: string, icons: string[]): void {
  sprite = url;
  known = new Set(icons);
}

export function icon(name: string, size = ''): TemplateResult {
  return html`<svg class=${size ? `icon icon-${size}` : 'icon'} aria-hidden="true">${svg`<use href=${`${sprite}#${known.has(name) || !known.size ? name : 'forms'}`}></use>`}</svg>`;
}

/** What is to be mended; not that a form on which nobody has worked yet is empty: its canvas says what to do. */
export function pressing(bench: Bench): Problem[] {
  return bench.problems.filter((one) => one.code !== 'designer.no_fields' || one.path !== 'fields' || bench.history.canUndo);
}

/** The problems of a thing: its own and those below it. */
export function problemsOf(bench: Bench, place: string[]): Problem[] {
  const start = place.join('.');
  return bench.problems.filter((one) => one.path === start || one.path.startsWith(`${start}.`));
}
