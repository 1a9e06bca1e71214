// The bar of stages: where the record is stands in view, and inputs of the dialog work as on the form's page.
export function installStages(root: Document): void {
  for (const here of root.querySelectorAll<HTMLElement>('.dg-stage-bar [aria-current]')) {
    const bar = here.closest<HTMLElement>('.dg-stage-bar');
    if (bar && bar.scrollWidth > bar.clientWidth) bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
  }
  root.addEventListener('htmx:after:swap', () => {
    if (root.querySelector('[data-stage-dialog] [data-field]')) void inputs();
  });
}

/** Pickers, editors and the like, fetched when a dialog has inputs for the first time. */
async function inputs(): Promise<void> {
  await Promise.all([import('../form/picker.ts'), import('../form/fields/index.ts')]);
}
