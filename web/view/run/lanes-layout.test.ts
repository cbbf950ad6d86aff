import { describe, expect, test } from 'vitest';
import { CELL, cellAt, lanesHeight, lanesLayout, listsShown, placeAt } from './lanes-layout.ts';

describe.each([
  [300, lanesHeight(5)],
  [430, 260],
  [900, 420],
])('lanes on %i × %i', (width, height) => {
  const lanes = lanesLayout(width, height, 5);

  test('are five, one below the other, within the canvas', () => {
    expect(lanes).toHaveLength(5);
    for (const [i, lane] of lanes.entries()) {
      expect(lane.cells.x).toBeGreaterThanOrEqual(0);
      expect(lane.bar.y + lane.bar.height).toBeLessThanOrEqual(lanes[i + 1]?.y ?? height);
    }
  });

  test('have each page under the pointer where it is drawn', () => {
    for (const lane of lanes) {
      for (const place of [0, 1, lane.rows, lane.rows * lane.columns - 1]) {
        const { x, y } = cellAt(lane, place);
        expect(placeAt(lanes, x + CELL / 2, y + CELL / 2)).toEqual({ list: lane.list, place });
      }
    }
  });

  test('begin at the right, where reclaim does', () => {
    const [lane] = lanes;
    if (lane === undefined) return;
    expect(cellAt(lane, 0).x).toBeGreaterThan(cellAt(lane, lane.rows).x);
    expect(placeAt(lanes, 1, 2)).toBeUndefined();
  });
});

test('the unevictable list is there when it has pages', () => {
  const totals = (last: number) => [1, 2, 3, 4, last].map((total) => ({ total }));
  expect([listsShown(totals(0)), listsShown(totals(1)), listsShown([])]).toEqual([4, 5, 4]);
});
