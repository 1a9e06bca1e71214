// A text with fields in braces: `{no} · {customer.name}`. Fields are inserted by label; below it stands how it reads.
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { t } from '../../shell/words.ts';
import { idOf, type Slot } from '../controls.ts';
import { isValue, sayPath, type World } from './around.ts';
import { fieldInput } from './field-input.ts';

const PLACE = /\{([a-z_][a-z0-9_.]*)(:[^{}]*)?\}/g;

/** The text with the labels of its fields; nothing where it names none. */
export function reading(world: World, source: string, text: string): string {
  let named = false;
  const said = text.replace(PLACE, (whole, path: string) => {
    const label = sayPath(world, source, path);
    named ||= Boolean(label);
    return label ? `“${label}”` : whole;
  });
  return named ? said : '';
}

export function templateInput(slot: Slot): TemplateResult {
  const { bench } = slot;
  const now = String(slot.value ?? '');
  const said = reading(bench, slot.scope, now);
  const own = slot.path[slot.path.indexOf('options') - 1];
  const far = slot.name === 'template'; // addresses and watermarks know the record's own fields only
  const insert = (path: string | undefined): void => {
    const area = document.getElementById(idOf(slot)) as HTMLTextAreaElement | null;
    if (!path || !area) return;
    const [from, to] = [area.selectionStart ?? now.length, area.selectionEnd ?? now.length];
    const place = `{${path}}`;
    slot.set(`${now.slice(0, from)}${place}${now.slice(to)}`, idOf(slot));
    setTimeout(() => {
      area.focus();
      area.setSelectionRange(from + place.length, from + place.length);
    });
  };
  return html`<textarea class="form-control dz-template" id=${idOf(slot)} rows="2" autocomplete="off" spellcheck="false" maxlength=${slot.schema.maxLength ?? 1000} .value=${live(now)}
      @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && event.preventDefault()}
      @input=${(event: Event) => slot.set((event.target as HTMLTextAreaElement).value.replaceAll('\n', ' ') || undefined, idOf(slot))}></textarea>
    ${fieldInput({ world: bench, id: `${idOf(slot)}-insert`, source: slot.scope, now: '', adds: true, label: t('Insert a field'), blank: t('Insert a field…'), offer: { far, fits: (node) => node.key !== own && isValue(bench)(node) }, set: insert })}
    ${said ? html`<p class="form-hint dz-template-said">${said}</p>` : nothing}`;
}
