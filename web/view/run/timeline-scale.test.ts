import { expect, test } from 'vitest';
import { axisEnd, clock, decimals, levelScale, ticks } from './timeline-scale.ts';

test('the axis ends at a round time, or where the run does', () => {
  expect([0, 250, 251, 7000, 1_300_000].map((ran) => axisEnd(ran, undefined))).toEqual([
    250, 250, 500, 10_000, 1_800_000,
  ]);
  expect(axisEnd(900, 1200)).toBe(1200);
  expect(axisEnd(900, 30_000)).toBe(1000);
});

test('ticks are few and round', () => {
  expect(ticks(1000, 5)).toEqual([250, 500, 750, 1000]);
  expect([[250], [500], [2000], []].map(decimals)).toEqual([2, 1, 0, 0]);
  expect(ticks(30_000, 8)).toEqual([5000, 10_000, 15_000, 20_000, 25_000, 30_000]);
});

test('time is read as on a watch', () => {
  expect([0, 12_345, 75_004].map((ms) => clock(ms))).toEqual(['0.000', '12.345', '1:15.004']);
  expect(clock(65_000, 0)).toBe('1:05');
});

test('free pages rise on the scale, and the marks have most of it', () => {
  const scale = levelScale(1000, 200_000);
  const levels = [0, 500, 1000, 1400, 10_000, 200_000].map(scale);
  expect(levels).toEqual([...levels].sort((a, b) => a - b));
  expect(scale(0)).toBe(0);
  expect(scale(1000)).toBeCloseTo(0.5);
  expect(scale(200_000)).toBe(1);
});
