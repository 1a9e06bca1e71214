// The designer of a form as one element: what is there (`doc`), what is chosen, and what people do with it. How it looks
// is in `canvas`, `palette`, `panel`, `rules`, `try` and `toolbar`.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { toast } from '../shell/toasts.ts';
import { t } from '../shell/words.ts';
import { send } from './api.ts';
import { icon, setSprite, type Bench, type Change, type View } from './bench.ts';
import { canvas } from './canvas.ts';
import { Cells } from './cells.ts';
import { putClip, readClip } from './clipboard.ts';
import { conflictDialog, settle } from './conflicts.ts';
import { settleLists } from './controls.ts';
import { Drag, type Dragged } from './drag.ts';
import { Following } from './following.ts';
import { History, type Shown } from './history.ts';
import { onKey, search } from './keyboard.ts';
import { put, same } from './keyed.ts';
import { words } from './labels.ts';
import {
  addSection, addTab, blocks, exists, fieldAt, fitsInto, freshKey, insertFields, isField, LOOSE, moveElement, moveFields, newField, parentOf,
  placeOf, removeIds, sectionOf, siblings,
} from './model.ts';
import { inRows, palette } from './palette.ts';
import { panel } from './panel.ts';
import type { DgPublish } from './publish.ts';
import { rules } from './rules.ts';
import { Saver, type Other, type SaveHost } from './save.ts';
import { openParts, showSetting } from './settings.ts';
import { idOf, toolbar } from './toolbar.ts';
import { freshTrial, tryOut } from './try.ts';
import type { Boot, Conflict, FieldSpec, FormDocument, Problem, Target, TypeInfo } from './types.ts';

