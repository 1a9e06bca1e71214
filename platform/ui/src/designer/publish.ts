// Publishing: one button, the plan in a dialog, what is wrong with it, and the outcome. Used by the designer and by the
// list of an app's forms.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { locale, t } from '../shell/words.ts';
import { toast } from '../shell/toasts.ts';
import { Failure, send } from './api.ts';
import type { Problem } from './types.ts';

interface PlannedChange {
  op: string;
  path: string[];
  value?: unknown;
}

interface Plan {
  documents: { kind: string; key: string; action: string; changes: PlannedChange[] }[];
  conversions: { form: string; field: string; where: string; from: string; to: string; rows: number; fails: number; examples: { id: number; value: string }[] }[];
  removed: { form: string; field: string; where: string; count?: number; values?: number; used_by?: { kind: string; key: string }[] }[];
  problems: (Problem & { where: string; url: string })[];
  titles: Record<string, string>;
  lock_ms: number;
  empty: boolean;
}

export class DgPublish extends LitElement {
  static override properties = {
    app: {},
    pending: { type: Boolean },
    plan: { state: true },
    busy: { state: true },
    failed: { state: true },
  };

  declare app: string;
  declare pending: boolean;
  declare plan: Plan | undefined;
  declare busy: '' | 'plan' | 'publish';
  declare failed: string;
  /** Saves what waits before the plan is asked for; tells the names of places; opens a place. */
  prepare: () => Promise<void> = () => Promise.resolve();
  jump: ((path: string, url: string) => void) | undefined;
  finished: () => void = () => location.reload();

