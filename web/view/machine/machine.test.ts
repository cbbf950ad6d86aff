import { describe, expect, test } from 'vitest';
import type { MachineView, NodeView, ZoneView } from '../../worker/model.ts';
import type { Palette } from '../scene.ts';
import { bootedPages, composition } from './column.ts';
import { chipLabels, ranges } from './header.ts';
import { machineLayout } from './layout.ts';
import { BREAK, lensScale } from './lens-scale.ts';
import { seriate } from './seriate.ts';
import { partOf, route, stopsOf } from './walk.ts';

const zone = { managed: 262_144, min: 500, low: 625, high: 750, boost: 0 } as unknown as ZoneView;

describe('the lens', () => {
  const at = lensScale(zone);
  test('shows no free page at the top, all free at the bottom, and rises between', () => {
    expect(at(0)).toBe(0);
    expect(at(zone.managed)).toBeCloseTo(1);
    for (let free = 1; free < zone.managed; free *= 2) expect(at(free * 2)).toBeGreaterThan(at(free));
  });
  test('has all marks in its linear part, also those considered', () => {
    expect(at(zone.high)).toBeLessThan(BREAK);
    const preview = { zone: 0, min: 5000, low: 6000, high: 7000, boost: 100, protection: [], pcpHigh: 0, pcpBatch: 0 };
    expect(lensScale(zone, preview)(7100)).toBeLessThan(BREAK);
  });
});

test('a zone is made of all its pages, each once', () => {
  const full = { present: 1000, usedByType: [100, 200], freeByType: [50, 250], pcpPages: 40 } as unknown as ZoneView;
  expect(bootedPages(full)).toBe(360);
  const palette = { types: ['u', 'm'], booted: 'b', pcp: 'p', tint: 0.3 } as unknown as Palette;
  const layers = composition(full, palette);
  expect(layers.reduce((sum, { pages }) => sum + pages, 0)).toBe(1000);
  expect(layers.map(({ color }) => color)).toEqual(['b', 'u', 'm', 'p', 'u', 'm']);
});

test('near nodes are neighbors', () => {
  const distances = [
    [10, 30, 12, 30],
    [30, 10, 30, 12],
    [12, 30, 10, 20],
    [30, 12, 20, 10],
  ];
  const nodes = distances.map((row, id) => ({ id, distances: row }) as unknown as NodeView);
  expect(seriate(nodes).map(({ id }) => id)).toEqual([0, 2, 3, 1]);
});

test('CPUs are chips as long as they fit, then ranges with the chosen one', () => {
  expect(ranges([0, 1, 2, 5, 7, 8])).toBe('0–2,5,7–8');
  expect(chipLabels([0, 1], 1, 400).map(({ text, on }) => [text, on])).toEqual([
    ['0', false],
    ['1', true],
  ]);
  const many = Array.from({ length: 64 }, (_, cpu) => cpu);
  expect(chipLabels(many, 9, 200).map(({ text }) => text)).toEqual(['9', '0–63']);
});

test('a walk goes from stop to stop, and part of it is as long as that part', () => {
  const zones = (node: number) => [2, 1].map((index) => ({ id: node * 4 + index, present: 9, managed: 9 }));
  const nodes = [0, 1].map((id) => ({ id, online: true, cpus: [], distances: [10, 10], zones: zones(id) }));
  const layout = machineLayout({ nodes } as unknown as MachineView, 800, 400);
  const walk = [2, 1, 6].map((id) => ({ zone: id, verdict: 'fail' as const, label: '' }));
  const stops = stopsOf(layout, walk);
  expect(stops.map(({ number }) => number)).toEqual([1, 2, 3]);
  const points = route(stops, { x: 20, y: 10 });
  expect(points[0]).toEqual({ x: 20, y: 10 });
  expect(points.at(-1)).toEqual(stops[2]?.zone.stop);
  const straight = partOf(
    [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
    ],
    0.75,
  );
  expect(straight.at(-1)).toEqual({ x: 10, y: 5 });
});
