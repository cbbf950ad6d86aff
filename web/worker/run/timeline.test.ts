import { expect, test } from 'vitest';
import { Samples } from './samples.ts';
import { timelineOf } from './timeline.ts';

const ms = Array.from({ length: 100 }, (_, i) => i * 4);
const samples = new Samples();
samples.take({
  first: 0,
  ms,
  columns: [
    { name: 'free', zone: 2, values: ms.map((at) => 1000 - at) },
    { name: 'low', zone: 2, values: ms.map(() => 700) },
    { name: 'pgscan', node: 0, values: ms.map(() => 2) },
    { name: 'pgsteal', node: 0, values: ms.map(() => 1) },
    { name: 'kswapd', node: 0, values: ms.map((at) => (at >= 300 && at < 380 ? 1 : 0)) },
  ],
});

test('a history is told in a few rows that leave nothing out', () => {
  const { rows, ran } = timelineOf(samples, 0, 2);
  expect(ran).toBe(396);
  expect(rows.length).toBeLessThanOrEqual(24);
  expect(rows.reduce((sum, { scanned }) => sum + scanned, 0)).toBe(200);
  expect(rows.reduce((sum, { reclaimed }) => sum + reclaimed, 0)).toBe(100);
  expect(rows.at(-1)).toMatchObject({ ms: 396, free: 604, low: 700, awake: false });
});

test('kswapd wakes and sleeps', () => {
  expect(timelineOf(samples, 0, 2).turns).toEqual([
    { ms: 300, awake: true },
    { ms: 380, awake: false },
  ]);
  expect(timelineOf(samples, 1, 2).turns).toEqual([]);
});

test('nothing has happened yet', () => {
  expect(timelineOf(new Samples(), 0, 2)).toEqual({ node: 0, zone: 2, rows: [], turns: [], ran: 0 });
});

test('a run that was set back remembers how far it came', () => {
  const again = new Samples();
  again.take({ first: 0, ms: [0, 4], columns: [] });
  expect(timelineOf(again, 0, 2, samples)).toMatchObject({ ran: 396, turns: [] });
});
