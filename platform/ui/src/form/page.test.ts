import { expect, test } from 'vitest';
import { unpacked } from './page.ts';

test('rows come small and stand as the server knows them', () => {
  const packed = {
    keys: ['id', 'item', 'product', 'qty'],
    links: { product: { 7: 'Bolt' } },
    rows: [[1, 'a', 7, '2'], null, { id: 3, item: 'hidden fields' }, [4, null, null, 7]],
  };
  expect(unpacked(packed)).toEqual([
    { id: 1, item: 'a', product: { id: 7, title: 'Bolt' }, qty: '2' },
    null,
    { id: 3, item: 'hidden fields' },
    { id: 4, item: null, product: null, qty: 7 },
  ]);
});
