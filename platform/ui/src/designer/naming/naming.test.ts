import { describe, expect, it } from 'vitest';
import type { FormDocument, OtherForm, TypeInfo } from '../types.ts';
import { follow, nodesOf, offered, operatorsOf, pointing, rowsOf, sayPath, sourceTitle, valueOf, type World, offeredBy } from './around.ts';
import { having } from './lists.ts';
import { overOf, overs, subjectsIn } from './rollup.ts';
import { example, type Segment } from './serial.ts';

const info = (key: string, value: string, operators: string[] = []): TypeInfo => ({
  key, title: key, titles: {}, description: '', icon: '', group: 'text', options: {}, required: [], storage: 'column', value,
  in_subform: true, may_be_unique: true, may_be_encrypted: true, has_placeholder: true, may_be_masked: true, writable: key !== 'rollup', choices: false, is_value: key !== 'note', wide: false, operators,
});
const types = new Map([
  info('text', 'text', ['contains', 'eq']), info('number', 'number', ['eq', 'gt']), info('money', 'number', ['eq', 'gt']), info('choice', 'text', ['eq', 'in']), info('relation', 'record', ['empty', 'filled']),
  info('member', 'record', ['is_me', 'empty']), info('date', 'date'), info('subform', 'records'), info('note', ''), info('rollup', ''), info('lookup', ''),
].map((one) => [one.key, one]));

const doc: FormDocument = {
  kind: 'form', key: 'client', title: { en: 'Client', 'zh-CN': '客户' },
  fields: [
    { key: 'name', type: 'text', label: { en: 'Name', 'zh-CN': '名称' } },
    { key: 'region', type: 'relation', label: '大区', options: { form: 'region' } },
    { key: 'hint', type: 'note', label: 'Hint' },
    { key: 'people', type: 'subform', label: '联系人', fields: [{ key: 'who', type: 'text', label: '姓名' }, { key: 'age', type: 'number', label: '年龄' }] },
  ],
};
const forms: OtherForm[] = [
  { key: 'client', title: 'saved', fields: [] },
  { key: 'region', title: '大区', fields: [{ key: 'name', label: '名称', type: 'text' }, { key: 'head', label: '负责人', type: 'member', form: '_member' }] },
  { key: 'order', title: '订单', fields: [
    { key: 'client', label: '客户', type: 'relation', form: 'client' },
    { key: 'seller', label: '代理', type: 'relation', form: 'client', reverse: { key: 'sold', title: '代理订单' } },
    { key: 'amount', label: '金额', type: 'money' },
    { key: 'state', label: '状态', type: 'choice', choices: [{ key: 'won', label: '赢单' }] },
    { key: 'lines', label: '明细', type: 'subform', fields: [{ key: 'for_whom', label: '使用方', type: 'relation', form: 'client' }, { key: 'qty', label: '数量', type: 'number' }] },
  ] },
  { key: '_member', title: '成员', system: true, fields: [{ key: 'name', label: '姓名', type: 'text' }, { key: 'manager', label: '上级', type: 'member', form: '_member' }] },
];
const world = { doc, types, locale: 'zh-CN', boot: { forms, option_sets: [{ key: 'grade', title: '等级', choices: [{ key: 'a', label: '甲级' }] }], system: [{ key: '_owner', label: '负责人', type: 'member', form: '_member' }] } } as unknown as World;
const beyond = (source: string): string[] => offered(world, source, '', { far: true, beyond: true }).flatMap((group) => group.options.map(([path]) => path));
const paths = (source: string, now = '', far = true): string[] => offered(world, source, now, { far }).flatMap((group) => group.options.map(([path]) => path));

