// What is written into a picture before it is sent.

/** Lines in the lower left corner, white on a dark band, large enough to read on the whole picture. */
export function marked(pen: CanvasRenderingContext2D, canvas: HTMLCanvasElement, lines: string[]): void {
  const size = Math.max(12, Math.round(Math.min(canvas.width, canvas.height) / 28));
  const gap = Math.round(size * 0.5);
  pen.font = `${size}px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif`;
  const height = lines.length * size + (lines.length + 1) * gap;
  const width = Math.min(canvas.width, Math.max(...lines.map((one) => pen.measureText(one).width)) + 2 * gap);
  pen.fillStyle = 'rgba(0, 0, 0, 0.5)';
  pen.fillRect(0, canvas.height - height, width, height);
  pen.fillStyle = '#fff';
  pen.textBaseline = 'top';
  lines.forEach((line, place) => pen.fillText(line, gap, canvas.height - height + gap + place * (size + gap), canvas.width - 2 * gap));
}

/** What a field beside this element shows: in its row, else in the record. */
export function shownText(here: Element, key: string): string {
  const own = here.closest('[data-field]')?.getAttribute('data-field') ?? '';
  const subform = own.includes('.') ? own.slice(0, own.lastIndexOf('.')) : '';
  const inRow = subform && here.closest('tr[data-row]')?.querySelector(`[data-field="${CSS.escape(`${subform}.${key}`)}"]`);
  const place = inRow || here.closest('form')?.querySelector(`[data-field="${CSS.escape(key)}"]`);
  if (!place) return '';
  const chosen = [...place.querySelectorAll('.dg-picked .text-truncate')].map((one) => one.textContent ?? '');
  if (chosen.length) return chosen.join(', ');
  const output = place.querySelector('output, .dg-output');
  if (output) return output.textContent?.trim() ?? '';
  const boxes = [...place.querySelectorAll<HTMLInputElement>('input:is([type=radio], [type=checkbox]):checked')];
  if (boxes.length) return boxes.map((one) => one.closest('label')?.textContent?.trim() ?? one.value).join(', ');
  const select = place.querySelector('select');
  if (select) return [...select.selectedOptions].map((one) => (one.value ? (one.textContent?.trim() ?? '') : '')).join(', ');
  return place.querySelector<HTMLInputElement>('input:not([type=hidden], [type=file], [type=radio], [type=checkbox]), textarea')?.value.trim() ?? '';
}
