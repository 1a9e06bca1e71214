// The left side: kinds of fields by group, and search, which also finds what stands in the form already.
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../shell/words.ts';
import { icon, type Bench } from './bench.ts';
import { words } from './labels.ts';
import { everyField, isField } from './model.ts';
import { fold, oneOfEach, ownerName, settingsLike, type Setting } from './settings.ts';
import type { TypeInfo } from './types.ts';

export interface Found {
  id: string;
  title: string;
  about: string;
  icon: string;
  /** The setting that was found, where it is one. */
  setting?: string[];
}

export function palette(bench: Bench): TemplateResult {
  const query = fold(bench.query.trim());
  const fits = (type: TypeInfo): boolean =>
    !query || [type.title, type.key, ...Object.values(type.titles), type.description].some((text) => fold(text).includes(query));
  const found = query ? searchForm(bench, query) : [];
  const settings = query ? searchSettings(bench, query) : [];
  const types = bench.boot.panels.types.filter(fits);
  // a kind that can do what is looked for, where the form has nothing that could
  const able = query && !types.length && !settings.length && !found.some((one) => one.setting) ? bench.boot.panels.types.filter((type) => Object.values(type.options).some((one) => fold(one.title ?? '').includes(query))) : [];
  const parts = layoutParts(bench).filter((one) => !query || fold(one.title).includes(query));
  let stops = 0; // Tab stops here once, arrows go on from there
  const stop = (): number => (stops++ ? -1 : 0);
  const entry = (one: Found): TemplateResult => html`
        <button type="button" class="dz-found" tabindex=${stop()} @click=${() => bench.jump(one.id, one.setting)}>${icon(one.icon, 'sm')}<span><span class="dz-found-title">${one.title}</span><span class="dz-found-about">${one.about}</span></span></button>`;
  return html`<aside class="dz-palette" aria-label=${t('Kinds of fields')}>
    <div class="dz-search">
      ${icon('search', 'sm')}
      <input type="search" class="form-control" id="dz-search" .value=${bench.query} placeholder=${t('Search fields…')} aria-label=${t('Search fields and this form')}
        @input=${(event: Event) => bench.search((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => searchKey(bench, event, query, [...[...types, ...able].map((type) => ({ title: type.title, add: () => bench.add(type.key) })), ...parts], [...found, ...settings])}>
      <kbd>/</kbd>
    </div>
    <div class="dz-palette-scroll">
      ${found.length ? html`<h2 class="dz-group-title">${t('In this form')}</h2>${found.slice(0, 30).map(entry)}` : nothing}
      ${settings.length ? html`<h2 class="dz-group-title">${t('Settings')}</h2>${settings.slice(0, 12).map(entry)}` : nothing}
      ${able.length ? html`<p class="dz-hint">${t('These kinds of fields have such a setting:')}</p>` : nothing}
      ${bench.boot.panels.groups.map((group) => {
        const some = [...types, ...able].filter((type) => type.group === group.key);
        const layout = group.key === 'layout' ? parts : [];
        if (!some.length && !layout.length) return nothing;
        return html`<h2 class="dz-group-title">${group.title}</h2><div class="dz-types">
          ${layout.map((one) => html`<button type="button" class="dz-type-item" tabindex=${stop()} @click=${one.add}>${icon(one.icon, 'sm')}<span>${one.title}</span></button>`)}
          ${some.map((type) => html`<button type="button" class="dz-type-item" tabindex=${stop()} data-drag="type" data-type=${type.key} title=${type.description}
            @click=${() => bench.add(type.key)}>${icon(type.icon, 'sm')}<span>${type.title}</span></button>`)}
        </div>`;
      })}
      ${query && !found.length && !settings.length && !types.length && !able.length && !parts.length ? html`<p class="dz-hint">${t('Nothing is called like this.')}</p>` : nothing}
    </div>
  </aside>`;
}

const layoutParts = (bench: Bench): { title: string; icon: string; add: () => void }[] => [
  { title: t('Section'), icon: 'layout-list', add: () => bench.addSection() },
  { title: t('Tab'), icon: 'layout-sidebar', add: () => bench.addTab() },
];

/** Whether a click on a kind adds to the rows of a sub-form. */
export function inRows(bench: Bench): boolean {
  return bench.chosen.length === 1 && (bench.chosen[0] ?? '').includes('.') && isField(bench.chosen[0] ?? '');
}

function searchKey(bench: Bench, event: KeyboardEvent, query: string, kinds: { title: string; add: () => void }[], found: Found[]): void {
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
  if (event.key !== 'Enter' || !query) return;
  event.preventDefault();
  const far = (title: string): number => (fold(title) === query ? 0 : fold(title).startsWith(query) ? 1 : fold(title).includes(query) ? 2 : 3);
  const kind = [...kinds].sort((left, right) => far(left.title) - far(right.title))[0];
  const first = found[0];
  if (!kind && !first) return;
  bench.search('');
  if (first && (!kind || event.shiftKey || far(kind.title) > 2)) bench.jump(first.id, first.setting);
  else kind?.add();
}

/** Everything in the form whose words, key, help, options or expressions hold the text, and what makes use of a setting called so. */
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
  for (const one of settingsLike(bench, query)) if (one.set && one.id && !found.some((each) => each.id === one.id)) found.push(asFound(one, ownerName(bench, one.id), one.title));
  return found;
}

/** The settings called so that nothing makes use of yet, one of each, with the thing whose panel shows it. */
function searchSettings(bench: Bench, query: string): Found[] {
  return oneOfEach(bench, settingsLike(bench, query), query).map((one) => asFound(one, one.title, t('Setting of {name}', { name: ownerName(bench, one.id) })));
}

const asFound = (one: Setting, title: string, about: string): Found => ({ id: one.id, title, about, icon: 'adjustments', setting: one.path });

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
