// Copied fields wait in the browser's storage, so that they can be put into another form, and as text for elsewhere.
import { storageOrNone } from './history.ts';
import type { FieldSpec } from './types.ts';

const PLACE = 'dg-design-clipboard';

interface Clip {
  kind: 'dougong/fields';
  fields: FieldSpec[];
}

export function putClip(fields: FieldSpec[]): void {
  const clip: Clip = { kind: 'dougong/fields', fields };
  const text = JSON.stringify(clip);
  storageOrNone()?.setItem(PLACE, text);
  void navigator.clipboard?.writeText(text).catch(() => undefined);
}

export function readClip(): FieldSpec[] {
  try {
    const clip = JSON.parse(storageOrNone()?.getItem(PLACE) ?? 'null') as Clip | null;
    return clip?.kind === 'dougong/fields' && Array.isArray(clip.fields) ? clip.fields : [];
  } catch {
    return [];
  }
}
