// The filter as the builder edits it: groups of conditions, kept as plain values so that it can be tested.
export interface Condition { field: string; op: string; value?: unknown }
export interface Group { joint: 'and' | 'or'; parts: Node[] }
export interface Raw { raw: Record<string, unknown> }
export type Node = Condition | Group | Raw;

/** What is asked of date ranges about several days; a single day is its own first and last. */
const RANGES = new Set(['covers', 'overlaps', 'inside']);
const BARE = new Set(['empty', 'filled', 'is_me', 'my_team', 'my_department']);

export const takesValue = (op: string): boolean => !BARE.has(op);
export const isGroup = (node: Node): node is Group => 'joint' in node;
export const isRaw = (node: Node): node is Raw => 'raw' in node;

/** The tree of filter JSON; what the builder cannot show is kept as it is. */
export function fromJson(json: unknown): Group {
  if (!json || typeof json !== 'object') return { joint: 'and', parts: [] };
  const node = node_(json as Record<string, unknown>);
  return isGroup(node) ? node : { joint: 'and', parts: [node] };
}

function node_(json: Record<string, unknown>): Node {
  for (const joint of ['and', 'or'] as const) {
    const parts = json[joint];
    if (Array.isArray(parts)) return { joint, parts: parts.map((part) => node_(part as Record<string, unknown>)) };
  }
  if (typeof json.field === 'string' && typeof json.op === 'string') {
    return { field: json.field, op: json.op, value: json.value };
  }
  return { raw: json };
}

/** Filter JSON of a tree without conditions that are not filled in; null where nothing is left. */
export function toJson(node: Node): Record<string, unknown> | null {
  if (isRaw(node)) return node.raw;
  if (isGroup(node)) {
    const parts = node.parts.map(toJson).filter((part) => part !== null);
    return parts.length ? { [node.joint]: parts } : null;
  }
  if (!node.field || !node.op) return null;
  if (!takesValue(node.op)) return { field: node.field, op: node.op };
  const value = clean(node.op, node.value);
  return value === null ? null : { field: node.field, op: node.op, value };
}

function clean(op: string, value: unknown): unknown {
  if (op === 'in' || op === 'nin') {
    const list = (Array.isArray(value) ? value : [value]).filter((one) => one !== '' && one !== null && one !== undefined);
    return list.length ? list : null;
  }
  if (op === 'between') {
    const [low, high] = Array.isArray(value) ? value : [];
    return blank(low) && blank(high) ? null : [blank(low) ? null : low, blank(high) ? null : high];
  }
  if (RANGES.has(op) && Array.isArray(value)) {
    const [first, last] = value;
    return blank(first) && blank(last) ? null : [blank(first) ? last : first, blank(last) ? first : last];
  }
  if (op === 'within') return String(value ?? '').split(',').filter(Boolean).length === 3 ? value : null;
  return blank(value) ? null : value;
}

const blank = (value: unknown): boolean => value === '' || value === null || value === undefined;