export class DgFormDesigner extends LitElement implements Bench, SaveHost {
  boot!: Boot;
  doc!: FormDocument;
  types = new Map<string, TypeInfo>();
  chosen: string[] = [];
  view: View = 'layout';
  phone = false;
  tab = '';
  problems: Problem[] = [];
  conflicts: Conflict[] = [];
  others: Other[] = [];
  query = '';
  pending = 0;
  opened = new Set<string>();
  sprite = '';
  narrow = false;
  history!: History;
  saver!: Saver;
  cells!: Cells;
  private theirs = new Set<number>();
  private following!: Following;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    if (!this.boot) this.begin();
    super.connectedCallback();
  }

  private begin(): void {
    this.boot = JSON.parse(this.querySelector('script')?.textContent ?? '{}') as Boot;
    this.replaceChildren();
    this.sprite = this.getAttribute('sprite') ?? '';
    setSprite(this.sprite, this.boot.icons);
    this.doc = this.boot.document;
    this.types = new Map(this.boot.panels.types.map((one) => [one.key, one]));
    this.problems = this.boot.problems;
    this.pending = this.boot.changed;
    this.tab = this.doc.tabs?.[0]?.key ?? '';
    this.history = new History(`dg-design:${this.boot.workspace}:${this.boot.app}:${this.boot.form}`);
    this.cells = new Cells(`/design/${this.boot.app}/cells`, () => this.requestUpdate());
    this.following = new Following(this, `/design/${this.boot.app}/key`);
    this.saver = new Saver(this, `/design/${this.boot.app}/form/${this.boot.form}/document`, this.boot.seen);
    this.history.restore(this.doc);
    new Drag(this, { drop: (what, target) => this.drop(what, target), overTab: (key) => this.showTab(key), dragging: (on) => this.classList.toggle('dz-dragging', on) }, (from) => this.dragged(from));
    document.addEventListener('keydown', (event) => onKey(this, event));
    const small = matchMedia('(max-width: 900px)');
    this.narrow = small.matches;
    small.addEventListener('change', () => {
      this.narrow = small.matches;
      this.requestUpdate();
    });
    if (this.boot.conflicts.length) {
      this.conflicts = this.boot.conflicts;
      void this.updateComplete.then(() => this.settle(this.boot.conflicts));
    }
    void this.saver.ask();
    const at = new URLSearchParams(location.search).get('at'); // a link to what has to be mended
    if (at) void this.updateComplete.then(() => this.jump(idOf(at)));
  }

  get locale(): string {
    return this.boot.panels.locale;
  }

  // -- changes ----------------------------------------------------------------------------------------------------------

  change(doc: FormDocument, how: Change = {}): void {
    if (same(doc, this.doc)) {
      if (how.chosen) this.choose(how.chosen);
      return;
    }
    const from = this.chosen;
    const before = this.doc;
    this.doc = doc;
    if (how.chosen) this.chosen = how.chosen;
    this.history.push(before, doc, from, this.chosen, how.about ?? '', how.join);
    this.saver.changed();
    this.requestUpdate();
  }

  undo(): void {
    this.goBack(this.history.undo(this.doc));
  }

  redo(): void {
    this.goBack(this.history.redo(this.doc));
  }

  private goBack(step: Shown | undefined): void {
    if (!step) return;
    this.following.pause();
    this.doc = step.document;
    this.chosen = step.show.filter((id) => exists(this.doc, id));
    this.view = step.rules ? 'rules' : 'layout';
    const first = this.chosen[0];
    if (first) this.reveal(first);
    this.saver.changed();
    this.requestUpdate();
    if (first) void this.updateComplete.then(() => this.querySelector(`[data-id="${CSS.escape(first)}"]`)?.scrollIntoView({ block: 'nearest' }));
  }

  /** A document of the server takes the place of this one; what is chosen stays where it still exists. */
  receive(doc: FormDocument, byOthers: boolean): void {
    this.doc = doc;
    this.history.leadTo(doc);
    this.chosen = this.chosen.filter((id) => exists(doc, id));
    if (byOthers && !this.conflicts.length) toast({ text: t('Changes of {name} are in', { name: this.others[0]?.name ?? t('Somebody else') }), kind: 'info' });
    this.requestUpdate();
  }

  told(answer: { problems: Problem[]; changed: number; others: Other[] }): void {
    if (answer.changed >= 0) {
      this.problems = answer.problems;
      this.pending = answer.changed;
    }
    this.others = answer.others;
    if (answer.changed >= 0) this.following.resume();
    this.requestUpdate();
  }

  saveChanged(): void { this.requestUpdate(); }

  keep(): void { this.history.leadTo(this.doc); }

  settle(conflicts: Conflict[]): void {
    this.conflicts = conflicts;
    this.theirs = new Set();
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const dialog = this.querySelector<HTMLDialogElement>('#dz-conflicts');
      if (dialog && !dialog.open) dialog.showModal();
    });
  }

  private settled(): void {
    const before = this.doc;
    this.doc = settle(this.doc, this.conflicts, this.theirs);
    this.querySelector<HTMLDialogElement>('#dz-conflicts')?.close();
    this.conflicts = [];
    if (!same(before, this.doc)) this.history.push(before, this.doc, this.chosen, this.chosen);
    void this.saver.settled();
    this.requestUpdate();
  }

  // -- choosing and looking -----------------------------------------------------------------------------------------------

  choose(ids: string[], focus = false): void {
    this.chosen = ids;
    const last = ids.at(-1);
    if (last) this.reveal(last);
    this.requestUpdate();
    if (this.narrow && last) void this.updateComplete.then(() => this.querySelector(`.dz-canvas [data-id="${CSS.escape(last)}"]`)?.scrollIntoView({ block: 'start' })); // above the sheet of its properties
    if (!focus) return;
    void this.updateComplete.then(() => {
      const hit = last && this.querySelector<HTMLElement>(`[data-hit="${CSS.escape(last)}"], [data-tab][data-id="${CSS.escape(last)}"]`);
      (hit || this.querySelector<HTMLElement>('.dz-canvas'))?.focus();
      if (hit) hit.scrollIntoView({ block: 'nearest' });
    });
  }

  /** Opens the tab on which something stands. */
  private reveal(id: string): void {
    const section = id.startsWith('#s:') ? this.doc.sections?.find((one) => one.key === id.slice(3)) : isField(id) ? sectionOf(this.doc, id.split('.')[0] as string) : undefined;
    const tab = id.startsWith('#t:') ? id.slice(3) : section?.tab;
    if (tab && this.doc.tabs?.some((one) => one.key === tab)) this.tab = tab;
  }

  edit(select = false): void {
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const input = this.querySelector<HTMLInputElement>('.dz-panel .dz-panel-body input, .dz-panel .dz-panel-body textarea, .dz-panel .dz-panel-body select');
      input?.focus();
      if (select && input?.type === 'text') input.select();
    });
  }

  show(view: View, focus = false): void {
    if (view === 'try') freshTrial();
    this.view = view;
    if (view === 'try') void this.saver.flush().then(() => this.requestUpdate());
    this.requestUpdate();
    if (focus) void this.updateComplete.then(() => this.querySelector<HTMLElement>('.dz-canvas, .dz-try')?.focus());
  }

  showTab(key: string): void {
    this.tab = key;
    this.requestUpdate();
  }

  togglePhone(): void {
    this.phone = !this.phone;
    this.requestUpdate();
  }

  search(text: string): void {
    this.query = text;
    this.requestUpdate();
  }

  jump(id: string, setting?: string[]): void {
    this.view = id.startsWith('#r:') ? 'rules' : 'layout';
    if (setting) openParts(this, setting);
    this.choose(id ? [id] : [], !setting);
    void this.updateComplete.then(() => {
      this.querySelector(`[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: 'center' });
      if (setting) requestAnimationFrame(() => showSetting(this, setting));
    });
  }

  toggle(name: string): void {
    if (!this.opened.delete(name)) this.opened.add(name);
    this.requestUpdate();
  }

  // -- adding -----------------------------------------------------------------------------------------------------------

  add(type: string, target?: Target): void {
    const info = this.types.get(type);
    if (!info) return;
    this.view = 'layout';
    const where = target ?? this.afterChosen(info);
    if (!fitsInto({ type }, where.subform, this.types)) return;
    const spec = newField(info, siblings(this.doc, where.subform), this.locale);
    const path = where.subform ? `${where.subform}.${spec.key}` : spec.key;
    this.history.auto.add(path);
    let doc = insertFields(this.doc, [spec], where, this.types);
    const names = info.group === 'text' && info.value === 'text' && info.may_be_unique && info.storage === 'column' && info.writable;
    if (names && !where.subform && doc['title_field'] === undefined) doc = { ...doc, title_field: spec.key }; // records need a name
    this.change(doc, { chosen: [path] });
    this.choose([path]);
    this.edit(true);
    void this.updateComplete.then(() => this.querySelector(`[data-id="${CSS.escape(path)}"]`)?.scrollIntoView({ block: 'nearest' }));
  }

  /** Behind what is chosen, else at the end of the last section that one sees. */
  private afterChosen(info: TypeInfo | undefined): Target {
    const last = this.chosen.at(-1);
    if (last && isField(last)) {
      for (let at = last; parentOf(at); at = parentOf(at)) {
        const rows = parentOf(at);
        const fits = info ? info.in_subform && (!info.key || fitsInto({ type: info.key }, rows, this.types)) : true;
        if (fits) return { subform: rows, index: siblings(this.doc, rows).indexOf(at.slice(rows.length + 1)) + 1 };
      }
      const outer = last.split('.')[0]!;
      const spec = fieldAt(this.doc, last);
      const isRows = this.types.get(spec?.type ?? '')?.storage === 'children';
      if (isRows && !spec?.fields?.length && info?.in_subform && info.storage !== 'children') return { subform: last, index: 0 };
      const block = blocks(this.doc, this.types).find((one) => one.fields.includes(outer));
      if (block) return { section: block.key, index: block.fields.indexOf(outer) + 1 };
    }
    const all = blocks(this.doc, this.types);
    const chosen = last?.startsWith('#s:') ? all.find((one) => one.key === last.slice(3)) : undefined;
    const seen = all.filter((one) => (this.doc.tabs?.length && one.tab ? one.tab === this.tab : true));
    const block = chosen ?? seen.at(-1) ?? all.at(-1);
    return { section: block?.key ?? LOOSE, index: block?.fields.length ?? 0 };
  }

  addSection(): void {
    const last = this.chosen.at(-1);
    const after = last?.startsWith('#s:') ? last.slice(3) : last && isField(last) ? sectionOf(this.doc, last.split('.')[0] as string)?.key : undefined;
    const onTab = this.doc.tabs?.length ? (after ? this.doc.sections?.find((one) => one.key === after)?.tab : this.tab) : undefined;
    const [doc, key] = addSection(this.doc, t('New section'), this.types, after, onTab);
    this.view = 'layout';
    this.change(doc, { chosen: [`#s:${key}`] });
    this.choose([`#s:${key}`]);
    this.edit(true);
  }

  addTab(): void {
    const [doc, key] = addTab(this.doc, t('New tab'), this.types);
    this.view = 'layout';
    this.change(doc, { chosen: [`#t:${key}`] });
    this.choose([`#t:${key}`]);
    this.edit(true);
  }

  discard(ids: string[]): void {
    if (!ids.length) return;
    const order = [...this.querySelectorAll<HTMLElement>('.dz-canvas [data-hit]')].map((one) => one.dataset['hit'] ?? '');
    const at = order.indexOf(ids[0] as string);
    const doc = removeIds(this.doc, ids);
    if (this.tab && !doc.tabs?.some((one) => one.key === this.tab)) this.tab = doc.tabs?.[0]?.key ?? '';
    const near = [...order.slice(at), ...order.slice(0, Math.max(at, 0)).reverse()].find((id) => exists(doc, id) && !ids.includes(id));
    this.change(doc, { chosen: near && this.view === 'layout' ? [near] : [] });
    if (this.view === 'layout') this.choose(this.chosen, true);
  }

  // -- copying -----------------------------------------------------------------------------------------------------------

  /** In the order of the form, however they were chosen. */
  private chosenFields(): FieldSpec[] {
    const chosen = new Set(this.chosen);
    const walk = (fields: readonly FieldSpec[], before: string): FieldSpec[] =>
      fields.flatMap((one) => [...(chosen.has(before + one.key) ? [one] : []), ...walk(one.fields ?? [], `${before}${one.key}.`)]);
    const top = blocks(this.doc, this.types).flatMap((one) => one.fields);
    return walk(top.map((key) => fieldAt(this.doc, key)).filter((one) => one !== undefined), '');
  }

  copy(): void {
    const fields = this.chosenFields();
    if (!fields.length) return;
    putClip(fields);
    toast({ text: fields.length === 1 ? t('1 field copied. Paste it here or in another form.') : t('{n} fields copied. Paste them here or in another form.', { n: fields.length }) });
  }

  paste(): void {
    const fields = readClip();
    if (!fields.length) {
      toast({ text: t('Nothing was copied yet'), kind: 'info' });
      return;
    }
    this.insertCopies(fields);
  }

  duplicate(): void {
    const fields = this.chosenFields();
    if (fields.length) this.insertCopies(fields);
  }

  private insertCopies(fields: FieldSpec[]): void {
    const rows = inRows(this);
    const where = this.afterChosen(rows ? ({ in_subform: true } as TypeInfo) : undefined);
    const known = fields.filter((one) => this.types.has(one.type) && fitsInto(one, where.subform, this.types));
    if (!known.length) return;
    const taken = siblings(this.doc, where.subform);
    const copies = known.map((one) => {
      const key = freshKey(one.key, taken);
      taken.push(key);
      return { ...one, key };
    });
    const paths = copies.map((one) => (where.subform ? `${where.subform}.${one.key}` : one.key));
    this.change(insertFields(this.doc, copies, where, this.types), { chosen: paths });
    this.choose(paths, true);
  }

  // -- dragging -----------------------------------------------------------------------------------------------------------

  private dragged(from: Element): Dragged | undefined {
    const kind = from.getAttribute('data-drag');
    const id = from.getAttribute('data-id') ?? '';
    if (kind === 'type') {
      const info = this.types.get(from.getAttribute('data-type') ?? '');
      return info && { kind: 'new', paths: [], type: info.key, label: info.title, into: (rows) => fitsInto({ type: info.key }, rows, this.types) };
    }
    if (kind === 'section') return { kind: 'section', paths: [id], label: from.textContent?.trim() ?? '', into: () => false };
    if (kind === 'tab') return { kind: 'tab', paths: [id], label: from.textContent?.trim() ?? '', into: () => false };
    const paths = this.chosen.includes(id) ? this.chosen.filter(isField) : [id];
    const specs = paths.map((path) => fieldAt(this.doc, path));
    const label = paths.length > 1 ? t('{n} fields', { n: paths.length }) : words(specs[0]?.label, this.locale);
    const into = (rows: string): boolean => specs.every((one) => one && fitsInto(one, rows, this.types)) && !paths.some((path) => `${rows}.`.startsWith(`${path}.`));
    return { kind: 'move', paths, label, into };
  }

  private drop(what: Dragged, target: Target): void {
    if (what.kind === 'new') return this.add(what.type as string, target);
    if (what.kind === 'move') {
      const [doc, paths] = moveFields(this.doc, what.paths, target, this.types);
      this.change(doc, { chosen: paths });
      this.choose(paths, true);
      return;
    }
    const key = (what.paths[0] as string).slice(3);
    if (what.kind === 'tab') {
      this.change(moveElement(this.doc, ['tabs'], key, target.index), { chosen: what.paths });
      return;
    }
    // Among the sections that one sees: those above the tabs, or those of a tab.
    const tab = target.section ?? '';
    const seen = (this.doc.sections ?? []).filter((one) => (one.tab && this.doc.tabs?.length ? one.tab : '') === tab);
    const before = seen[target.index];
    const all = this.doc.sections ?? [];
    const last = seen.at(-1);
    const at = before ? all.indexOf(before) : last ? all.indexOf(last) + 1 : all.length;
    const moved = moveElement(this.doc, ['sections'], key, at);
    this.change(put(moved, ['sections', key, 'tab'], tab || undefined), { chosen: what.paths });
  }

  // -- keys --------------------------------------------------------------------------------------------------------------

  isNew(id: string): boolean {
    let value: unknown = this.boot.published;
    for (const name of placeOf(id)) {
      value = Array.isArray(value) ? value.find((one: { key?: string }) => one.key === name) : (value as Record<string, unknown> | null | undefined)?.[name];
      if (value === undefined || value === null) return true;
    }
    return false;
  }

  /** The name of a field changed: its key follows, while nobody knows the key. */
  labelled(path: string, text: string): void {
    if (!this.history.auto.has(path) || !this.isNew(path)) return;
    this.following.named(path, text);
  }

  // -- drawing -----------------------------------------------------------------------------------------------------------

  protected override updated(): void { settleLists(this); }

  protected override render(): TemplateResult {
    const choose = (index: number, side: 'mine' | 'theirs'): void => {
      if (side === 'theirs') this.theirs.add(index);
      else this.theirs.delete(index);
      this.requestUpdate();
    };
    return html`<div class="dz ${this.narrow && this.chosen.length ? 'dz-sheet-open' : ''}" data-view=${this.view}>
      ${toolbar(this, this.publish())}
      ${this.narrow ? nothing : html`<dg-tour></dg-tour>`}
      <div class="dz-main">
        ${this.view === 'layout' ? html`${this.narrow ? nothing : palette(this)}${canvas(this)}${this.narrow && !this.chosen.length ? nothing : panel(this)}` : nothing}
        ${this.view === 'rules' ? rules(this) : nothing}
        ${this.view === 'try' ? tryOut(this) : nothing}
      </div>
      ${this.conflicts.length ? conflictDialog(this, this.theirs, choose, () => this.settled()) : nothing}
    </div>`;
  }

  private publish(): TemplateResult {
    return html`<dg-publish app=${this.boot.app} ?pending=${this.pending > 0 || this.saver.state !== 'saved'}
      .prepare=${async () => {
        await this.following.follow();
        await this.saver.flush();
      }}
      .jump=${(path: string, url: string) => {
        const [kind, key, ...rest] = path.split('.');
        if (kind === 'form' && key === this.boot.form) this.jump(idOf(rest.join('.')));
        else location.href = url;
      }}
      .finished=${() => void this.published()}></dg-publish>`;
  }

  private async published(): Promise<void> {
    const found = await send<Partial<Boot>>('GET', `/design/${this.boot.app}/form/${this.boot.form}/document`);
    this.boot = { ...this.boot, ...found };
    this.pending = found.changed ?? 0;
    this.problems = found.problems ?? [];
    this.saver.seen = found.seen ?? this.saver.seen;
    this.history.auto.clear();
    this.history.leadTo(this.doc);
    this.requestUpdate();
  }
}

export { search, icon };
export type { DgPublish };
