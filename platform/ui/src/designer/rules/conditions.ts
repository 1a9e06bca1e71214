// Conditions of rules as rows that people choose, and the expressions that they stand for. An expression that was written
// by hand is read back where it has this shape; `undefined` says that it has another one.

/** What is compared: a fixed value, another field, today and some days, the person who is signed in. */
export type Kind = 'value' | 'field' | 'today' | 'me';

export interface Condition {
  /** A name (`amount`, `customer.grade`), `lines.qty` with `rows`, or `@me`. */
  field: string;
  op: string;
  kind: Kind;
  value: string;
  /** For a field of a sub-form: in some row or in each. */
  rows?: 'ANY' | 'EVERY';
}

export interface Group {
  join: 'AND' | 'OR';
  items: (Group | Condition)[];
}

export type TypeOf = (name: string) => string;

export const isGroup = (one: Group | Condition): one is Group => 'join' in one;

/** What may be asked of a value of each type. */
export const OPERATORS: Record<string, string[]> = {
  text: ['=', '<>', 'has', 'hasnot', 'starts', 'blank', 'filled'],
  number: ['>', '>=', '<', '<=', '=', '<>', 'blank', 'filled'],
  date: ['=', '<', '<=', '>', '>=', 'blank', 'filled'],
  datetime: ['=', '<', '<=', '>', '>=', 'blank', 'filled'],
  boolean: ['yes', 'no'],
  list: ['has', 'hasnot', 'blank', 'filled'],
  record: ['=', '<>', 'blank', 'filled'],
  me: ['role', 'dept'],
};

/** Operators that compare with nothing. */
export const ALONE = ['blank', 'filled', 'yes', 'no'];

// -- writing ---------------------------------------------------------------------------------------------------------------

export function write(group: Group, typeOf: TypeOf): string {
  return said(group, typeOf);
}

