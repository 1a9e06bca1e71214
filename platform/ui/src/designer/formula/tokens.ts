// The pieces of an expression for the eye: which words are fields, functions, texts and numbers. The server alone decides
// what an expression means; this only has to agree with it on where pieces begin and end.

export interface Token {
  kind: 'field' | 'function' | 'text' | 'number' | 'unknown';
  from: number;
  to: number;
  text: string;
  /** The name that the field goes by from the outermost record: `lines.qty` for `qty` inside of `SUM(lines, qty)`. */
  name?: string;
}

const PIECE = /"(?:[^"]|"")*"?|[“”＂][^“”＂"]*[“”＂"]?|[\p{L}_][\p{L}\p{N}\p{M}_]*(?:\s*[.．]\s*[\p{L}_][\p{L}\p{N}\p{M}_]*)*|[0-9０-９]+(?:[.．][0-9０-９]+)?|[(（]|[)）]|[,，、]/gu;
const CALL = /^\s*[(（]/;

/** A bracket that is open: the function before it, the rows that the first argument means, the argument it is in. */
interface Frame {
  call: string;
  rows: string;
  argument: number;
}

/** The pieces of a text, and the brackets that are open at its end. */
function walk(text: string, known: (name: string) => boolean): { found: Token[]; frames: Frame[] } {
  const found: Token[] = [];
  const frames: Frame[] = [];
  let call = '';
  for (const match of text.matchAll(PIECE)) {
    const piece = match[0];
    const from = match.index;
    const to = from + piece.length;
    const frame = frames.at(-1);
    if (/^[(（]$/.test(piece)) {
      frames.push({ call, rows: '', argument: 0 });
      call = '';
    } else if (/^[)）]$/.test(piece)) {
      const done = frames.pop();
      const outer = frames.at(-1);
      if (done?.call.toUpperCase() === 'FILTER' && outer?.argument === 0) outer.rows = done.rows; // the rows of FILTER are those of the call around
    } else if (/^[,，、]$/.test(piece)) {
      if (frame) frame.argument += 1;
    } else if (/^["“”＂]/.test(piece)) {
      found.push({ kind: 'text', from, to, text: piece });
    } else if (/^[0-9０-９]/.test(piece)) {
      found.push({ kind: 'number', from, to, text: piece });
    } else if (CALL.test(text.slice(to)) && !/[.．]/.test(piece)) {
      call = piece;
      found.push({ kind: 'function', from, to, text: piece });
    } else {
      const bare = piece.replace(/\s*[.．]\s*/g, '.');
      const name = meant(bare, frames, known);
      found.push(name ? { kind: 'field', from, to, text: piece, name } : { kind: 'unknown', from, to, text: piece });
      if (name && frame?.argument === 0) frame.rows = name;
    }
  }
  return { found, frames };
}

/** The pieces of a text; `known` says whether a name exists. */
export function tokens(text: string, known: (name: string) => boolean): Token[] {
  return walk(text, known).found;
}

/** What a name means: a field of the rows that are being computed, innermost first, else one of the record. */
function meant(name: string, frames: Frame[], known: (name: string) => boolean): string {
  for (const frame of [...frames].reverse()) {
    if (frame.argument > 0 && frame.rows && known(`${frame.rows}.${name}`)) return `${frame.rows}.${name}`;
  }
  return known(name) ? name : '';
}

/** The rows whose fields may be named at a place, innermost first: `['lines']` behind `SUM(lines, `. */
export function rowsAt(text: string, at: number, known: (name: string) => boolean): string[] {
  const { frames } = walk(text.slice(0, at), known);
  return frames.filter((one) => one.argument > 0 && one.rows).map((one) => one.rows).reverse();
}

export interface Spelled { from: number; to: number; text: string }

/** Labels that were typed or pasted where names belong, with the names they mean: of the rows that are being computed, innermost
 * first, else of the record. What two fields are called stays, and so does the word under the cursor `at`: it may become another. */
export function spelled(text: string, called: { name: string; label: string }[], at: number): Spelled[] {
  const names = new Set(called.map((one) => one.name));
  const known = (name: string): boolean => names.has(name);
  return tokens(text, known).flatMap((one) => {
    if (one.kind !== 'unknown' || (at >= one.from && at <= one.to)) return [];
    const typed = one.text.replace(/\s*[.．]\s*/g, '.').toLowerCase();
    for (const rows of [...rowsAt(text, one.from, known), '']) {
      const start = rows ? `${rows}.` : '';
      const found = called.filter(({ name, label }) => name.startsWith(start) && words(name.slice(start.length), label) === typed);
      if (found.length) return found.length > 1 ? [] : [{ from: one.from, to: one.to, text: found[0]!.name.slice(start.length) }];
    }
    return [];
  });
}

/** `客户.等级` for `customer.level`: as many labels of the way as the name has parts; empty where a label could not be typed as one word. */
function words(name: string, label: string): string {
  const parts = label.split(' › ').slice(-name.split('.').length);
  return parts.length === name.split('.').length && parts.every((one) => /^[\p{L}_][\p{L}\p{N}\p{M}_]*$/u.test(one)) ? parts.join('.').toLowerCase() : '';
}

/** The function whose brackets a place stands in, and which argument it is in. */
export function callAt(text: string, at: number): { name: string; argument: number } | undefined {
  const { frames } = walk(text.slice(0, at), () => false);
  const inner = frames.reverse().find((one) => one.call);
  return inner && { name: inner.call, argument: inner.argument };
}

/** Where the server says that something is wrong (lines and columns in code points), as a stretch of the text. */
export function stretch(text: string, params: Record<string, unknown>): [number, number] | undefined {
  const line = Number(params['line'] ?? 1);
  const column = Number(params['column']);
  if (!Number.isFinite(column)) return undefined;
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const letters = [...(lines[line - 1] ?? '')];
  const start = before + letters.slice(0, column - 1).join('').length;
  const rest = [...text.slice(start)];
  const end = start + rest.slice(0, Math.max(1, Number(params['length'] ?? 1))).join('').length;
  return start >= text.length && text.length ? [text.length - 1, text.length] : [start, Math.min(end, text.length)];
}