describe('fields by label', () => {
  it('are offered beyond relations alone where a field of the form itself would say nothing', () => {
    expect(beyond('client')).toEqual(expect.arrayContaining(['region.name', 'region.head']));
    expect(beyond('client').filter((path) => !path.includes('.'))).toEqual([]);
    expect(beyond('_member').filter((path) => !path.includes('.'))).toEqual([]);
  });

  it('offer the options of a shared set like their own', () => {
    const of = (options: Record<string, unknown>): unknown => offeredBy({ key: 'x', type: 'choice', label: 'x', options }, world.boot);
    expect(of({ set: 'grade' })).toEqual([{ key: 'a', label: '甲级' }]);
    expect(of({ choices: [{ key: 'b' }] })).toEqual([{ key: 'b', label: 'b' }]);
    expect(of({ set: 'gone' })).toBeUndefined();
  });

  it('are said along relations and into rows, in the language of the page, and not where nothing is', () => {
    expect(sayPath(world, 'client', 'region.head.name')).toBe('大区 › 负责人 › 姓名');
    expect(sayPath(world, 'client', 'people.age')).toBe('联系人 › 年龄');
    expect(sayPath(world, 'client', 'region.nothing')).toBeUndefined();
    expect(sourceTitle(world, 'client.people')).toBe('客户 › 联系人');
    expect(follow(world, 'order.lines', '_parent.client.region.name')).toHaveLength(4);
    expect(nodesOf(world, 'nowhere')).toBeUndefined();
  });

  it('are offered one step beyond what is chosen; texts of the layout never', () => {
    expect(paths('client')).toEqual(['name', 'region', '_owner', 'region.name', 'region.head', 'region._owner']);
    expect(paths('client', '', false)).toEqual(['name', 'region', '_owner']);
    expect(paths('client', 'region.head')).toContain('region.head.manager');
    expect(paths('client', '_owner.name')).toContain('_owner.manager');
    expect(paths('order.lines')).toContain('_parent.amount'); // rows of another form know their record
    expect(paths('client.people')).not.toContain('_parent'); // those of this one name its fields as they are
  });

  it('are asked by the operators of their type', () => {
    const all = ['eq', 'ne', 'in', 'nin', 'gt', 'contains', 'empty', 'filled', 'is_me'];
    expect(operatorsOf(world, { key: 'a', label: 'a', type: 'number' }, all)).toEqual(['eq', 'gt']);
    expect(operatorsOf(world, { key: 'a', label: 'a', type: 'relation', form: 'region' }, all)).toEqual(['eq', 'ne', 'in', 'nin', 'empty', 'filled']);
    expect(operatorsOf(world, { key: 'a', label: 'a', type: 'rollup', result: 'money' }, all)).toEqual(['eq', 'gt']);
    expect(operatorsOf(world, { key: 'a', label: 'a', type: 'lookup' }, all)).toEqual(all);
    expect(valueOf(world, { key: 'a', label: 'a', type: 'formula', result: 'money' })).toBe('number');
  });

  it('know where a setting stands', () => {
    expect(rowsOf(world, ['fields', 'region', 'options', 'copy'])).toBe('client');
    expect(rowsOf(world, ['fields', 'people', 'fields', 'who', 'linkage', 'where'])).toBe('client.people');
  });
});

describe('roll-ups', () => {
  it('go over own rows, over records and over rows that point here; a list by its key', () => {
    expect(pointing(world, 'client').map((one) => one.label)).toEqual(['订单 · 客户', '代理订单 (订单 · 代理)', '订单 › 明细 · 使用方']);
    expect(overs(world, 'client').map((one) => one.of)).toEqual(['people', { form: 'order', field: 'client' }, 'sold', { form: 'order', rows: 'lines', field: 'for_whom' }]);
    expect(overOf(world, 'client', 'sold')?.source).toBe('order');
    expect(overOf(world, 'client', { form: 'order', field: 'seller' })?.of).toBe('sold');
    expect(overOf(world, 'client', { form: 'order', rows: 'lines', field: 'for_whom' })?.source).toBe('order.lines');
    expect(overOf(world, 'client', 'gone')).toBeUndefined();
  });

  it('ask the fields of what they go over, with their options', () => {
    const subjects = subjectsIn(world, 'order');
    expect(subjects.find((one) => one.name === 'state')?.choices).toEqual([['won', '赢单']]);
    expect(subjects.map((one) => one.name)).toContain('client.name');
  });
});

describe('lists and numbers', () => {
  it('leave out what has no value', () => {
    expect(having({ field: 'a', op: 'ne' }, 'op', undefined)).toEqual({ field: 'a' });
    expect(having({ field: 'a' }, 'value', '1')).toEqual({ field: 'a', value: '1' });
  });

  it('show what a number will look like', () => {
    const parts = [{ key: 'a', kind: 'text' as const, text: 'SO-' }, { key: 'b', kind: 'date' as const, format: 'yyyy-MM-dd' }, { key: 'c', kind: 'field' as const, field: 'region' }, { key: 'd', kind: 'counter' as const, digits: 4 }];
    expect(example(parts, new Date(2026, 10, 2), () => '大区')).toBe('SO-2026-11-02〔大区〕0001');
    const week: Segment[] = [{ key: 'w', kind: 'date', format: 'yyyy-WW' }];
    expect([new Date(2027, 0, 3), new Date(2027, 0, 4), new Date(2026, 0, 1)].map((day) => example(week, day, () => ''))).toEqual(['2026-53', '2027-01', '2026-01']);
  });
});
