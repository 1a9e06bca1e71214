// Everything with the keyboard: what a key means depends on where one stands.
import type { Bench } from './bench.ts';
import { pick } from './canvas.ts';
import { blocks, isField, moveElement, moveFields, parentOf, siblings } from './model.ts';
import type { DgPublish } from './publish.ts';
import type { Target } from './types.ts';

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)) || target instanceof HTMLTextAreaElement);

export function onKey(bench: Bench, event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
  const adds = event.target instanceof HTMLSelectElement && 'adds' in event.target.dataset ? event.target : undefined;
  if (adds && /^Arrow(Up|Down)$/.test(event.key) && 'showPicker' in adds) return act(event, () => adds.showPicker()); // a closed list would add its first entry at once
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && !event.altKey && key === 'z') return act(event, () => (event.shiftKey ? bench.redo() : bench.undo()));
  if (command && key === 'y') return act(event, () => bench.redo());
  if (command && key === 's') return act(event, () => void bench.saver.flush());
  if (writes(event.target) || event.target instanceof HTMLSelectElement) return;
  if (event.key === '/' && !command) return act(event, () => search(bench));
  if (event.key === '?' && !command) return act(event, () => showKeys(bench));
  if (command && event.key === 'Enter') return act(event, () => document.querySelector<DgPublish>('dg-publish')?.offer());
  const view = ({ 1: 'layout', 2: 'rules', 3: 'try' } as const)[event.key as '1'];
  if (view && !command && !event.altKey) return act(event, () => bench.show(view, true));
  if (bench.view !== 'layout') return;
  const on = (event.target as Element).closest?.('.dz-canvas, .dz-panel, .dz-palette') ?? (event.target === document.body ? document.body : null);
  if (!on) return;
  if (command && key === 'c' && !getSelection()?.toString()) return act(event, () => bench.copy());
  if (command && key === 'x') return act(event, () => { bench.copy(); bench.discard([...bench.chosen]); });
  if (command && key === 'v') return act(event, () => bench.paste());
  if (command && key === 'd') return act(event, () => bench.duplicate());
  if (command && key === 'a') return act(event, () => bench.choose(bench.doc.fields.map((one) => one.key), true));
  if (on.matches('.dz-palette') && event.key.startsWith('Arrow') && !event.altKey) return act(event, () => walkKinds(event));
  if (on.matches('.dz-panel, .dz-palette')) return;
  if (event.key === 'Delete' || event.key === 'Backspace') return act(event, () => bench.discard([...bench.chosen]));
  if (event.key === 'Escape') return act(event, () => bench.choose([]));
  if (event.key === 'Enter' && bench.chosen.length && (event.target as Element).closest('[data-hit], [data-tab], .dz-canvas')) return act(event, () => bench.edit(true));
  if (event.key.startsWith('Arrow') && event.altKey) return act(event, () => moveChosen(bench, event.key));
  if (event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End') return act(event, () => walk(bench, event));
}

function act(event: KeyboardEvent, what: () => void): void {
  event.preventDefault();
  what();
}

/** The list of keys stands beside the form while nothing is chosen. */
export function showKeys(bench: Bench): void {
  bench.show('layout');
  bench.choose([]);
  requestAnimationFrame(() => {
    const list = document.querySelector<HTMLElement>('.dz-keys');
    list?.scrollIntoView({ block: 'nearest' });
    list?.focus();
  });
}

export function search(bench: Bench): void {
  if (bench.view !== 'layout') {
    bench.show('layout');
    requestAnimationFrame(() => search(bench));
    return;
  }
  const input = document.querySelector<HTMLInputElement>('#dz-search');
  input?.focus();
  input?.select();
}

/** To the nearest thing in a direction. */
function walk(bench: Bench, event: KeyboardEvent): void {
  const all = [...document.querySelectorAll<HTMLElement>('.dz-canvas [data-hit]')];
  const now = all.find((one) => one.dataset['hit'] === bench.chosen.at(-1)) ?? (document.activeElement?.matches('[data-hit]') ? (document.activeElement as HTMLElement) : undefined);
  if (!now || event.key === 'Home' || event.key === 'End') {
    const fields = all.filter((one) => isField(one.dataset['hit'] ?? ''));
    const edge = event.key === 'End' ? fields.at(-1) : fields[0];
    if (edge) bench.choose([edge.dataset['hit'] ?? ''], true);
    return;
  }
  const upright = event.key === 'ArrowUp' || event.key === 'ArrowDown';
  const sign = event.key === 'ArrowUp' || event.key === 'ArrowLeft' ? -1 : 1;
  let best = nearest(all, now, upright, sign);
  if (!best && !upright) best = all[all.indexOf(now) + sign]; // at the end of a row: on with the next
  const id = best?.dataset['hit'];
  if (id === undefined) return;
  if (event.shiftKey && isField(id)) {
    pick(bench, id, event);
    best?.focus();
  } else bench.choose([id], true);
}

