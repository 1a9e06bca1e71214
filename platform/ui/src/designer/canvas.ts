// The form as it will look: sections in their columns, tabs, rows of sub-forms. Every field has a button over it that is
// chosen with the mouse and the keyboard; what lies under it is drawn by the server and cannot be touched.
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import { t } from '../shell/words.ts';
import { icon, problemsOf, type Bench } from './bench.ts';
import { problemCount, words } from './labels.ts';
import { blocks, fieldAt, isField, LOOSE, parentOf, placeOf, spanOf } from './model.ts';
import { sentenceAt } from './rules/sentences.ts';
import type { FieldSpec, Section } from './types.ts';

export function canvas(bench: Bench): TemplateResult {
  const { doc } = bench;
  const all = blocks(doc, bench.types);
  const above = all.filter((one) => !one.tab || !doc.tabs?.length);
  const shown = all.filter((one) => one.tab && one.tab === bench.tab);
  return html`
    <div class="dz-canvas ${bench.phone ? 'dz-is-phone' : ''}" tabindex="-1" @click=${(event: Event) => blank(bench, event)}>
      ${bench.narrow ? html`<p class="dz-narrow-note">${icon('info-circle', 'sm')}${t('Here you can read, reorder and change properties. Dragging is for a larger screen.')}</p>` : nothing}
      <div class="dz-paper" role="group" aria-label=${t('The form')}>
        <div class="dz-title" @click=${() => bench.choose([])}>${words(doc.title, bench.locale)}</div>
        ${list(bench, above, '')}
        ${doc.tabs?.length
          ? html`${tabs(bench)}${list(bench, shown, bench.tab)}`
          : nothing}
        <div class="dz-below">
          <button type="button" class="btn btn-quiet" @click=${() => bench.addSection()}>${icon('plus', 'sm')}${t('Section')}</button>
          <button type="button" class="btn btn-quiet" @click=${() => bench.addTab()}>${icon('plus', 'sm')}${t('Tab')}</button>
        </div>
      </div>
    </div>
  `;
}

function blank(bench: Bench, event: Event): void {
  if (!(event.target as Element).closest('[data-id], button, .dz-title')) bench.choose([]);
}

function list(bench: Bench, sections: Section[], tab: string): TemplateResult {
  return html`<div class="dz-blocks" data-drop="blocks:${tab}">
    ${repeat(sections, (one) => one.key, (one) => block(bench, one))}
    ${tab && !sections.length ? html`<p class="dz-hint">${t('This tab is empty. Add a section to it.')}</p>` : nothing}
  </div>`;
}

function tabs(bench: Bench): TemplateResult {
  return html`<div class="dz-tabs" role="group" aria-label=${t('Tabs')} data-drop="tabs:">
    ${repeat(bench.doc.tabs ?? [], (one) => one.key, (one) => {
      const id = `#t:${one.key}`;
      const on = one.key === bench.tab;
      return html`<button type="button" class="dz-tab ${on ? 'dz-tab-on' : ''} ${bench.chosen.includes(id) ? 'dz-chosen' : ''}"
        data-item data-drag="tab" data-id=${id} data-tab=${one.key} aria-pressed=${on}
        @click=${() => { bench.showTab(one.key); bench.choose([id]); }}>${words(one.title, bench.locale)}</button>`;
    })}
  </div>`;
}

function block(bench: Bench, section: Section): TemplateResult {
  const id = `#s:${section.key}`;
  const title = words(section.title, bench.locale);
  const columns = section.columns ?? 2;
  const chosen = bench.chosen.includes(id);
  const real = section.key !== LOOSE;
  return html`<section class="dz-block ${chosen ? 'dz-block-chosen' : ''} ${title ? '' : 'dz-block-plain'}" data-item data-id=${real ? id : ''} data-columns=${columns}>
    ${real
      ? html`<header class="dz-block-head">
          <button type="button" class="dz-block-name" data-drag="section" data-id=${id} data-hit=${id} aria-pressed=${chosen}
            tabindex=${bench.chosen[0] === id ? 0 : -1} @click=${(event: MouseEvent) => pick(bench, id, event)}>
            <span class="dz-grip" data-grip>${icon('grip-vertical', 'sm')}</span>
            <span class="dz-block-title">${title || html`<em>${t('Section without a title')}</em>`}</span>
            ${section.collapsed ? html`<span class="dg-tag">${t('folded at first')}</span>` : nothing}
          </button>
          <span class="dz-columns" role="group" aria-label=${t('Side by side')}>
            ${[1, 2, 3, 4].map((count) => html`<button type="button" class="dz-column" aria-pressed=${columns === count} title=${columnsOf(count)}
              aria-label=${columnsOf(count)} @click=${() => setColumns(bench, section.key, count)}>${Array.from({ length: count }, () => html`<i></i>`)}</button>`)}
          </span>
        </header>`
      : nothing}
    <div class="dz-grid" data-drop="section:${section.key}">
      ${repeat(section.fields, (key) => key, (key) => cell(bench, key, columns))}
      ${section.fields.length ? nothing : empty(bench)}
    </div>
  </section>`;
}

