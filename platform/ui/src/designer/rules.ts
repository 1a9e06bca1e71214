// The rules of a form: what must hold, and what happens while somebody fills it in. A card for each, in their order.
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../shell/words.ts';
import { icon, problemsOf, type Bench } from './bench.ts';
import { properties } from './inputs.ts';
import { put } from './keyed.ts';
import { words } from './labels.ts';
import { freshKey, moveElement, placeOf } from './model.ts';
import type { Label, Rule } from './types.ts';

export function rules(bench: Bench): TemplateResult {
  const list = bench.doc.rules ?? [];
  const knowsActions = 'actions' in bench.boot.panels.rule;
  return html`<div class="dz-canvas dz-rules" tabindex="-1"><div class="dz-rules-page">
    <header class="dz-rules-head"><h2>${t('Rules')}</h2><p>${t('They are checked from top to bottom while somebody fills the form in, and again when it is saved. Later rules win.')}</p></header>
    ${list.map((rule, index) => card(bench, rule, index, list.length))}
    ${list.length ? nothing : html`<div class="dz-empty dz-empty-rules">${icon('git-branch', 'lg')}<strong>${t('No rules yet')}</strong><span>${t('Show a field only when it is needed, or refuse what cannot be right.')}</span></div>`}
    <div class="dz-below">
      ${knowsActions ? html`<button type="button" class="btn btn-plain" @click=${() => add(bench, { when: '', actions: [{ key: 'action', do: 'show', fields: [] }] })}>${icon('eye', 'sm')}${t('Show, hide or change fields')}</button>` : nothing}
      <button type="button" class="btn btn-plain" @click=${() => add(bench, { check: '', message: '' })}>${icon('shield-check', 'sm')}${t('Check before saving')}</button>
    </div>
  </div></div>`;
}

function add(bench: Bench, shape: Record<string, unknown>): void {
  const list = bench.doc.rules ?? [];
  const key = freshKey('rule', ['rule', ...list.map((one) => one.key)]);
  bench.change({ ...bench.doc, rules: [...list, { key, ...shape }] }, { chosen: [`#r:${key}`] });
  setTimeout(() => document.querySelector<HTMLElement>(`[data-rule="${key}"] textarea`)?.focus(), 60);
}

function card(bench: Bench, rule: Rule, index: number, count: number): TemplateResult {
  const id = `#r:${rule.key}`;
  const schemas = bench.boot.panels.rule;
  const acts = Array.isArray(rule['actions']);
  const main = acts ? ['when', 'actions'] : ['check', 'message', 'field'];
  const rest = Object.keys(schemas).filter((name) => name !== 'key' && !main.includes(name) && !(acts ? ['check', 'message', 'field'] : ['actions']).includes(name));
  const wrong = problemsOf(bench, placeOf(id));
  const slot = {
    bench, path: placeOf(id), scope: bench.doc.key, expects: 'boolean', place: 'rule',
    set: (value: unknown, about?: string) => bench.change(put(bench.doc, placeOf(id), { ...(value as object), key: rule.key }), { about: about ?? '' }),
  };
  const move = (to: number): void => bench.change(moveElement(bench.doc, ['rules'], rule.key, to), { chosen: [id] });
  const pick = (names: string[]): typeof schemas => Object.fromEntries(names.filter((name) => schemas[name]).map((name) => [name, schemas[name]!]));
  const title = words(rule['title'] as Label | undefined, bench.locale) || sentence(bench, rule);
  return html`<section class="dz-rule ${bench.chosen.includes(id) ? 'dz-chosen' : ''}" data-id=${id} data-rule=${rule.key} aria-label=${title}>
    <header class="dz-rule-head">${icon(acts ? 'git-branch' : 'shield-check', 'sm')}<strong>${title}</strong>
      ${wrong.length ? html`<span class="dz-wrong" title=${wrong.map((one) => one.message).join('\n')}>${icon('alert-circle', 'sm')}</span>` : nothing}
      <button type="button" class="dg-tool" ?disabled=${index === 0} aria-label=${t('Up')} @click=${() => move(index - 1)}>${icon('arrow-up', 'sm')}</button>
      <button type="button" class="dg-tool" ?disabled=${index === count - 1} aria-label=${t('Down')} @click=${() => move(index + 2)}>${icon('arrow-down', 'sm')}</button>
      <button type="button" class="dg-tool" aria-label=${t('Remove')} @click=${() => bench.discard([id])}>${icon('trash', 'sm')}</button>
    </header>
    <div class="dz-rule-body">
      ${properties(slot, pick(main), rule, acts ? ['when', 'actions'] : ['check', 'message'])}
      <details class="dz-advanced"><summary>${t('Advanced')}</summary>${properties(slot, pick(rest), rule, [])}</details>
    </div>
  </section>`;
}

/** A rule in one line; the host may know better words. */
function sentence(bench: Bench, rule: Rule): string {
  const actions = rule['actions'] as { do?: string; fields?: string[] }[] | undefined;
  const label = (path: string): string => {
    const [outer, inner] = path.split('.');
    const field = bench.doc.fields.find((one) => one.key === outer);
    const below = field?.fields?.find((one) => one.key === inner);
    return words((below ?? field)?.label, bench.locale) || path;
  };
  if (actions) {
    const does = bench.boot.panels.rule['actions']?.items?.properties?.['do']?.['x-words'] ?? {};
    const parts = actions.map((one) => [does[one.do ?? ''] ?? one.do ?? '', (one.fields ?? []).map(label).join(', ')].filter(Boolean).join(' '));
    return parts.join('; ') || t('Rule');
  }
  return words(rule['message'] as Label | undefined, bench.locale) || t('Check');
}
