// <dg-cascade>: a node of a tree, level by level. Each select shows what lies below what was chosen before it.
import { t } from '../../shell/words.ts';

interface Node { id: number; title: string; leaf: boolean }
interface Level { nodes: Node[]; chosen: number | null }

export class CascadeInput extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener('change', (event) => {
      const select = event.target as HTMLSelectElement;
      if (select instanceof HTMLSelectElement) void this.changed(select);
    });
    this.addEventListener('dg:set', (event) => {
      const value = (event as CustomEvent<{ value: unknown }>).detail.value;
      const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : value;
      this.field.value = id === null || id === undefined ? '' : String(id);
      for (const later of this.selects().slice(1)) later.remove();
      void this.start();
    });
    void this.start();
  }

  private get field(): HTMLInputElement {
    return this.querySelector<HTMLInputElement>('input[type=hidden]')!;
  }

  private selects(): HTMLSelectElement[] {
    return [...this.querySelectorAll('select')];
  }

  private async ask(query: string): Promise<Level[]> {
    const answer = await fetch(`${this.dataset.url}?${query}`, { headers: { Accept: 'application/json' } });
    return answer.ok ? ((await answer.json()) as { levels: Level[] }).levels : [];
  }

  private async start(): Promise<void> {
    const levels = await this.ask(this.field.value ? `to=${this.field.value}` : '');
    const first = this.selects()[0]!;
    levels.forEach((level, place) => this.draw(place === 0 ? first : this.another(place), level));
  }

  private another(place: number): HTMLSelectElement {
    const first = this.selects()[0]!;
    const select = document.createElement('select');
    select.className = first.className;
    select.setAttribute('aria-label', t('Level {number}', { number: place + 1 }));
    this.append(select);
    return select;
  }

  private draw(select: HTMLSelectElement, level: Level): void {
    const options = level.nodes.map((node) => {
      const option = new Option(node.title, String(node.id), false, node.id === level.chosen);
      if (node.leaf) option.dataset.leaf = '1';
      return option;
    });
    select.replaceChildren(new Option(t('Choose'), ''), ...options);
    select.value = level.chosen === null ? '' : String(level.chosen);
  }

  private async changed(select: HTMLSelectElement): Promise<void> {
    const place = this.selects().indexOf(select);
    for (const later of this.selects().slice(place + 1)) later.remove();
    this.settle();
    const chosen = select.selectedOptions[0];
    if (!select.value || chosen?.dataset.leaf) return;
    const [level] = await this.ask(`of=${select.value}`);
    if (!level || level.nodes.length === 0 || this.selects().length !== place + 1) return;
    this.draw(this.another(place + 1), level);
  }

  /** The deepest node chosen; where only the last level counts, none before it is reached. */
  private settle(): void {
    const chosen = this.selects().map((one) => one.selectedOptions[0]).filter((one) => one?.value).at(-1);
    const counts = chosen && (!this.hasAttribute('data-leaf') || chosen.dataset.leaf);
    this.field.value = counts ? chosen.value : '';
    this.dataset.value = JSON.stringify(counts ? { id: Number(chosen.value) } : null);
    this.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
    this.dispatchEvent(new CustomEvent('dg:picked', { bubbles: true, detail: { name: this.dataset.name } }));
  }
}

if (!customElements.get('dg-cascade')) customElements.define('dg-cascade', CascadeInput);
