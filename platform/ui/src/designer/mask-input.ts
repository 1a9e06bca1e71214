// The mask of a field: its kind, what is kept of it, and what those see who may not read the value.
import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../shell/words.ts';
import { properties, property, type Slot } from './inputs.ts';
import { masked, sampleFor } from './mask.ts';
import type { FieldSpec } from './types.ts';

export function maskInput(slot: Slot, spec: FieldSpec): TemplateResult {
  const mask = (slot.value ?? {}) as Record<string, unknown>;
  const schemas = slot.schema.properties ?? {};
  const kind = schemas['kind'];
  if (!kind) return property(slot);
  const chosen = String(mask['kind'] ?? '');
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => name !== 'kind'));
  return html`${property({
    ...slot,
    schema: { ...kind, title: slot.schema.title ?? '', description: slot.schema.description ?? '' },
    value: chosen || undefined,
    required: false,
    set: (next) => slot.set(next ? (next === 'custom' ? { ...mask, kind: next } : { kind: next }) : undefined),
  })}
  ${chosen === 'custom' ? properties({ ...slot, set: (next, about) => slot.set(next, about) }, kept, mask, []) : nothing}
  ${chosen ? html`<p class="form-hint mt-0" data-mask-example>${t('Those without the right see {text}', { text: masked(sampleFor(spec.type, chosen), mask) })}</p>` : nothing}`;
}
