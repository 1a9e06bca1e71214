import { describe, expect, it } from 'vitest';
import { History } from './history.ts';
import { apply, diff, same } from './keyed.ts';
import type { Bench } from './bench.ts';
import { placeName, settle } from './conflicts.ts';
import { withWords, words } from './labels.ts';
import { addSection, addTab, blocks, everyField, fieldAt, fitsInto, insertFields, moveFields, newField, removeIds, renameIn, renameKey } from './model.ts';
import type { FormDocument, TypeInfo } from './types.ts';

const type = (key: string, more: Partial<TypeInfo> = {}): TypeInfo => ({
  key, title: key, titles: {}, description: '', icon: '', group: 'text', options: {}, required: [], storage: 'column', value: 'text',
  in_subform: true, may_be_unique: true, may_be_encrypted: true, has_placeholder: true, may_be_masked: true, writable: true, choices: false, is_value: true, wide: false, operators: [], ...more,
});
const types = new Map([type('text'), type('number'), type('choice', { choices: true }), type('subform', { storage: 'children' })].map((one) => [one.key, one]));

const form = (): FormDocument => ({
  kind: 'form', key: 'repair', title: 'Repair',
  fields: [
    { key: 'name', type: 'text', label: 'Name' },
    { key: 'cost', type: 'number', label: 'Cost', default: 'SUM(lines, qty * price) + qty' },
    { key: 'lines', type: 'subform', label: 'Lines', fields: [{ key: 'qty', type: 'number', label: 'Qty' }, { key: 'price', type: 'number', label: 'Price', default: 'qty * 2 + cost' }] },
    { key: 'note', type: 'text', label: 'Note' },
  ],
  sections: [{ key: 'main', columns: 2, fields: ['name', 'cost'] }, { key: 'more', fields: ['lines'] }],
  rules: [{ key: 'r', check: 'cost > 0 and name <> "cost"', message: 'x', field: 'cost' }],
});

describe('patches', () => {
  it('lead there and back', () => {
    const before = form();
    const [moved] = moveFields(before, ['lines.qty', 'name'], { section: 'more', index: 0 }, types);
    const after = removeIds(moved, ['cost', '#s:main']);
    const patches = JSON.parse(JSON.stringify(diff(before, after))) as ReturnType<typeof diff>;
    expect(same(apply(before, patches), after)).toBe(true);
    expect(same(apply(after, patches, true), before)).toBe(true);
  });

  it('keep what somebody else did in other places', () => {
    const before = form();
    const mine = diff(before, insertFields(before, [{ key: 'a', type: 'text', label: 'A' }], { section: 'main', index: 0 }, types));
    const theirs = insertFields(before, [{ key: 'b', type: 'text', label: 'B' }], { section: 'main', index: 2 }, types);
    const both = apply(theirs, mine);
    expect(both.sections?.[0]?.fields).toEqual(['a', 'name', 'cost', 'b']);
    expect(same(apply(both, mine, true), theirs)).toBe(true);
  });
});

describe('history', () => {
  it('keeps two hundred steps over a reload, joins quick typing and forgets what belongs to another document', () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) } as unknown as Storage;
    const first = new History('x', storage);
    let doc = form();
    const start = doc;
    for (let step = 0; step < 250; step += 1) {
      const next = { ...doc, title: `Repair ${step}` };
      first.push(doc, next, [], [], '', false, step * 5000);
      doc = next;
    }
    first.push(doc, { ...doc, icon: 'a' }, [], [], 'icon', false, 9e6);
    first.push({ ...doc, icon: 'a' }, { ...doc, icon: 'ab' }, [], [], 'icon', false, 9e6 + 100);
    doc = { ...doc, icon: 'ab' };
    expect(first.steps.length).toBe(251);
    first.write();
    const second = new History('x', storage);
    second.restore(JSON.parse(JSON.stringify(doc)) as FormDocument);
    const end = doc;
    while (second.canUndo) doc = second.undo(doc)!.document;
    expect(same(doc, start)).toBe(true);
    while (second.canRedo) doc = second.redo(doc)!.document;
    expect(same(doc, end)).toBe(true);
    const other = new History('x', storage);
    other.restore(start);
    expect(other.canUndo).toBe(false);
  });
});

