// Documents as values: places inside them are paths of names, elements of lists are named by their key (or themselves,
// where they are texts). Changes are patches that can be applied forwards and backwards, also on a document that somebody
// else changed in other places meanwhile.
export type Json = unknown;

export interface SetPatch {
  p: string[];
  o?: Json;
  n?: Json;
}

export interface ListPatch {
  p: string[];
  ol: string[];
  nl: string[];
  add: Record<string, Json>;
  del: Record<string, Json>;
}

export type Patch = SetPatch | ListPatch;

type Obj = Record<string, Json>;

const isObject = (value: Json): value is Obj => typeof value === 'object' && value !== null && !Array.isArray(value);

export function keyOf(element: Json): string | undefined {
  if (typeof element === 'string') return element;
  if (isObject(element) && typeof element['key'] === 'string') return element['key'];
  return undefined;
}

/** The keys of a keyed list in their order; nothing for any other value. */
export function listKeys(value: Json): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const keys = value.map(keyOf);
  if (keys.some((key) => key === undefined) || new Set(keys).size !== keys.length) return undefined;
  return keys as string[];
}

export function same(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((one, index) => same(one, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const names = Object.keys(left).filter((name) => left[name] !== undefined);
    const others = Object.keys(right).filter((name) => right[name] !== undefined);
    return names.length === others.length && names.every((name) => same(left[name], right[name]));
  }
  return false;
}

export function child(value: Json, name: string): Json {
  if (Array.isArray(value)) return value.find((one) => keyOf(one) === name);
  return isObject(value) ? value[name] : undefined;
}

export function get(document: Json, path: readonly string[]): Json {
  return path.reduce<Json>((value, name) => (value === undefined ? undefined : child(value, name)), document);
}

/** The document with a value at a path; `undefined` takes away what is there. Objects on the way are made. */
export function put<T>(document: T, path: readonly string[], value: Json): T {
  if (!path.length) return value as T;
  const [name, ...rest] = path as [string, ...string[]];
  if (Array.isArray(document)) {
    const index = document.findIndex((one) => keyOf(one) === name);
    if (index < 0) return (value === undefined || rest.length ? document : [...document, value]) as T;
    const below = put(document[index], rest, value);
    const copy = [...document];
    if (below === undefined) copy.splice(index, 1);
    else copy[index] = below;
    return copy as T;
  }
  const object: Obj = isObject(document) ? document : {};
  const below = put(object[name], rest, value);
  if (below !== undefined) return { ...object, [name]: below } as T;
  const { [name]: _gone, ...left } = object;
  return left as T;
}

/** The patches that lead from one value to another. */
export function diff(old: Json, now: Json, path: string[] = []): Patch[] {
  if (same(old, now)) return [];
  if (isObject(old) && isObject(now)) {
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
    return names.flatMap((name) => diff(old[name], now[name], [...path, name]));
  }
  const before = listKeys(old);
  const after = listKeys(now);
  if (!before || !after || !Array.isArray(old) || !Array.isArray(now)) {
    return [{ p: path, ...(old === undefined ? {} : { o: old }), ...(now === undefined ? {} : { n: now }) }];
  }
  const found: Patch[] = [];
  if (!same(before, after)) {
    const pick = (list: Json[], without: string[]): Record<string, Json> =>
      Object.fromEntries(list.filter((one) => !without.includes(keyOf(one) ?? '')).map((one) => [keyOf(one) ?? '', one]));
    found.push({ p: path, ol: before, nl: after, add: pick(now, before), del: pick(old, after) });
  }
  for (const key of after) if (before.includes(key)) found.push(...diff(child(old, key), child(now, key), [...path, key]));
  return found;
}

export function apply<T>(document: T, patches: readonly Patch[], backwards = false): T {
  const ordered = backwards ? [...patches].reverse() : patches;
  return ordered.reduce<T>((value, patch) => applyOne(value, patch, backwards), document);
}

function applyOne<T>(document: T, patch: Patch, backwards: boolean): T {
  if (!('ol' in patch)) {
    if (patch.p.length > 1 && get(document, patch.p.slice(0, -1)) === undefined) return document; // its place is gone
    return put(document, patch.p, backwards ? patch.o : patch.n);
  }
  const current = get(document, patch.p);
  if (current !== undefined && !Array.isArray(current)) return document;
  const [order, add, gone] = backwards ? [patch.ol, patch.del, patch.add] : [patch.nl, patch.add, patch.del];
  const list = (current ?? []) as Json[];
  const kept = list.filter((one) => !((keyOf(one) ?? '') in gone));
  const have = new Map(kept.map((one) => [keyOf(one) ?? '', one]));
  for (const [key, element] of Object.entries(add)) if (!have.has(key)) have.set(key, element);
  return put(document, patch.p, arrange(order, have, kept.map((one) => keyOf(one) ?? '')));
}

/** The elements in an order; those that it does not know stay behind their neighbour. */
function arrange(order: string[], have: Map<string, Json>, current: string[]): Json[] {
  const keys = order.filter((key) => have.has(key));
  let before: string | undefined;
  for (const key of current) {
    if (!keys.includes(key)) keys.splice(before === undefined ? 0 : keys.indexOf(before) + 1, 0, key);
    before = key;
  }
  return keys.map((key) => have.get(key));
}
