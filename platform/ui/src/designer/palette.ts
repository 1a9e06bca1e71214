// The left side: kinds of fields by group, and search, which also finds what stands in the form already.
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../shell/words.ts';
import { icon, type Bench } from './bench.ts';
import { words } from './labels.ts';
import { everyField, isField } from './model.ts';
import type { TypeInfo } from './types.ts';

export interface Found {
  id: string;
  title: string;
  about: string;
  icon: string;
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

export function palette(bench: Bench): TemplateResult {
  const query = fold(bench.query.trim());
  const fits = (type: TypeInfo): boolean =>
    !query || [type.title, type.key, ...Object.values(type.titles), type.description].some((text) => fold(text).includes(query));
  const found = query ? searchForm(bench, query) : [];
  const types = bench.boot.panels.types.filter(fits);
  return html`<aside class="dz-palette" aria-label=${t('Kinds of fields')}>
    <div class="dz-search">
      ${icon('search', 'sm')}
      <input type="search" class="form-control" id="dz-search" .value=${bench.query} placeholder=${t('Search fields…')} aria-label=${t('Search fields and this form')}
        @input=${(event: Event) => bench.search((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => searchKey(bench, event, types, found)}>
      <kbd>/</kbd>
    </div>
    <div class="dz-palette-scroll">
      ${found.length ? html`<h2 class="dz-group-title">${t('In this form')}</h2>${found.slice(0, 30).map((one) => html`
        <button type="button" class="dz-found" @click=${() => bench.jump(one.id)}>${icon(one.icon, 'sm')}<span><span class="dz-found-title">${one.title}</span><span class="dz-found-about">${one.about}</span></span></button>`)}` : nothing}
      ${bench.boot.panels.groups.map((group) => {
        const some = types.filter((type) => type.group === group.key);
        const layout = group.key === 'layout' && (!query || [t('Section'), t('Tab')].some((text) => fold(text).includes(query)));
        if (!some.length && !layout) return nothing;
        return html`<h2 class="dz-group-title">${group.title}</h2><div class="dz-types">
          ${layout ? html`<button type="button" class="dz-type-item" @click=${() => bench.addSection()}>${icon('layout-list', 'sm')}<span>${t('Section')}</span></button>
            <button type="button" class="dz-type-item" @click=${() => bench.addTab()}>${icon('layout-sidebar', 'sm')}<span>${t('Tab')}</span></button>` : nothing}
          ${some.map((type) => html`<button type="button" class="dz-type-item" data-drag="type" data-type=${type.key} title=${type.description}
            @click=${() => bench.add(type.key)}>${icon(type.icon, 'sm')}<span>${type.title}</span></button>`)}
        </div>`;
      })}
      ${query && !found.length && !types.length ? html`<p class="dz-hint">${t('Nothing is called like this.')}</p>` : nothing}
    </div>
  </aside>`;
}

/** Whether a click on a kind adds to the rows of a sub-form. */
export function inRows(bench: Bench): boolean {
  return bench.chosen.length === 1 && (bench.chosen[0] ?? '').includes('.') && isField(bench.chosen[0] ?? '');
}

function searchKey(bench: Bench, event: KeyboardEvent, types: TypeInfo[], found: Found[]): void {
  if (event.key === 'Escape') {
    event.preventDefault();
    bench.search('');
    bench.choose([...bench.chosen], true);
    return;
  }
  if (event.key === 'ArrowDown') {
    event.preventDefault();
    document.querySelector<HTMLElement>('.dz-palette-scroll button')?.focus();
  }
  if (event.key !== 'Enter' || !bench.query.trim()) return;
  event.preventDefault();
  const type = types[0];
  const first = found[0];
  bench.search('');
  if (first && (!type || event.shiftKey)) bench.jump(first.id);
  else if (type) bench.add(type.key);
}

/** Everything in the form whose words, key, help, options or expressions hold the text. */
export function searchForm(bench: Bench, query: string): Found[] {
  const found: Found[] = [];
  for (const { path, spec, parent } of everyField(bench.doc)) {
    const type = bench.types.get(spec.type);
    const where = parent ? `${words(parent.label, bench.locale)} › ` : '';
    const name = words(spec.label, bench.locale);
    const inName = [spec.label, spec.key, spec.help].some((label) => fold(JSON.stringify(label ?? '')).includes(query));
    const { fields: _rows, ...own } = spec;
    const about = inName ? (type?.title ?? spec.type) : textWith(own, query);
    if (about) found.push({ id: path, title: where + name, about, icon: type?.icon ?? 'forms' });
  }
  const other = [
    ...(bench.doc.sections ?? []).map((one) => ({ id: `#s:${one.key}`, value: { title: one.title, key: one.key }, title: one.title, kind: t('Section'), icon: 'layout-list' })),
    ...(bench.doc.tabs ?? []).map((one) => ({ id: `#t:${one.key}`, value: one, title: one.title, kind: t('Tab'), icon: 'layout-sidebar' })),
    ...(bench.doc.rules ?? []).map((one) => ({ id: `#r:${one.key}`, value: one, title: (one['title'] ?? one['message']) as string, kind: t('Rule'), icon: 'git-branch' })),
  ];
  for (const one of other) {
    const about = textWith(one.value, query);
    if (about) found.push({ id: one.id, title: words(one.title, bench.locale) || one.kind, about: one.kind === t('Rule') ? about : one.kind, icon: one.icon });
  }
  return found;
}

/** The first text inside a value that holds what is looked for. */
function textWith(value: unknown, query: string): string {
  if (typeof value === 'string') return fold(value).includes(query) ? value : '';
  if (value && typeof value === 'object') {
    for (const one of Object.values(value)) {
      const text = textWith(one, query);
      if (text) return text;
    }
  }
  return '';
}