  constructor() {
    super();
    this.app = '';
    this.pending = false;
    this.busy = '';
    this.failed = '';
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  private get dialog(): HTMLDialogElement | null {
    return this.querySelector('dialog');
  }

  /** Opens the dialog where there is something to publish. */
  offer(): void {
    if (this.pending) void this.open();
  }

  async open(): Promise<void> {
    this.plan = undefined;
    this.failed = '';
    this.busy = 'plan';
    this.dialog?.showModal();
    try {
      await this.prepare();
      this.plan = await send<Plan>('GET', `/design/${this.app}/draft/plan`);
    } catch (error) {
      this.failed = error instanceof Failure ? error.message : t('the server has a problem');
    }
    this.busy = '';
  }

  private async publish(): Promise<void> {
    this.busy = 'publish';
    this.failed = '';
    const summary = this.querySelector<HTMLInputElement>('#dz-summary')?.value ?? '';
    try {
      const done = await send<{ revision?: number; job?: number; action?: number | null }>('POST', `/design/${this.app}/draft/publish`, { summary });
      this.dialog?.close();
      toast({
        text: done.job ? t('Publishing goes on in the background') : t('Published: everybody works with it now'),
        ...(done.action ? { undo: done.action } : {}),
      });
      this.pending = false;
      this.finished();
    } catch (error) {
      this.failed = error instanceof Failure ? error.message : t('the server has a problem');
    }
    this.busy = '';
  }

  protected override render(): TemplateResult {
    const plan = this.plan;
    const may = plan && !plan.problems.length && !plan.empty;
    return html`<button type="button" class="btn btn-primary" ?disabled=${!this.pending} @click=${() => void this.open()}>${t('Publish')}</button>
      <dialog class="dg-dialog dg-dialog-wide" aria-labelledby="dz-plan-title">
        <div class="dg-dialog-head"><h2 id="dz-plan-title">${t('Publish')}</h2><button type="button" class="dg-tool ms-auto" data-close-dialog aria-label=${t('Close')}>×</button></div>
        <div class="dg-dialog-body dz-plan">
          ${this.busy === 'plan' ? html`<p role="status"><span class="spinner-border spinner-border-sm" aria-hidden="true"></span> ${t('Looking at what changes…')}</p>` : nothing}
          ${this.failed ? html`<div class="dg-note" data-kind="error" role="alert"><div>${this.failed}</div></div>` : nothing}
          ${plan ? this.what(plan) : nothing}
        </div>
        <div class="dg-dialog-foot">
          <a class="btn btn-quiet me-auto" href=${`/design/${this.app}/plan`}>${t('The whole plan')}</a>
          <button type="button" class="btn btn-plain" data-close-dialog>${t('Not yet')}</button>
          <button type="button" class="btn btn-primary" data-publish ?disabled=${!may || this.busy !== ''} @click=${() => void this.publish()}>${this.busy === 'publish' ? html`<span class="spinner-border spinner-border-sm" aria-hidden="true"></span> ` : nothing}${t('Publish now')}</button>
        </div>
      </dialog>`;
  }

  private what(plan: Plan): TemplateResult {
    if (plan.empty && !plan.problems.length) return html`<p>${t('Nothing was changed since the last publish.')}</p>`;
    const loss = plan.conversions.filter((one) => one.fails);
    return html`
      ${plan.problems.length
        ? html`<div class="dg-note" data-kind="error" role="alert"><div><strong>${t('This has to be mended first:')}</strong>
            <ul>${plan.problems.map((one) => html`<li>${this.jump && one.url ? html`<button type="button" class="dz-link" @click=${() => { this.dialog?.close(); this.jump?.(one.path, one.url); }}>${one.where}</button>` : one.url ? html`<a href=${one.url}>${one.where}</a>` : one.where}${t(': ')}${one.message}</li>`)}</ul></div></div>`
        : nothing}
      <ul class="dz-plan-list">${plan.documents.map((one) => html`<li><span class="dg-tag" data-color=${{ add: 'green', change: 'blue', remove: 'red' }[one.action] ?? 'gray'}>${{ add: t('new'), change: t('changed'), remove: t('goes') }[one.action]}</span>
        <span>${this.kind(one.kind)} <strong>${this.name(plan, one.kind, one.key)}</strong>${one.changes.length ? html` <span class="text-secondary">· ${one.changes.length === 1 ? t('1 change') : t('{n} changes', { n: one.changes.length })}</span>` : nothing}</span></li>`)}</ul>
      ${plan.conversions.filter((one) => one.rows > one.fails).map((one) => html`<p class="dz-plan-line">${converted(one.to, { field: one.where, n: one.rows - one.fails })}</p>`)}
      ${loss.map((one) => html`<div class="dg-note" data-kind="warning"><div>${lost(one.fails, one.where, listed(one.examples.map((each) => each.value).slice(0, 3)))}</div></div>`)}
      ${plan.removed.length ? html`<div class="dg-note" data-kind="warning"><div>${t('These go to the trash with their data and can be brought back:')} ${listed(plan.removed.map((one) => one.where))}</div></div>` : nothing}
      ${plan.problems.length ? nothing : html`<label class="form-label" for="dz-summary">${t('What is new (for the history, optional)')}</label><input class="form-control" id="dz-summary" maxlength="200" autocomplete="off">`}`;
  }

  private name(plan: Plan, kind: string, key: string): string {
    return plan.titles[`${kind}.${key}`] ?? key;
  }

  private kind(kind: string): string {
    return { form: t('Form'), group: t('Permission group'), menu: t('Menu'), option_set: t('Option set') }[kind] ?? kind;
  }
}

/** Names one after another, as the language joins them. */
function listed(names: string[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(names);
}

/** What the trash takes. */
function lost(n: number, field: string, example: string): string {
  if (n === 1) return t('1 value of {field} does not fit and goes to the trash: {example}', { field, example });
  return t('{n} values of {field} do not fit and go to the trash, for example {example}', { n, field, example });
}

/** What becomes of the values of a field. */
function converted(to: string, values: { field: string; n: number }): string {
  const one = values.n === 1;
  if (to === 'sealed') return one ? t('{field}: 1 value is encrypted', values) : t('{field}: {n} values are encrypted', values);
  if (to === 'opened') return one ? t('{field}: 1 value is decrypted', values) : t('{field}: {n} values are decrypted', values);
  return one ? t('{field}: 1 value is converted', values) : t('{field}: {n} values are converted', values);
}
