import { expect, test } from 'vitest';
import { centered, fitScale, fitted, MAX_SCALE, panned, showing, zoomed } from './camera.ts';
import { pagesLayout } from './layout.ts';

const layout = pagesLayout([{ zone: 0, start: 0, end: 1 << 20 }], 2);
const view = { width: 600, height: 300 };

test('the whole machine is in view and in the middle', () => {
  const { x, y, scale } = fitted(layout, view);
  expect(layout.width * scale).toBeLessThanOrEqual(view.width + 1e-6);
  expect(layout.height * scale).toBeLessThanOrEqual(view.height + 1e-6);
  expect(-x * scale * 2 + layout.width * scale).toBeCloseTo(view.width);
  expect(-y * scale * 2 + layout.height * scale).toBeCloseTo(view.height);
});

test('zooming keeps the point under the pointer', () => {
  const before = zoomed(fitted(layout, view), 8, { x: 300, y: 150 }, layout, view);
  const at = { x: 123, y: 77 };
  const after = zoomed(before, 3, at, layout, view);
  expect(after.x + at.x / after.scale).toBeCloseTo(before.x + at.x / before.scale);
  expect(after.y + at.y / after.scale).toBeCloseTo(before.y + at.y / before.scale);
});

test('zoom has ends, and nothing leads out of the machine', () => {
  let camera = fitted(layout, view);
  for (let i = 0; i < 40; i += 1) camera = zoomed(camera, 2, { x: 0, y: 0 }, layout, view);
  expect(camera.scale).toBe(MAX_SCALE);
  camera = panned(camera, -1e9, 1e9, layout, view);
  expect(camera.x).toBe(0);
  expect(camera.y).toBeCloseTo(layout.height - view.height / MAX_SCALE);
  for (let i = 0; i < 40; i += 1) camera = zoomed(camera, 0.5, { x: 9, y: 9 }, layout, view);
  expect(camera.scale).toBe(fitScale(layout, view));
});

test('a page is brought into view', () => {
  const camera = centered({ x: 500, y: 200 }, 20, layout, view);
  const { x, y } = showing(camera, { x: 700, y: 10 }, layout, view);
  expect(x + view.width / 20).toBeGreaterThan(700);
  expect(y).toBeLessThanOrEqual(10);
});