describe('changes', () => {
  it('gives a new stage field stages that fit any kind of work, two of them open', () => {
    const stages = newField(type('stage', { options: { stages: { type: 'array' } } }), [], 'zh-CN').options?.['stages'] as { label: string; kind?: string }[];
    expect(stages.map((one) => one.label)).toEqual(['待处理', '进行中', '已完成', '已取消']);
    expect(stages.map((one) => one.kind)).toEqual([undefined, undefined, 'won', 'void']);
  });
  it('put fields into columns, sub-forms and loose blocks', () => {
    const loose = { ...form(), sections: undefined } as unknown as FormDocument;
    delete loose.sections;
    expect(blocks(loose, types)[0]?.fields).toEqual(['name', 'cost', 'note', 'lines']);
    const spec = newField(types.get('choice')!, ['choice'], 'en');
    expect(spec.key).toBe('choice_2');
    const made = insertFields(loose, [spec], { section: '', index: 1 }, types);
    expect(made.sections?.[0]?.fields).toEqual(['name', 'choice_2', 'cost', 'note', 'lines']);
    expect(made.fields.map((one) => one.key)).toEqual(['name', 'choice_2', 'cost', 'lines', 'note']);
    const [inRows, paths] = moveFields(made, ['name'], { subform: 'lines', index: 1 }, types);
    expect(paths).toEqual(['lines.name']);
    expect(inRows.fields.find((one) => one.key === 'lines')?.fields?.map((one) => one.key)).toEqual(['qty', 'name', 'price']);
    expect(moveFields(made, ['lines'], { subform: 'lines', index: 0 }, types)[0]).toBe(made);
  });

  it('put one level of rows into rows, and no deeper', () => {
    const before = form();
    const spec = { ...newField(types.get('subform')!, [], 'en'), key: 'parts', label: 'Parts' };
    expect(fitsInto(spec, 'lines', types)).toBe(true);
    const nested = insertFields(insertFields(before, [spec], { subform: 'lines', index: 1 }, types), [{ key: 'size', type: 'number', label: 'Size', default: 'size * 2' }], { subform: 'lines.parts', index: 0 }, types);
    expect(everyField(nested).map((one) => one.path)).toContain('lines.parts.size');
    expect(fitsInto(spec, 'lines.parts', types)).toBe(false);
    expect(fitsInto(fieldAt(nested, 'lines')!, 'other', types)).toBe(false); // it holds rows already
    const [moved, paths] = moveFields(nested, ['name'], { subform: 'lines.parts', index: 1 }, types);
    expect(paths).toEqual(['lines.parts.name']);
    expect(removeIds(moved, ['lines.parts']).fields.find((one) => one.key === 'lines')?.fields?.map((one) => one.key)).toEqual(['qty', 'price']);
    const told = { ...nested, rules: [{ key: 'r', check: 'SUM(lines.parts.size) > 0', message: 'x' }] } as FormDocument;
    const renamed = renameKey(told, 'lines.parts.size', 'width');
    expect(fieldAt(renamed, 'lines.parts.width')?.default).toBe('width * 2');
    expect(renamed.rules?.[0]?.['check']).toBe('SUM(lines.parts.width) > 0');
  });

  it('give the fields of a removed section and the sections of a removed tab to their neighbours', () => {
    const gone = removeIds(form(), ['#s:more']);
    expect(gone.sections?.map((one) => one.fields)).toEqual([['name', 'cost', 'lines']]);
    const [tabbed, key] = addTab(form(), 'T', types);
    const [more] = addSection(tabbed, 'S', types, undefined, key);
    const left = removeIds(more, [`#t:${key}`]);
    expect(left.tabs).toBeUndefined();
    expect(left.sections?.some((one) => one.tab)).toBe(false);
  });

  it('rename a field wherever it is meant', () => {
    const renamed = renameKey(form(), 'cost', 'price_total');
    expect(renamed.sections?.[0]?.fields).toEqual(['name', 'price_total']);
    expect(renamed.rules?.[0]).toMatchObject({ check: 'price_total > 0 and name <> "cost"', field: 'price_total' });
    expect(renamed.fields[2]?.fields?.[1]?.default).toBe('qty * 2 + price_total');
    const row = renameKey(form(), 'lines.qty', 'count');
    expect(row.fields[1]?.default).toBe('SUM(lines, count * price) + count');
    expect(row.fields[2]?.fields?.[1]?.default).toBe('count * 2 + cost');
    expect(renameIn('qty + lines.qty + "qty" + lines.qty_2', 'qty', 'n', 'lines', false)).toBe('qty + lines.n + "qty" + lines.qty_2');
    expect(renameIn('金额 * 2', '金额', 'jine', '')).toBe('jine * 2');
  });

  it('settle conflicts with the side that was chosen', () => {
    const conflicts = [{ path: ['title'], reason: 'changed', mine: 'A', theirs: 'B' }, { path: ['fields', 'name'], reason: 'removed', mine: form().fields[0] }];
    expect(settle({ ...form(), title: 'A' }, conflicts, new Set([0])).title).toBe('B');
    expect(settle(form(), conflicts, new Set([1])).fields.map((one) => one.key)).toEqual(['cost', 'lines', 'note']);
  });

  it('keep the words of the other language', () => {
    expect(withWords('设备', 'en', 'Device', 'zh-CN')).toEqual({ 'zh-CN': '设备', en: 'Device' });
    expect(withWords({ 'zh-CN': '设备', en: 'Device' }, 'zh-CN', '机器', 'zh-CN')).toEqual({ 'zh-CN': '机器', en: 'Device' });
    expect(words({ en: 'Device' }, 'zh-CN')).toBe('Device');
  });
});

describe('the place of a conflict', () => {
  it('is told in the words of the panel, down to the settings of a kind', () => {
    const doc = { ...form(), fields: [{ key: 'use', type: 'choice', label: '用途', options: { choices: [{ key: 'a', label: '公务' }] } }] };
    const choice = type('choice', { options: { choices: { title: '选项', items: { properties: { label: { title: '名称' } } } } } });
    const bench = { doc, locale: 'zh-CN', types: new Map([['choice', choice]]), boot: { panels: { form: {}, field: { label: { title: '标题' } }, section: {}, rule: {} } } } as unknown as Bench;
    expect(placeName(bench, ['fields', 'use', 'options', 'choices', 'a', 'label'])).toBe('用途 › 选项 › 公务 › 名称');
    expect(placeName(bench, ['fields', 'use', 'label'])).toBe('用途 › 标题');
  });
});
