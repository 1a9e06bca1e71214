// The line above: where one is, whether it is saved, undo and redo, the views, what is wrong, publishing.
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../shell/words.ts';
import { icon, pressing, type Bench, type View } from './bench.ts';
import { placeName } from './conflicts.ts';
import { showKeys } from './keyboard.ts';
import { problemCount, words } from './labels.ts';
import type { DgTour } from './tour.ts';

export function toolbar(bench: Bench, publish: TemplateResult): TemplateResult {
  const { boot, doc } = bench;
  const views: [View, string, string][] = [['layout', t('Layout'), 'layout-list'], ['rules', t('Rules'), 'git-branch'], ['try', t('Try it'), 'player-play']];
  const count = doc.rules?.length ?? 0;
  return html`<header class="dz-bar">
    <span class="dz-bar-start"><a class="dg-tool" href="/design/${boot.app}" aria-label=${t('All forms')} title=${t('All forms')}>${icon('arrow-left')}</a>
    <button type="button" class="dz-bar-title" @click=${() => { bench.show('layout'); bench.choose([]); bench.edit(); }}>${icon(doc.icon ?? 'file-text')}<span>${words(doc.title, bench.locale)}</span></button>
    ${state(bench)}
    ${people(bench)}</span>
    <nav class="dz-views" aria-label=${t('Views')}>${views.map(([key, title, name]) => html`<button type="button" aria-pressed=${bench.view === key} @click=${() => bench.show(key)}>${icon(name, 'sm')}<span>${title}${key === 'rules' && count ? html` <span class="dz-count">${count}</span>` : nothing}</span></button>`)}</nav>
    <span class="dz-bar-tools">
      <button type="button" class="dg-tool" ?disabled=${!bench.history.canUndo} title="${t('Undo')} (Ctrl+Z)" aria-label=${t('Undo')} @click=${() => bench.undo()}>${icon('arrow-back-up')}</button>
      <button type="button" class="dg-tool" ?disabled=${!bench.history.canRedo} title="${t('Redo')} (Ctrl+Y)" aria-label=${t('Redo')} @click=${() => bench.redo()}>${icon('arrow-forward-up')}</button>
      <button type="button" class="dg-tool dz-desk" aria-pressed=${bench.phone} title=${t('As on a phone')} aria-label=${t('As on a phone')} @click=${() => bench.togglePhone()}>${icon('device-mobile')}</button>
      ${wrong(bench)}
      ${more(bench)}
      ${publish}
    </span>
  </header>`;
}

function state(bench: Bench): TemplateResult {
  const { state: now, reason } = bench.saver;
  const texts = {
    saved: t('Saved'),
    waiting: t('Saving…'),
    saving: t('Saving…'),
    failed: t('Not saved: {reason}', { reason }),
    conflict: t('Not saved: somebody else changed the same thing'),
  };
  return html`<span class="dz-state" data-state=${now} role="status" title=${now === 'failed' ? `${texts[now]}. ${t('Kept in this browser and tried again by itself.')}` : texts[now]}>${icon({ saved: 'circle-check', waiting: 'refresh', saving: 'refresh', failed: 'alert-triangle', conflict: 'alert-triangle' }[now], 'sm')}<span>${texts[now]}</span></span>`;
}

function people(bench: Bench): TemplateResult | typeof nothing {
  if (!bench.others.length) return nothing;
  const names = bench.others.map((one) => one.name).join(', ');
  return html`<span class="dz-people" title=${t('{names} also designs this form now. What both change is merged.', { names })}>${icon('users', 'sm')}<span>${bench.narrow ? names : t('{names} is here too', { names })}</span></span>`;
}

function wrong(bench: Bench): TemplateResult | typeof nothing {
  const problems = pressing(bench);
  const count = problems.length;
  if (!count) return nothing;
  return html`<details class="dg-menu dz-problems">
    <summary class="btn btn-quiet dz-wrong">${icon('alert-circle', 'sm')}<span>${count}</span><span class="visually-hidden">${problemCount(count)}</span></summary>
    <div class="dg-menu-body"><div class="dg-menu-head">${t('To be mended before publishing')}</div>
      ${problems.slice(0, 40).map((one) => html`<button type="button" class="dg-menu-item" @click=${(event: Event) => { (event.target as Element).closest('details')?.removeAttribute('open'); bench.jump(idOf(one.path)); }}><span class="dz-problem"><strong>${placeName(bench, one.path ? one.path.split('.') : [])}</strong><span>${one.message}</span></span></button>`)}
    </div></details>`;
}

/** What a path of a problem is about: the field, the section, the rule. */
export function idOf(path: string): string {
  const [list, key, ...rest] = path.split('.');
  if (list === 'fields' && key) {
    let id = key;
    for (let at = 0; rest[at] === 'fields' && rest[at + 1]; at += 2) id += `.${rest[at + 1]}`;
    return id;
  }
  const mark = { sections: '#s:', tabs: '#t:', rules: '#r:' }[list ?? ''];
  return mark && key ? mark + key : '';
}

function more(bench: Bench): TemplateResult {
  const { links } = bench.boot;
  const entries: [string | undefined, string, string][] = [
    [links['plan'], t('Plan of the publish'), 'clipboard-list'],
    [links['revisions'], t('Past versions'), 'history'],
    [links['where_used'], t('Where used'), 'sitemap'],
    [bench.boot.published ? links['records'] : undefined, t('Open the records'), 'table'],
  ];
  return html`<details class="dg-menu"><summary class="dg-tool" aria-label=${t('More')}>${icon('dots')}</summary>
    <div class="dg-menu-body">${entries.filter(([url]) => url).map(([url, title, name]) => html`<a class="dg-menu-item" href=${url as string}>${icon(name, 'sm')}${title}</a>`)}
      ${bench.narrow ? '' : html`<button type="button" class="dg-menu-item" @click=${(event: Event) => {
        (event.target as Element).closest('details')?.removeAttribute('open');
        if (bench.view !== 'layout') bench.show('layout');
        document.querySelector<DgTour>('dg-tour')?.start();
      }}>${icon('route', 'sm')}${t('Show me round')}</button>
      <button type="button" class="dg-menu-item" @click=${(event: Event) => {
        (event.target as Element).closest('details')?.removeAttribute('open');
        showKeys(bench);
      }}>${icon('keyboard', 'sm')}${t('Keyboard')}</button>`}
      <button type="button" class="dg-menu-item" @click=${() => bench.copy()}>${icon('copy', 'sm')}${t('Copy')}</button>
      <button type="button" class="dg-menu-item" @click=${() => bench.paste()}>${icon('clipboard', 'sm')}${t('Paste')}</button>
    </div></details>`;
}
