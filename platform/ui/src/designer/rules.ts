// The rules of a form: what must hold, and what happens while somebody fills it in. A card for each, in their order.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../shell/words.ts';
import { icon, problemsOf, type Bench } from './bench.ts';
import { dragElement, properties } from './inputs.ts';
import { put } from './keyed.ts';
import { words } from './labels.ts';
import { freshKey, moveElement, placeOf } from './model.ts';
import { conditionInput } from './rules/condition_input.ts';
import { sentenceAt } from './rules/sentences.ts';
import type { Label, Rule } from './types.ts';

export function rules(bench: Bench): TemplateResult {
  const list = bench.doc.rules ?? [];
  const knowsActions = 'actions' in bench.boot.panels.rule;
  return html`<div class="dz-canvas dz-rules" tabindex="-1"><div class="dz-rules-page">
    <header class="dz-rules-head"><h2>${t('Rules')}</h2><p>${t('They are checked from top to bottom while somebody fills the form in, and again when it is saved. Later rules win.')}</p></header>
    <div class="dz-rule-list">${repeat(list, (rule) => rule.key, (rule, index) => card(bench, rule, index, list.length))}</div>
    ${list.length ? nothing : html`<div class="dz-empty dz-empty-rules">${icon('git-branch', 'lg')}<strong>${t('No rules yet')}</strong><span>${t('Show a field only when it is needed, or refuse what cannot be right.')}</span></div>`}
    <div class="dz-below">
      ${knowsActions ? html`<button type="button" class="btn btn-plain" @click=${() => add(bench, { actions: [{ key: 'action', do: 'show', fields: [] }] })}>${icon('eye', 'sm')}${t('Show, hide or change fields')}</button>` : nothing}
      <button type="button" class="btn btn-plain" @click=${() => add(bench, { check: '', message: '' })}>${icon('shield-check', 'sm')}${t('Check before saving')}</button>
    </div>
  </div></div>`;
}

function add(bench: Bench, shape: Record<string, unknown>): void {
  const list = bench.doc.rules ?? [];
  const key = freshKey('rule', ['rule', ...list.map((one) => one.key)]);
  bench.opened.add(`rule:${key}`);
  bench.change({ ...bench.doc, rules: [...list, { key, ...shape }] }, { chosen: [`#r:${key}`] });
  setTimeout(() => document.querySelector<HTMLElement>(`[data-rule="${key}"] .dz-when-field`)?.focus(), 60);
}

/** A rule: its sentence, and behind it what it is made of. */
function card(bench: Bench, rule: Rule, index: number, count: number): TemplateResult {
  const id = `#r:${rule.key}`;
  const open = bench.opened.has(`rule:${rule.key}`) || (bench.chosen.includes(id) && !bench.opened.has(`shut:${rule.key}`));
  const acts = Array.isArray(rule['actions']);
  const wrong = problemsOf(bench, placeOf(id));
  const move = (to: number): void => bench.change(moveElement(bench.doc, ['rules'], rule.key, to), { chosen: [id] });
  const title = words(rule['title'] as Label | undefined, bench.locale);
  const told = (wrong.length || !(acts || rule['check']) ? '' : sentenceAt(bench, `rules.${rule.key}`)) || sentence(bench, rule);
  const flip = (): void => {
    bench.opened.delete(open ? `rule:${rule.key}` : `shut:${rule.key}`);
    bench.toggle(open ? `shut:${rule.key}` : `rule:${rule.key}`);
  };
  return html`<section class="dz-rule ${bench.chosen.includes(id) ? 'dz-chosen' : ''}" data-id=${id} data-rule=${rule.key} aria-label=${title || told}>
    <header class="dz-rule-head">
      <button type="button" class="dz-grip" draggable="false" aria-label=${t('Move {name}: press the up or down arrow', { name: title || told })} title=${t('Drag, or press the up or down arrow')}
        @keydown=${(event: KeyboardEvent) => {
          const step = { ArrowUp: -1, ArrowDown: 2 }[event.key];
          if (step === undefined || (step < 0 ? index === 0 : index === count - 1)) return;
          event.preventDefault();
          event.stopPropagation();
          move(index + step);
          setTimeout(() => document.querySelector<HTMLElement>(`[data-rule="${rule.key}"] .dz-grip`)?.focus());
        }}
        @pointerdown=${(event: PointerEvent) => dragElement(event, (to) => move(to > index ? to + 1 : to), '.dz-rule-list', '.dz-rule')}>${icon('grip-vertical', 'sm')}</button>
      <button type="button" class="dz-rule-told" aria-expanded=${open} @click=${flip}>${icon(acts ? 'git-branch' : 'shield-check', 'sm')}<span>${title ? html`<strong>${title}</strong><br>` : nothing}${told}</span></button>
      ${wrong.length ? html`<span class="dz-wrong" title=${wrong.map((one) => one.message).join('\n')}>${icon('alert-circle', 'sm')}</span>` : nothing}
      <button type="button" class="dg-tool" aria-label=${t('Remove')} @click=${() => bench.discard([id])}>${icon('trash', 'sm')}</button>
    </header>
    ${open ? body(bench, rule, id, acts) : nothing}
  </section>`;
}

function body(bench: Bench, rule: Rule, id: string, acts: boolean): TemplateResult {
  const schemas = bench.boot.panels.rule;
  const main = acts ? ['when', 'actions'] : ['check', 'message', 'field'];
  const rest = Object.keys(schemas).filter((name) => name !== 'key' && !main.includes(name) && !(acts ? ['check', 'message', 'field'] : ['actions']).includes(name));
  const slot = {
    bench, path: placeOf(id), scope: bench.doc.key, expects: 'boolean', place: 'rule',
    set: (value: unknown, about?: string) => bench.change(put(bench.doc, placeOf(id), { ...(value as object), key: rule.key }), { about: about ?? '' }),
  };
  const pick = (names: string[]): typeof schemas => Object.fromEntries(names.filter((name) => schemas[name]).map((name) => [name, schemas[name]!]));
  const name = acts ? 'when' : 'check';
  const condition = conditionInput({
    bench,
    id: `dz-${placeOf(id).join('-')}-${name}`,
    label: acts ? t('When') : t('It must hold that'),
    help: schemas[name]?.description ?? '',
    value: String(rule[name] ?? ''),
    required: !acts,
    set: (text) => {
      const { [name]: _old, ...others } = rule;
      slot.set(text === undefined && acts ? others : { ...others, [name]: text ?? '' }, `${id}-${name}`);
    },
  });
  return html`<div class="dz-rule-body">${condition}
    ${properties(slot, pick(main.filter((one) => one !== name)), rule, acts ? ['actions'] : ['message'])}
    <details class="dz-advanced"><summary>${t('Advanced')}</summary>${properties(slot, pick(rest), rule, [])}<p class="dz-key">${t('Key')}: <code>${rule.key}</code></p></details>
  </div>`;
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
