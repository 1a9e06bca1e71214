import { describe, expect, it } from 'vitest';
import type { Bench } from './bench.ts';
import { oneOfEach, settingsLike } from './settings.ts';
import type { FormDocument, Schema, TypeInfo } from './types.ts';

const type = (key: string, options: Record<string, Schema> = {}, more: Partial<TypeInfo> = {}): TypeInfo => ({
  key, title: key, titles: {}, description: '', icon: '', group: 'text', options, required: [], storage: 'column', value: 'text',
  in_subform: true, may_be_unique: true, may_be_encrypted: true, has_placeholder: true, may_be_masked: true, writable: true, choices: false, is_value: true, wide: false, operators: [], ...more,
});
const types = [
  type('text'),
  type('image', { watermark: { type: 'object', title: '水印', properties: { text: { type: 'string', title: '水印文字' } } } }, { may_be_unique: false }),
  type('rollup', {}, { writable: false }),
];
const doc: FormDocument = {
  kind: 'form', key: 'repair', title: '报修',
  fields: [
    { key: 'name', type: 'text', label: '名称', required: true },
    { key: 'sum', type: 'rollup', label: '合计' },
    { key: 'photo', type: 'image', label: '照片' },
    { key: 'lines', type: 'subform', label: '明细', fields: [{ key: 'shot', type: 'image', label: '现场', options: { watermark: { text: '内部' } } }] },
  ],
  sections: [{ key: 'main', fields: ['name'], collapsed: true }, { key: 'more', fields: ['photo'] }],
};
const bench = (chosen: string[] = []): Bench => ({
  doc, chosen, locale: 'zh-CN', types: new Map(types.map((one) => [one.key, one])),
  boot: { panels: {
    types, field: { required: { type: 'boolean', title: '必填' }, unique_within: { type: 'array', title: '唯一范围' }, unique: { type: 'boolean', title: '唯一' } }, tab: {}, rule: {},
    form: { title_field: { type: 'string', title: '标题字段' } }, section: { title: { title: '标题' }, collapsed: { type: 'boolean', title: '默认折叠' } },
  } },
}) as unknown as Bench;
const places = (query: string): string[] => settingsLike(bench(), query).map((one) => `${one.path.join('.')}${one.set ? ' set' : ''}`);

describe('settings by their names', () => {
  it('are found at every field that could have them, at those that have them first of all', () => {
    expect(places('必填')).toEqual(['fields.name.required set', 'fields.photo.required', 'fields.lines.fields.shot.required']);
    expect(places('唯一')).toEqual(['fields.name.unique_within', 'fields.name.unique', 'fields.sum.unique_within', 'fields.sum.unique']);
  });

  it('are found inside of others, in sections and in the form, also by the name that programs use', () => {
    expect(places('水印文字')).toEqual(['fields.photo.options.watermark.text', 'fields.lines.fields.shot.options.watermark.text set']);
    expect(places('折叠')).toEqual(['sections.main.collapsed set', 'sections.more.collapsed']);
    expect(places('标题')).toEqual(['title_field']);
    expect(places('title field')).toEqual(['title_field']);
  });

  it('are offered once where nothing makes use of them: at what is chosen, else at the first that could', () => {
    const offered = (query: string, chosen: string[] = []): string[] => oneOfEach(bench(chosen), settingsLike(bench(chosen), query), query).map((one) => one.id);
    expect(oneOfEach(bench(), settingsLike(bench(), '唯一'), '唯一').map((one) => one.title)).toEqual(['唯一', '唯一范围']);
    expect(offered('标题')).toEqual(['']);
    expect(offered('唯一', ['sum'])).toEqual(['sum', 'sum']);
    expect(offered('必填')).toEqual([]);
    expect(offered('必填', ['photo'])).toEqual(['photo']);
  });
});
