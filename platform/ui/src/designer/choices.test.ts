import { describe, expect, it } from 'vitest';
import { oneSource } from './choices.ts';

const own = [{ key: 'a', label: '甲' }];
const sets = [{ key: 'grades', choices: [{ key: 'b', label: '乙', color: 'red' }] }];

describe('a choice has its own options or those of a set', () => {
  it('drops its own where a set is chosen', () => {
    expect(oneSource({ choices: own, look: 'list' }, { choices: own, look: 'list', set: 'grades' }, sets)).toEqual({ look: 'list', set: 'grades' });
  });
  it('keeps what the set offered where the set is taken away', () => {
    expect(oneSource({ set: 'grades' }, undefined, sets)).toEqual({ choices: sets[0]?.choices });
    expect(oneSource({ set: 'gone', look: 'list' }, { look: 'list' }, sets)).toEqual({ look: 'list' });
  });
  it('touches nothing else', () => {
    expect(oneSource({ set: 'grades' }, { set: 'grades', look: 'list' }, sets)).toEqual({ set: 'grades', look: 'list' });
    expect(oneSource({ choices: own }, { choices: [] }, sets)).toEqual({ choices: [] });
    expect(oneSource({ choices: own }, undefined, sets)).toBeUndefined();
  });
});
