import htmx from 'htmx.org';

// A line at the top of the window while something is on its way for longer than a moment.
let running = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function began(): void {
  running += 1;
  timer ??= setTimeout(() => document.documentElement.classList.add('dg-is-busy'), 250);
}

function ended(): void {
  running = Math.max(0, running - 1);
  if (running === 0) {
    clearTimeout(timer);
    timer = undefined;
    document.documentElement.classList.remove('dg-is-busy');
  }
}

document.addEventListener('htmx:before:request', began);
document.addEventListener('htmx:finally:request', ended);

/** Tell an element that it was opened. htmx wires the page in a task of its own after the scripts: quick hands must not be sooner than that. */
export function opened(element: Element): void {
  setTimeout(() => element.dispatchEvent(new CustomEvent('dg:open')));
}

export { htmx };
