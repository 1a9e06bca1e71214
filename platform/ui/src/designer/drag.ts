// Dragging with the pointer: our own, so that sections, columns, rows of sub-forms and tabs are all places to drop, the
// place is shown while one drags, and touch works like a mouse.
import type { Target } from './types.ts';

export interface Dragged {
  /** What is dragged: fields that are there (`paths`), a new field (`type`), a section or a tab. */
  kind: 'move' | 'new' | 'section' | 'tab';
  paths: string[];
  type?: string;
  label: string;
  /** Whether it may stand in the rows of a sub-form. */
  into: (subform: string) => boolean;
}

export interface DragHost {
  drop(dragged: Dragged, target: Target): void;
  /** While something hangs over a tab for a moment. */
  overTab(key: string): void;
  dragging(on: boolean): void;
}

const FAR = 5;
const EDGE = 48;

export class Drag {
  private dragged?: Dragged;
  private target?: Target;
  private startX = 0;
  private startY = 0;
  private on = false;
  private ghost?: HTMLElement;
  private mark?: HTMLElement;
  private tabTimer?: ReturnType<typeof setTimeout>;
  private overTab = '';
  private scrolling = 0;
  private pointer: PointerEvent | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly host: DragHost,
    private readonly what: (from: Element) => Dragged | undefined,
  ) {
    root.addEventListener('pointerdown', (event) => this.down(event));
    addEventListener('pointermove', (event) => this.move(event));
    addEventListener('pointerup', () => this.up(true));
    addEventListener('pointercancel', () => this.up(false));
    addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.on) {
        event.stopPropagation();
        this.up(false);
      }
    }, true);
    // A click after a drag would choose what lies under the pointer.
    root.addEventListener('click', (event) => {
      if (!this.justDropped) return;
      event.stopPropagation();
      event.preventDefault();
    }, true);
  }

  private justDropped = false;

  private down(event: PointerEvent): void {
    if (event.button !== 0 || (event.pointerType === 'touch' && !(event.target as Element).closest('[data-grip]'))) return;
    const from = (event.target as Element).closest('[data-drag]');
    if (!from) return;
    this.dragged = this.what(from);
    this.startX = event.clientX;
    this.startY = event.clientY;
  }

  private move(event: PointerEvent): void {
    if (!this.dragged) return;
    this.pointer = event;
    if (!this.on) {
      if (Math.hypot(event.clientX - this.startX, event.clientY - this.startY) < FAR) return;
      this.begin(this.dragged);
    }
    event.preventDefault();
    this.place(event.clientX, event.clientY);
  }

  private begin(dragged: Dragged): void {
    this.on = true;
    this.host.dragging(true);
    getSelection()?.removeAllRanges();
    this.ghost = document.createElement('div');
    this.ghost.className = 'dz-ghost';
    this.ghost.textContent = dragged.label;
    this.mark = document.createElement('div');
    this.mark.className = 'dz-mark';
    document.body.append(this.ghost, this.mark);
    this.scroll();
  }

  private place(x: number, y: number): void {
    this.ghost?.style.setProperty('transform', `translate(${x + 12}px, ${y + 10}px)`);
    const under = document.elementFromPoint(x, y);
    this.hang(under?.closest<HTMLElement>('[data-tab]')?.dataset['tab'] ?? '');
    const list = this.listUnder(under, x, y);
    this.target = undefined;
    this.mark?.classList.remove('dz-mark-on');
    this.root.querySelectorAll('.dz-over').forEach((one) => one.classList.remove('dz-over'));
    if (!list) return;
    const place = list.dataset['drop'] ?? '';
    const index = this.index(list, x, y);
    this.target = place.startsWith('rows:') ? { subform: place.slice(5), index } : { section: place.slice(place.indexOf(':') + 1), index };
    list.classList.add('dz-over');
  }

  private listUnder(under: Element | null, x: number, y: number): HTMLElement | undefined {
    const dragged = this.dragged;
    if (!dragged || !under) return undefined;
    const wanted = { section: '[data-drop^="blocks:"]', tab: '[data-drop^="tabs:"]' }[dragged.kind as string];
    if (wanted) return under.closest<HTMLElement>(wanted) ?? undefined;
    const holders = '[data-drop^="section:"], [data-drop^="rows:"]';
    let close = under.closest<HTMLElement>(holders);
    while (close?.dataset['drop']?.startsWith('rows:') && !dragged.into(close.dataset['drop'].slice(5))) {
      close = close.parentElement?.closest<HTMLElement>(holders) ?? null; // what does not fit into rows stands around them
    }
    if (close) return close;
    // Over the paper, but in no section: the nearest one.
    const paper = under.closest('.dz-paper, .dz-canvas');
    const lists = [...(paper?.querySelectorAll<HTMLElement>('[data-drop^="section:"]') ?? [])];
    const far = (one: HTMLElement): number => {
      const box = one.getBoundingClientRect();
      return Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    };
    return lists.sort((a, b) => far(a) - far(b))[0];
  }

  /** Before which element of a list something would come, and the line that shows it. */
  private index(list: HTMLElement, x: number, y: number): number {
    const items = [...list.querySelectorAll<HTMLElement>(':scope > [data-item]')];
    const area = list.getBoundingClientRect();
    const boxes = items.map((one) => one.getBoundingClientRect());
    const inRows = list.dataset['drop']?.startsWith('rows:');
    const stacked = list.dataset['drop']?.startsWith('blocks:');
    let index = boxes.length;
    for (const [number, box] of boxes.entries()) {
      const wide = stacked || (!inRows && box.width > area.width * 0.7);
      const before = inRows
        ? x < box.left + box.width / 2
        : y < box.top || (y <= box.bottom && (wide ? y < box.top + box.height / 2 : x < box.left + box.width / 2));
      if (before) {
        index = number;
        break;
      }
    }
    this.draw(area, boxes, index, Boolean(inRows) || list.dataset['drop'] === 'tabs:', Boolean(stacked));
    return index;
  }

  private draw(area: DOMRect, boxes: DOMRect[], index: number, upright: boolean, stacked: boolean): void {
    const mark = this.mark;
    if (!mark) return;
    const next = boxes[index];
    const before = boxes[index - 1];
    const near = next ?? before;
    let box = { left: area.left + 8, top: area.top + 10, width: area.width - 16, height: 3 };
    if (near) {
      const wide = !upright && (stacked || near.width > area.width * 0.7);
      if (wide) {
        const top = next ? (before ? (before.bottom + next.top) / 2 : next.top - 6) : near.bottom + 4;
        box = { left: near.left, top: top - 1.5, width: near.width, height: 3 };
      } else {
        const sameRow = before && next && Math.abs(before.top - next.top) < 8;
        const left = next ? (sameRow ? (before.right + next.left) / 2 : next.left - 7) : near.right + 6;
        box = { left: left - 1.5, top: near.top, width: 3, height: near.height };
      }
    }
    for (const [name, value] of Object.entries(box)) mark.style.setProperty(name, `${value}px`);
    mark.classList.add('dz-mark-on');
  }

  private hang(key: string): void {
    if (key === this.overTab) return;
    this.overTab = key;
    clearTimeout(this.tabTimer);
    if (key && this.dragged?.kind !== 'tab') this.tabTimer = setTimeout(() => this.host.overTab(key), 450);
  }

  private scroll(): void {
    cancelAnimationFrame(this.scrolling);
    const step = (): void => {
      if (!this.on) return;
      const canvas = this.root.querySelector<HTMLElement>('.dz-canvas');
      const at = this.pointer;
      if (canvas && at) {
        const box = canvas.getBoundingClientRect();
        const inside = at.clientX > box.left && at.clientX < box.right;
        const speed = !inside ? 0 : at.clientY < box.top + EDGE ? -9 : at.clientY > box.bottom - EDGE ? 9 : 0;
        if (speed) {
          canvas.scrollBy(0, speed);
          this.place(at.clientX, at.clientY);
        }
      }
      this.scrolling = requestAnimationFrame(step);
    };
    this.scrolling = requestAnimationFrame(step);
  }

  private up(drop: boolean): void {
    // What lies under the pointer may have been drawn anew meanwhile, with a key that followed its name.
    if (drop && this.on && this.pointer) this.place(this.pointer.clientX, this.pointer.clientY);
    const { dragged, target, on } = this;
    this.dragged = undefined;
    this.target = undefined;
    this.overTab = '';
    clearTimeout(this.tabTimer);
    if (!on) return;
    this.on = false;
    this.ghost?.remove();
    this.mark?.remove();
    this.root.querySelectorAll('.dz-over').forEach((one) => one.classList.remove('dz-over'));
    this.host.dragging(false);
    this.justDropped = true;
    setTimeout(() => (this.justDropped = false), 60);
    if (drop && dragged && target) this.host.drop(dragged, target);
  }
}
