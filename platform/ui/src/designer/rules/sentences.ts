// Rules and formulas as sentences, told by the server for the document as it is now.
import { send } from '../api.ts';
import type { Bench } from '../bench.ts';
import type { FormDocument } from '../types.ts';

let told: Record<string, string> = {};
let about: FormDocument | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** The sentence at a place (`rules.limit`, `fields.total`); "" while none is known. */
export function sentenceAt(bench: Bench, place: string): string {
  if (about !== bench.doc) {
    const first = about === undefined;
    about = bench.doc;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(bench), first ? 0 : 400);
  }
  return told[place] ?? '';
}

async function ask(bench: Bench): Promise<void> {
  const document = bench.doc;
  const url = `/design/${bench.boot.app}/form/${bench.boot.form}/sentences`;
  try {
    told = (await send<{ sentences: Record<string, string> }>('POST', url, { document })).sentences;
  } catch {
    return; // the last sentences stay
  }
  bench.requestUpdate();
}
