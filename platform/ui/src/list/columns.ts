// The dialog of columns: arrows and dragging change the order, which the form sends as it stands.
export function installColumns(root: Document): void {
  root.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('.dg-column [data-move]');
    const item = button?.closest<HTMLElement>('.dg-column');
    if (!button || !item) return;
    const other = button.dataset.move === '-1' ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (button.dataset.move === '-1') other.before(item);
    else other.after(item);
    button.focus();
  });
  let dragged: HTMLElement | null = null;
  root.addEventListener('pointerdown', (event) => {
    const grip = (event.target as Element).closest<HTMLElement>('.dg-column .dg-grip');
    if (!grip) return;
    dragged = grip.closest<HTMLElement>('.dg-column');
    grip.setPointerCapture(event.pointerId);
    dragged?.classList.add('is-dragged');
    event.preventDefault();
  });
  root.addEventListener('pointermove', (event) => {
    if (!dragged) return;
    for (const other of dragged.parentElement?.querySelectorAll<HTMLElement>('.dg-column') ?? []) {
      const box = other.getBoundingClientRect();
      if (other === dragged || event.clientY < box.top || event.clientY > box.bottom) continue;
      if (event.clientY < box.top + box.height / 2) other.before(dragged);
      else other.after(dragged);
    }
  });
  root.addEventListener('pointerup', () => {
    dragged?.classList.remove('is-dragged');
    dragged = null;
  });
}
