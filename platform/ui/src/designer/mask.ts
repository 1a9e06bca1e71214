// What a mask shows, as the server's `masks.py` does: for the example below the setting of a field.
const KEPT: Record<string, [number, number]> = { phone: [3, 4], id: [3, 4], name: [1, 0] };
const SAMPLES: Record<string, string> = {
  phone: '13812348000',
  email: 'zhangsan@site.cn',
  id_card: '110101199003078515',
  plate: '京A12345',
  serial: 'SO-2026-0042',
};

/** A value of a type of fields, to be masked for the example; a mask for another kind of value has its own. */
export function sampleFor(type: string, kind: string): string {
  if (kind === 'name') return '张三丰';
  if (kind === 'email') return SAMPLES['email'] as string;
  return SAMPLES[type] ?? (kind === 'id' ? (SAMPLES['id_card'] as string) : (SAMPLES['phone'] as string));
}

/** What of a text is shown to those who may not read it in full. */
export function masked(text: string, mask: Record<string, unknown>): string {
  const kind = String(mask['kind'] ?? '');
  if (kind === 'all') return '*'.repeat(6);
  if (kind === 'email') {
    const at = text.indexOf('@');
    return `${text.slice(0, at < 0 ? 1 : Math.min(1, at))}***${at < 0 ? '' : text.slice(at)}`;
  }
  const own: [number, number] = [Number(mask['keep_start'] ?? 0), Number(mask['keep_end'] ?? 0)];
  const [start, end] = KEPT[kind] ?? own;
  const letters = [...text];
  const hidden = letters.length - start - end;
  if (hidden <= 0) return '*'.repeat(letters.length);
  return letters.slice(0, start).join('') + '*'.repeat(hidden) + letters.slice(letters.length - end).join('');
}
