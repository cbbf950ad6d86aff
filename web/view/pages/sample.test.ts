import { expect, test } from 'vitest';
import { centered, fitted } from './camera.ts';
import { cellOf, pageAt, pagesLayout } from './layout.ts';
import { fillPfns, NOTHING, sampleGrid } from './sample.ts';

const spans = [
  { zone: 0, start: 4096, end: 304_096 },
  { zone: 1, start: 1 << 20, end: (1 << 20) + 70_000 },
];
const layout = pagesLayout(spans, 2);
const size = { width: 600, height: 300, ratio: 2 };

test('zoomed out, there is a sample for each device pixel, and no more than 1024 a side', () => {
  expect(sampleGrid(fitted(layout, size), { ...size, ratio: 1 })).toMatchObject({ columns: 600, rows: 300 });
  const { columns, rows } = sampleGrid(fitted(layout, size), { width: 4000, height: 2000, ratio: 2 });
  expect(columns).toBeLessThanOrEqual(1024);
  expect(rows).toBeLessThanOrEqual(1024);
});

test('zoomed in, there is a sample for each page', () => {
  const grid = sampleGrid(centered({ x: 100, y: 100 }, 20, layout, size), size);
  expect(grid.step).toBe(1);
  expect(grid.columns).toBeLessThanOrEqual(600 / 20 + 1);
});

test('samples are the pages at their places', () => {
  for (const camera of [fitted(layout, size), centered({ x: 300, y: 200 }, 7, layout, size)]) {
    const grid = sampleGrid(camera, size);
    const pfns = new Uint32Array(grid.columns * grid.rows);
    fillPfns(pfns, grid, layout);
    for (let i = 0; i < pfns.length; i += 397) {
      const x = grid.x + ((i % grid.columns) + 0.5) * grid.step;
      const y = grid.y + (Math.floor(i / grid.columns) + 0.5) * grid.step;
      expect(pfns[i]).toBe(pageAt(layout, x, y) ?? NOTHING);
    }
  }
});

test('page numbers beyond 2^31 survive', () => {
  const far = pagesLayout([{ zone: 0, start: 0, end: 2 ** 32 - 2048 }], 1);
  const pfn = 3_500_000_123;
  const cell = cellOf(far, pfn) ?? { x: 0, y: 0 };
  const grid = { columns: 1, rows: 1, x: cell.x, y: cell.y, step: 1 };
  const into = new Uint32Array(1);
  fillPfns(into, grid, far);
  expect(into[0]).toBe(pfn);
});
