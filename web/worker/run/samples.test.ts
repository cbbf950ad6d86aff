import { expect, test } from 'vitest';
import { Samples } from './samples.ts';

const free = (first: number, ms: number[], values: number[]) => ({
  first,
  ms,
  columns: [{ name: 'free', zone: 2, values }],
});

test('rows are appended, and found by time', () => {
  const samples = new Samples();
  samples.take(free(0, [0, 4], [100, 90]));
  samples.take(free(2, [12], [70]));
  expect(samples.next).toBe(3);
  expect(samples.of('free', { zone: 2 })).toEqual([100, 90, 70]);
  expect([-1, 0, 3, 4, 11, 12, 99].map((ms) => samples.rowAt(ms))).toEqual([-1, 0, 0, 1, 1, 2, 2]);
});

test('thinned rows take the place of those they were made from', () => {
  const samples = new Samples();
  samples.take(free(0, [0, 4, 8, 12], [9, 8, 7, 6]));
  samples.take(free(1, [8, 16], [7, 5]));
  expect(samples.ms).toEqual([0, 8, 16]);
  expect(samples.of('free', { zone: 2 })).toEqual([9, 7, 5]);
});

test('nothing new changes nothing, and a series may begin late', () => {
  const samples = new Samples();
  samples.take(free(0, [0, 4, 8], [9, 8, 7]));
  samples.take(free(0, [], []));
  samples.take(free(9, [40], [1]));
  samples.take({ first: 3, ms: [12], columns: [{ name: 'pgscan', node: 0, values: [32] }] });
  expect(samples.next).toBe(4);
  expect(samples.of('pgscan', { node: 0 })).toEqual([0, 0, 0, 32]);
  expect(samples.of('pgscan', { node: 1 })).toEqual([]);
});
