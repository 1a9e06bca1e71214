// Autosave: a moment after the last change the form goes to the server. Where somebody else saved meanwhile, the server
// merges over what this browser began with; what both changed differently comes back and waits for a person.
import { apply, diff, same } from './keyed.ts';
import { Failure, send } from './api.ts';
import { storageOrNone } from './history.ts';
import type { Conflict, FormDocument, Problem } from './types.ts';

export type SaveState = 'saved' | 'waiting' | 'saving' | 'failed' | 'conflict';

export interface Other {
  id: number;
  name: string;
  since_save: number | null;
}

interface Answer {
  seen: string;
  merged: boolean;
  conflicts: Conflict[];
  problems: Problem[];
  changed: number;
  others: Other[];
  document: FormDocument | null;
}

export interface SaveHost {
  doc: FormDocument;
  /** A document that came from the server; not a step of this person. */
  receive(doc: FormDocument, byOthers: boolean): void;
  told(answer: { problems: Problem[]; changed: number; others: Other[] }): void;
  settle(conflicts: Conflict[]): void;
  saveChanged(): void;
  keep(): void;
}

/** What waits in the browser because it could not be sent. */
interface Left {
  seen: string;
  base: FormDocument;
  document: FormDocument;
}

const PAUSE = 500;
const AGAIN = 6000;
const ASK = 12_000;

export class Saver {
  state: SaveState = 'saved';
  reason = '';
  private timer?: ReturnType<typeof setTimeout>;
  private running?: Promise<void>;
  private base: FormDocument;
  private readonly place: string;

  constructor(
    private readonly host: SaveHost,
    private readonly url: string,
    public seen: string,
    private readonly storage = storageOrNone(),
  ) {
    this.place = `dg-design-left:${url}`;
    this.base = host.doc;
    this.takeUp();
    setInterval(() => void this.ask(), ASK);
    addEventListener('online', () => this.state === 'failed' && void this.flush());
    addEventListener('pagehide', () => this.leave());
    addEventListener('beforeunload', (event) => {
      if (this.state === 'failed' || this.state === 'conflict') event.preventDefault();
    });
  }

  /** What an earlier visit could not save any more (no connection, the page was closed at once). */
  private takeUp(): void {
    try {
      const left = JSON.parse(this.storage?.getItem(this.place) ?? 'null') as Left | null;
      this.storage?.removeItem(this.place);
      if (!left || same(left.document, this.host.doc)) return;
      this.seen = left.seen;
      this.base = left.base;
      this.host.doc = left.document;
      this.changed();
    } catch {
      // Nothing that can be read: nothing is taken up.
    }
  }

  /** Something was changed. */
  changed(): void {
    if (this.state === 'conflict') return;
    this.set(same(this.host.doc, this.base) ? 'saved' : 'waiting');
    clearTimeout(this.timer);
    if (this.state === 'waiting') this.timer = setTimeout(() => void this.flush(), PAUSE);
  }

  /** Saves what waits now; the promise ends when nothing waits any more or saving failed. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    while (this.running) await this.running;
    if (this.state === 'conflict' || same(this.host.doc, this.base)) return;
    this.running = this.save();
    await this.running;
    this.running = undefined;
    if (this.state === 'waiting') await this.flush();
  }

  /** A person settled the conflicts: the document is meant as it is. */
  async settled(): Promise<void> {
    this.set('waiting');
    await this.flush();
  }

  private async save(): Promise<void> {
    const sent = this.host.doc;
    this.set('saving');
    try {
      this.took(sent, await this.put(sent));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.status === 409 && Array.isArray(error.body['conflicts'])) {
        this.clash(error.body as unknown as Answer);
        return;
      }
      this.set('failed', error.message);
      this.leaveHere(); // a browser that ends without a word loses nothing
      this.timer = setTimeout(() => void this.flush(), AGAIN);
    }
  }

  private async put(sent: FormDocument): Promise<Answer> {
    try {
      return await send<Answer>('PUT', this.url, { document: sent, seen: this.seen });
    } catch (error) {
      if (!(error instanceof Failure) || !error.body['stale']) throw error;
      return send<Answer>('PUT', this.url, { document: sent, seen: this.seen, base: this.base });
    }
  }

  private took(sent: FormDocument, answer: Answer): void {
    const meanwhile = diff(sent, this.host.doc);
    this.seen = answer.seen;
    this.base = answer.document ?? sent;
    if (answer.document) this.host.receive(apply(answer.document, meanwhile), true);
    this.storage?.removeItem(this.place);
    this.set(meanwhile.length ? 'waiting' : 'saved');
    this.host.told(answer);
    if (!meanwhile.length) this.host.keep();
  }

  private clash(answer: Answer): void {
    this.seen = answer.seen;
    const merged = answer.document as FormDocument;
    this.base = merged; // what is saved next is meant as it is, over what they have
    this.set('conflict');
    this.host.receive(merged, false);
    this.host.told(answer);
    this.host.settle(answer.conflicts);
    this.base = { ...merged, kind: '' }; // never equal: the settled document is always sent
  }

  /** Who else is here, and whether they saved. */
  async ask(): Promise<void> {
    if (document.hidden || this.state === 'saving' || this.state === 'conflict') return;
    const before = this.seen;
    try {
      const answer = await send<{ seen: string; others: Other[] }>('POST', this.url.replace(/document$/, 'here'), {});
      if (this.seen !== before) return; // saved meanwhile: the answer is old
      this.host.told({ problems: [], changed: -1, others: answer.others });
      if (answer.seen !== this.seen && this.state === 'saved') await this.fetch();
      else if (answer.seen !== this.seen && this.state === 'waiting') await this.flush();
    } catch {
      // The next save tells what is wrong.
    }
  }

  private async fetch(): Promise<void> {
    const before = this.seen;
    const found = await send<{ document: FormDocument; seen: string; problems: Problem[]; changed: number }>('GET', this.url);
    if (this.state !== 'saved' || this.seen !== before) return;
    this.seen = found.seen;
    this.base = found.document;
    this.host.receive(found.document, true);
    this.host.told({ ...found, others: [] });
    this.host.keep();
  }

  private leave(): void {
    if (same(this.host.doc, this.base) || this.state === 'conflict') return;
    this.leaveHere();
    if (this.state !== 'failed') {
      void send('PUT', this.url, { document: this.host.doc, seen: this.seen, base: this.base }, true).catch(() => undefined);
    }
  }

  private leaveHere(): void {
    const left: Left = { seen: this.seen, base: this.base, document: this.host.doc };
    try {
      this.storage?.setItem(this.place, JSON.stringify(left));
    } catch {
      // The storage is full: a request that arrives is the only chance.
    }
  }

  private set(state: SaveState, reason = ''): void {
    this.state = state;
    this.reason = reason;
    this.host.saveChanged();
  }
}