function setColumns(bench: Bench, key: string, columns: number): void {
  const sections = (bench.doc.sections ?? []).map((one) => (one.key === key ? { ...one, columns } : one));
  bench.change({ ...bench.doc, sections }, { chosen: [`#s:${key}`] });
}

function empty(bench: Bench): TemplateResult {
  const first = !bench.doc.fields?.length;
  return html`<div class="dz-empty">
    ${first
      ? html`${icon('forms', 'lg')}<strong>${t('Drag the first field here')}</strong>
          <span>${t('or click one on the left. Press / to search for a kind of field.')}</span>`
      : html`<span>${t('Drag fields here')}</span>`}
  </div>`;
}

function cell(bench: Bench, key: string, columns: number): TemplateResult {
  const spec = fieldAt(bench.doc, key);
  if (!spec) return html``;
  const info = bench.types.get(spec.type);
  const span = spanOf(spec, columns, info);
  const rows = info?.storage === 'children';
  const wrong = problemsOf(bench, placeOf(key));
  const name = words(spec.label, bench.locale);
  const chosen = bench.chosen.includes(key);
  return html`<div class="dz-cell dg-span-${span} ${chosen ? 'dz-chosen' : ''} ${spec.hidden ? 'dz-hidden' : ''} ${rows ? 'dz-has-rows' : ''}" data-item data-id=${key} data-drag="field">
    ${rows ? nothing : hit(bench, key, name, info?.title ?? spec.type, wrong.length)}
    <div class="dz-cell-head">
      ${rows ? hit(bench, key, name, info?.title ?? spec.type, wrong.length) : nothing}
      <span class="form-label ${spec.required ? 'required' : ''}">${name || spec.key}</span>
      ${badges(spec, info?.title ?? spec.type, wrong.map((one) => one.message))}
    </div>
    ${rows ? inner(bench, key, spec) : look(bench, key, spec)}
    ${spec.help ? html`<span class="form-hint">${words(spec.help, bench.locale)}</span>` : nothing}
    ${bench.narrow && chosen ? steps(bench) : nothing}
  </div>`;
}

function steps(bench: Bench): TemplateResult {
  const move = (key: string) => () => bench_key(bench, key);
  return html`<div class="dz-steps">
    <button type="button" class="btn btn-plain" @click=${move('ArrowUp')}>${icon('arrow-up', 'sm')}${t('Up')}</button>
    <button type="button" class="btn btn-plain" @click=${move('ArrowDown')}>${icon('arrow-down', 'sm')}${t('Down')}</button>
    <button type="button" class="btn btn-plain" @click=${() => bench.edit()}>${icon('adjustments', 'sm')}${t('Properties')}</button>
  </div>`;
}

function bench_key(bench: Bench, key: string): void {
  const hitButton = document.querySelector<HTMLElement>(`[data-hit="${CSS.escape(bench.chosen[0] ?? '')}"]`);
  hitButton?.dispatchEvent(new KeyboardEvent('keydown', { key, altKey: true, bubbles: true }));
}

function hit(bench: Bench, path: string, name: string, type: string, wrong: number): TemplateResult {
  const label = `${name}, ${type}${wrong ? `, ${problemCount(wrong)}` : ''}`;
  const first = bench.chosen.length ? bench.chosen[bench.chosen.length - 1] === path : bench.doc.fields[0]?.key === path;
  return html`<button type="button" class="dz-hit" data-hit=${path} aria-pressed=${bench.chosen.includes(path)} aria-label=${label}
    tabindex=${first ? 0 : -1} @click=${(event: MouseEvent) => pick(bench, path, event)} @dblclick=${() => bench.edit(true)}></button>`;
}