function said(one: Group | Condition, typeOf: TypeOf): string {
  if (!isGroup(one)) return compared(one, typeOf);
  const parts = one.items.map((each) => said(each, typeOf)).filter(Boolean);
  return parts.length > 1 ? `${one.join}(${parts.join(', ')})` : (parts[0] ?? '');
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function compared(one: Condition, typeOf: TypeOf): string {
  if (!one.field) return '';
  if (one.field === '@me') return one.value.trim() ? `${one.op === 'dept' ? 'INDEPT' : 'HASROLE'}(${quoted(one.value.trim())})` : '';
  const type = typeOf(one.field);
  const [head, ...rest] = one.field.split('.');
  const name = one.rows ? rest.join('.') : one.field;
  const text = plainly(one, name, type);
  return one.rows && text ? `${one.rows}(${head}, ${text})` : text;
}

function plainly(one: Condition, name: string, type: string): string {
  switch (one.op) {
    case 'yes': return name;
    case 'no': return `NOT(${name})`;
    case 'blank': return type === 'list' || type === 'record' ? `ISBLANK(${name})` : `${name} = ""`;
    case 'filled': return type === 'list' || type === 'record' ? `NOT(ISBLANK(${name}))` : `${name} <> ""`;
  }
  const value = valued(one, type);
  if (!value) return '';
  switch (one.op) {
    case 'has': return `CONTAINS(${name}, ${value})`;
    case 'hasnot': return `NOT(CONTAINS(${name}, ${value}))`;
    case 'starts': return `STARTSWITH(${name}, ${value})`;
  }
  return `${type === 'datetime' && one.kind !== 'field' ? `DATE(${name})` : name} ${one.op} ${value}`;
}

function valued(one: Condition, type: string): string {
  if (one.kind === 'me') return 'CURRENTUSER()';
  if (one.kind === 'field') return one.value;
  if (one.kind === 'today') {
    const days = Math.trunc(Number(one.value) || 0);
    return days ? `TODAY() ${days > 0 ? '+' : '-'} ${Math.abs(days)}` : 'TODAY()';
  }
  if (!one.value.trim()) return '';
  if (type === 'number') return Number.isFinite(Number(one.value)) ? one.value.trim() : '';
  if (type === 'date' || type === 'datetime') {
    const [year, month, day] = one.value.split('-').map(Number);
    return year && month && day ? `DATE(${year}, ${month}, ${day})` : '';
  }
  return quoted(one.value);
}

// -- reading ---------------------------------------------------------------------------------------------------------------

type Part = { is: 'name' | 'text' | 'number' | 'sign'; text: string };
type Tree = { is: 'name' | 'text' | 'number'; text: string } | { is: 'call'; name: string; parts: Tree[] } | { is: 'sign'; sign: string; left: Tree; right: Tree };

const PIECE = /\s*(?:("(?:[^"]|"")*")|([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*)|(\d+(?:\.\d+)?)|(<=|>=|<>|[=<>+\-(),]))/uy;

/** The conditions that an expression stands for; undefined where it is of another shape. */
export function read(text: string, typeOf: TypeOf): Group | undefined {
  if (!text.trim()) return { join: 'AND', items: [] };
  const tree = parse(text);
  const found = tree && understood(tree, typeOf, '');
  if (!found) return undefined;
  return isGroup(found) ? found : { join: 'AND', items: [found] };
}

function parse(text: string): Tree | undefined {
  const parts: Part[] = [];
  PIECE.lastIndex = 0;
  const whole = text.trimEnd();
  while (PIECE.lastIndex < whole.length) {
    const found = PIECE.exec(whole);
    if (!found) return undefined;
    if (found[1] !== undefined) parts.push({ is: 'text', text: found[1].slice(1, -1).replaceAll('""', '"') });
    else if (found[2] !== undefined) parts.push({ is: 'name', text: found[2] });
    else if (found[3] !== undefined) parts.push({ is: 'number', text: found[3] });
    else parts.push({ is: 'sign', text: found[4] as string });
  }
  let at = 0;
  const sign = (...texts: string[]): string | undefined => {
    const one = parts[at];
    if (one?.is !== 'sign' || !texts.includes(one.text)) return undefined;
    at += 1;
    return one.text;
  };
  const comparison = (): Tree | undefined => {
    const left = sum();
    const found = left && sign('=', '<>', '<=', '>=', '<', '>');
    if (!found) return left;
    const right = sum();
    return right && left && { is: 'sign', sign: found, left, right };
  };
  const sum = (): Tree | undefined => {
    let left = atom();
    for (let found = left && sign('+', '-'); found && left; found = sign('+', '-')) {
      const right = atom();
      if (!right) return undefined;
      left = { is: 'sign', sign: found, left, right };
    }
    return left;
  };
  const atom = (): Tree | undefined => {
    if (sign('-')) {
      const one = parts[at++];
      return one?.is === 'number' ? { is: 'number', text: `-${one.text}` } : undefined;
    }
    const one = parts[at++];
    if (!one || one.is === 'sign') return undefined;
    if (one.is !== 'name' || !sign('(')) return { is: one.is, text: one.text };
    const inner: Tree[] = [];
    if (sign(')')) return { is: 'call', name: one.text.toUpperCase(), parts: inner };
    do {
      const found = comparison();
      if (!found) return undefined;
      inner.push(found);
    } while (sign(','));
    return sign(')') ? { is: 'call', name: one.text.toUpperCase(), parts: inner } : undefined;
  };
  const tree = comparison();
  return at === parts.length ? tree : undefined;
}

function understood(tree: Tree, typeOf: TypeOf, rows: string): Group | Condition | undefined {
  if (tree.is === 'call' && (tree.name === 'AND' || tree.name === 'OR') && tree.parts.length > 1) {
    const items = tree.parts.map((one) => understood(one, typeOf, rows));
    return items.every((one) => one !== undefined) && !rows ? { join: tree.name, items: items as (Group | Condition)[] } : undefined;
  }
  if (tree.is === 'call' && (tree.name === 'ANY' || tree.name === 'EVERY') && tree.parts.length === 2 && !rows) {
    const [head, condition] = tree.parts as [Tree, Tree];
    if (head.is !== 'name' || typeOf(head.text) !== 'records') return undefined;
    const one = understood(condition, typeOf, head.text);
    return one && !isGroup(one) ? { ...one, rows: tree.name } : undefined;
  }
  return single(tree, typeOf, rows);
}

function single(tree: Tree, typeOf: TypeOf, rows: string): Condition | undefined {
  const named = (one: Tree | undefined, type?: string): string | undefined => {
    if (one?.is !== 'name') return undefined;
    const name = rows ? `${rows}.${one.text}` : one.text;
    const found = typeOf(name);
    return found && (!type || found === type) ? name : undefined;
  };
  const made = (field: string | undefined, op: string, kind: Kind = 'value', value = ''): Condition | undefined => (field ? { field, op, kind, value } : undefined);
  if (tree.is === 'name') return made(named(tree, 'boolean'), 'yes');
  if (tree.is === 'call') {
    const [first, second] = tree.parts;
    if (['HASROLE', 'INDEPT'].includes(tree.name) && tree.parts.length === 1 && first?.is === 'text' && !rows) return made('@me', tree.name === 'HASROLE' ? 'role' : 'dept', 'value', first.text);
    if (tree.name === 'ISBLANK' && tree.parts.length === 1) return made(named(first), 'blank');
    if (['CONTAINS', 'STARTSWITH'].includes(tree.name) && second?.is === 'text') return made(named(first), tree.name === 'CONTAINS' ? 'has' : 'starts', 'value', second.text);
    if (tree.name !== 'NOT' || tree.parts.length !== 1 || !first) return undefined;
    const inner = single(first, typeOf, rows);
    const not = inner && { yes: 'no', has: 'hasnot', blank: 'filled' }[inner.op];
    return inner && not ? { ...inner, op: not } : undefined;
  }
  if (tree.is !== 'sign' || !['=', '<>', '<', '>', '<=', '>='].includes(tree.sign)) return undefined;
  const dated = tree.left.is === 'call' && tree.left.name === 'DATE' && tree.left.parts.length === 1;
  const field = dated ? named((tree.left as { parts: Tree[] }).parts[0], 'datetime') : named(tree.left);
  if (!field) return undefined;
  const type = typeOf(field);
  const { right, sign } = tree;
  if (!OPERATORS[type]?.includes(sign) && !(right.is === 'text' && right.text === '')) return undefined;
  if (right.is === 'text' && right.text === '') return sign === '=' ? made(field, 'blank') : sign === '<>' ? made(field, 'filled') : undefined;
  if (right.is === 'text') return type === 'text' ? made(field, sign, 'value', right.text) : undefined;
  if (right.is === 'number') return type === 'number' ? made(field, sign, 'value', right.text) : undefined;
  if (right.is === 'name') {
    const other = named(right) ?? (typeOf(right.text) ? right.text : undefined);
    return other && typeOf(other) === type ? made(field, sign, 'field', right.text) : undefined;
  }
  if (type === 'datetime' && !dated) return undefined;
  if (right.is === 'call' && right.name === 'CURRENTUSER' && !right.parts.length) return type === 'record' ? made(field, sign, 'me') : undefined;
  if (type !== 'date' && type !== 'datetime') return undefined;
  if (right.is === 'call' && right.name === 'TODAY' && !right.parts.length) return made(field, sign, 'today', '0');
  if (right.is === 'call' && right.name === 'DATE' && right.parts.length === 3 && right.parts.every((one) => one.is === 'number')) {
    const [year, month, day] = right.parts.map((one) => (one as { text: string }).text);
    return made(field, sign, 'value', `${year?.padStart(4, '0')}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}`);
  }
  if (right.is === 'sign' && right.left.is === 'call' && right.left.name === 'TODAY' && right.right.is === 'number' && (right.sign === '+' || right.sign === '-')) {
    return made(field, sign, 'today', `${right.sign === '-' ? '-' : ''}${right.right.text}`);
  }
  return undefined;
}