/** What stands nearest in a direction: up and down row by row, left and right within the row. */
function nearest(all: HTMLElement[], now: HTMLElement, upright: boolean, sign: number): HTMLElement | undefined {
  const from = now.getBoundingClientRect();
  const [x, y] = [from.left + Math.min(from.width, 120) / 2, from.top + 12];
  const ahead: { one: HTMLElement; far: number; aside: number }[] = [];
  for (const one of all) {
    if (one === now) continue;
    const box = one.getBoundingClientRect();
    const [dx, dy] = [box.left + Math.min(box.width, 120) / 2 - x, box.top + 12 - y];
    const far = (upright ? dy : dx) * sign;
    const aside = Math.abs(upright ? dx : dy);
    if (far > 4 && (upright || aside <= 20)) ahead.push({ one, far, aside });
  }
  const row = Math.min(...ahead.map((each) => each.far)) + 20;
  const order = (left: { far: number; aside: number }, right: { far: number; aside: number }): number => (upright ? left.aside - right.aside : left.far - right.far);
  return ahead.filter((each) => !upright || each.far <= row).sort(order)[0]?.one;
}

/** Through the kinds of fields and what was found; over the first one lies the search. */
function walkKinds(event: KeyboardEvent): void {
  const all = [...document.querySelectorAll<HTMLElement>('.dz-palette-scroll button')];
  const now = all.find((one) => one === document.activeElement);
  if (!now) return;
  const upright = event.key === 'ArrowUp' || event.key === 'ArrowDown';
  const sign = event.key === 'ArrowUp' || event.key === 'ArrowLeft' ? -1 : 1;
  const next = nearest(all, now, upright, sign) ?? (upright ? undefined : all[all.indexOf(now) + sign]);
  if (next) next.focus();
  else if (sign < 0) document.querySelector<HTMLElement>('#dz-search')?.focus();
}

/** Alt and an arrow: fields go one place on, over the edge into the next section; sections and tabs change their order. */
export function moveChosen(bench: Bench, key: string): void {
  const ids = bench.chosen;
  const first = ids[0];
  if (first === undefined) return;
  const step = key === 'ArrowUp' || key === 'ArrowLeft' ? -1 : 1;
  if (first.startsWith('#')) {
    const list = { s: 'sections', t: 'tabs', r: 'rules' }[first[1] as 's'] as string;
    const all = (bench.doc[list] as { key: string }[]).map((one) => one.key);
    const at = all.indexOf(first.slice(3));
    const to = step < 0 ? at - 1 : at + 2;
    if (to >= 0 && to <= all.length) bench.change(moveElement(bench.doc, [list], first.slice(3), to), { chosen: ids });
    return bench.choose(ids, true);
  }
  const target = next(bench, ids.filter(isField), step);
  if (!target) return;
  const [doc, moved] = moveFields(bench.doc, ids.filter(isField), target, bench.types);
  bench.change(doc, { chosen: moved });
  bench.choose(moved, true);
}

function next(bench: Bench, ids: string[], step: number): Target | undefined {
  const edge = (step < 0 ? ids[0] : ids.at(-1)) as string;
  const outer = parentOf(edge);
  if (outer) {
    const at = siblings(bench.doc, outer).indexOf(edge.slice(outer.length + 1));
    const to = step < 0 ? at - 1 : at + 2;
    return to < 0 || to > siblings(bench.doc, outer).length ? undefined : { subform: outer, index: to };
  }
  const all = blocks(bench.doc, bench.types);
  const number = all.findIndex((one) => one.fields.includes(edge));
  const at = all[number]?.fields.indexOf(edge) ?? -1;
  const to = step < 0 ? at - 1 : at + 2;
  if (to >= 0 && to <= (all[number]?.fields.length ?? 0)) return { section: all[number]?.key ?? '', index: to };
  const other = all[number + step];
  return other ? { section: other.key, index: step < 0 ? other.fields.length : 0 } : undefined;
}
