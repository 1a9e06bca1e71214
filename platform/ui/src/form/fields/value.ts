// What the expressions of a page read of a widget: `data-value` on its root, told by a bubbling `dg:changed`.

/** Keeps `data-value` up to date and says so where it is another than before. */
export function setValue(root: HTMLElement, value: unknown): void {
  const text = JSON.stringify(value);
  if (root.dataset.value === text) return;
  root.dataset.value = text;
  root.dispatchEvent(new CustomEvent('dg:changed', { bubbles: true }));
}
