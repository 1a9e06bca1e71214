import { expect, test } from 'vitest';
import { Chosen, type Group, type Pick } from './state.ts';

const pick = (id: string, group: string, more: Partial<Pick> = {}): Pick => ({ id, title: id, group, quantity: 1, row: null, was: 0, ...more });
const chosen = (addsUp: boolean, ...groups: Group[]): Chosen => {
  const made = new Chosen(addsUp);
  for (const one of groups) made.groups.set(one.key, one);
  return made;
};

test('a group with room for one gives the place to the one chosen last', () => {
  const state = chosen(false, { key: 'frame', title: 'Frame', min: 1, max: 1 });
  expect(state.add(pick('a', 'frame'))).toBe(true);
  expect(state.add(pick('b', 'frame'))).toBe(true);
  expect([...state.picks.keys()]).toEqual(['b']);
  state.fixed = [{ id: 'z', group: 'frame', quantity: 1 }];
  state.remove('b');
  expect(state.add(pick('a', 'frame'))).toBe(false);
});

test('quantities stop where the group is full, and none takes the record away', () => {
  const state = chosen(true, { key: 'power', title: 'Power', min: 3, max: 5 });
  state.add(pick('a', 'power'));
  state.add(pick('b', 'power', { quantity: 2 }));
  expect(state.give('a', 9)).toBe(3);
  expect(state.room('power')).toBe(0);
  expect(state.add(pick('c', 'power'))).toBe(false);
  expect(state.give('b', 0)).toBe(0);
  expect(state.picks.has('b')).toBe(false);
  expect(state.give('a', 0.1 + 0.2)).toBe(0.3);
});

test('what stood in a row is changed there, taken out, or comes back to it', () => {
  const state = chosen(false);
  state.add(pick('a', '', { row: '0', was: 2, quantity: 2 }));
  expect(state.touched).toBe(false);
  state.give('a', 3);
  expect(state.changed.map((one) => one.id)).toEqual(['a']);
  state.remove('a');
  expect([...state.gone.keys()]).toEqual(['0']);
  state.add(pick('a', '', { quantity: 2 }));
  expect(state.picks.get('a')?.row).toBe('0');
  expect(state.touched).toBe(false);
});

test('a minimum is asked of groups in use, or of every one', () => {
  const state = chosen(false, { key: 'x', title: 'X', min: 2, max: null }, { key: 'y', title: 'Y', min: 1, max: null });
  expect(state.short(false)).toEqual([]);
  expect(state.short(true).map((one) => one.key)).toEqual(['x', 'y']);
  state.add(pick('a', 'x'));
  expect(state.short(false).map((one) => one.key)).toEqual(['x']);
});
