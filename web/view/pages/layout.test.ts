import { describe, expect, test } from 'vitest';
import { blockSize, cellOf, pageAt, pagesLayout, type Span, TILE } from './layout.ts';

function machine(...zones: [start: number, pages: number][]): Span[] {
  return zones.map(([start, pages], zone) => ({ zone, start, end: start + pages }));
}

const layout = pagesLayout(machine([1, 4095], [4096, 250_000], [1_048_576, 262_144]), 1.8);

test('every page has a cell of its own, and the cell has the page', () => {
  const seen = new Set<string>();
  for (let pfn = 1; pfn < 6000; pfn += 1) {
    const cell = cellOf(layout, pfn);
    expect(cell).toBeDefined();
    expect(pageAt(layout, cell?.x ?? -1, cell?.y ?? -1)).toBe(pfn);
    seen.add(`${cell?.x},${cell?.y}`);
  }
  expect(seen.size).toBe(5999);
});

test('there are no pages between zones and beside them', () => {
  expect(cellOf(layout, 0)).toBeUndefined();
  expect(cellOf(layout, 300_000)).toBeUndefined();
  expect(pageAt(layout, -1, 0)).toBeUndefined();
  expect(pageAt(layout, layout.width, 0)).toBeUndefined();
  expect(pageAt(layout, 0, layout.height + 1)).toBeUndefined();
});

describe('blocks', () => {
  test.each([0, 1, 2, 3, 5, 8, 9, 10])('of order %i are rectangles, and buddies are neighbors', (order) => {
    const { width, height } = blockSize(order);
    const head = 1_048_576 + 6 * 1024;
    const cell = cellOf(layout, head) ?? { x: 0, y: 0 };
    for (let page = 0; page < 2 ** order; page += 1) {
      const { x, y } = cellOf(layout, head + page) ?? { x: -1, y: -1 };
      expect(x >= cell.x && x < cell.x + width && y >= cell.y && y < cell.y + height).toBe(true);
    }
    const buddy = cellOf(layout, head ^ (2 ** order)) ?? { x: -1, y: -1 };
    if (order < 10) expect([buddy.x - cell.x, buddy.y - cell.y]).toEqual(order % 2 === 0 ? [width, 0] : [0, height]);
  });
});

test('a machine fills its view whatever the shape of that', () => {
  for (const aspect of [0.5, 1, 1.8, 4]) {
    const { width, height } = pagesLayout(machine([0, 1 << 21]), aspect);
    const filled = Math.min(width / height / aspect, (aspect * height) / width);
    expect(filled).toBeGreaterThan(0.9);
  }
});

test('a tiny zone is one square', () => {
  const { width, height } = pagesLayout(machine([16, 10]), 2);
  expect([width, height]).toEqual([TILE, TILE]);
});