/** Choosing with Ctrl (one more) and Shift (all between). */
const columnsOf = (count: number): string => (count === 1 ? t('1 column') : t('{n} columns', { n: count }));

export function pick(bench: Bench, id: string, event: MouseEvent | KeyboardEvent): void {
  const now = bench.chosen;
  if (event.ctrlKey || event.metaKey) {
    bench.choose(now.includes(id) ? now.filter((one) => one !== id) : [...now, id]);
  } else if (event.shiftKey && now[0] && isField(now[0]) && isField(id)) {
    const order = [...document.querySelectorAll<HTMLElement>('.dz-canvas [data-hit]')].map((one) => one.dataset['hit'] ?? '');
    const [from, to] = [order.indexOf(now[0] ?? ''), order.indexOf(id)].sort((a, b) => a - b) as [number, number];
    const same = (one: string): boolean => parentOf(one) === parentOf(id) && !one.startsWith('#');
    const between = order.slice(from, to + 1).filter(same);
    bench.choose([now[0], ...between.filter((one) => one !== now[0])]);
  } else bench.choose([id]);
}

function badges(spec: FieldSpec, type: string, wrong: string[]): TemplateResult {
  return html`<span class="dz-badges">
    ${spec.hidden ? html`<span title=${t('Hidden')}>${icon('eye-off', 'sm')}</span>` : nothing}
    ${spec.readonly ? html`<span title=${t('Read-only')}>${icon('lock', 'sm')}</span>` : nothing}
    ${spec.unique ? html`<span title=${t('Unique')}>${icon('hash', 'sm')}</span>` : nothing}
    ${spec.encrypted ? html`<span title=${t('Encrypted')}>${icon('shield', 'sm')}</span>` : nothing}
    ${wrong.length ? html`<span class="dz-wrong" title=${wrong.join('\n')}>${icon('alert-circle', 'sm')}</span>` : nothing}
    <span class="dz-type">${type}</span>
  </span>`;
}

function look(bench: Bench, path: string, spec: FieldSpec): TemplateResult {
  const drawn = bench.cells.look(path, spec);
  const info = bench.types.get(spec.type);
  if (drawn !== undefined && drawn.trim() && !/^<output[^>]*>\s*<\/output>$/.test(drawn.trim())) {
    return html`<div class="dz-look" inert>${unsafeHTML(drawn)}</div>`;
  }
  return html`<div class="dz-look" inert><span class="dz-computed">${icon(info?.icon ?? 'forms', 'sm')}<span>${drawn === undefined ? '' : hintOf(bench, path, spec, info?.title ?? '')}</span></span></div>`;
}

/** What a computed field is made of, in words. */
function hintOf(bench: Bench, path: string, spec: FieldSpec, title: string): string {
  const expression = spec.options?.['expression'];
  return typeof expression === 'string' && expression ? `= ${sentenceAt(bench, `fields.${path}`) || expression}` : title;
}

/** A sub-form: its fields stand beside each other, as the columns of its rows; one of them may be a sub-form again. */
function inner(bench: Bench, place: string, spec: FieldSpec): TemplateResult {
  const fields = spec.fields ?? [];
  return html`<div class="dz-rows" data-drop="rows:${place}">
    ${repeat(fields, (one) => one.key, (one) => {
      const path = `${place}.${one.key}`;
      const info = bench.types.get(one.type);
      const name = words(one.label, bench.locale);
      const wrong = problemsOf(bench, placeOf(path));
      const rows = info?.storage === 'children';
      return html`<div class="dz-cell dz-row-cell ${rows ? 'dz-has-rows' : ''} ${bench.chosen.includes(path) ? 'dz-chosen' : ''} ${one.hidden ? 'dz-hidden' : ''}" data-item data-id=${path} data-drag="field">
        ${rows ? nothing : hit(bench, path, name, info?.title ?? one.type, wrong.length)}
        <div class="dz-cell-head">${rows ? hit(bench, path, name, info?.title ?? one.type, wrong.length) : nothing}<span class="form-label ${one.required ? 'required' : ''}">${name || one.key}</span>${badges(one, info?.title ?? one.type, wrong.map((each) => each.message))}</div>
        ${rows ? inner(bench, path, one) : look(bench, path, one)}
      </div>`;
    })}
    ${fields.length ? nothing : html`<div class="dz-empty dz-empty-rows"><span>${t('Drag the fields of a row here')}</span></div>`}
  </div>`;
}
