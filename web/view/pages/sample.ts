// Which pages the map's pixels show. Computed anew only when the camera or the machine's shape changes.

import type { Camera, CanvasSize } from '../scene.ts';
import { type PagesLayout, pageOfCell, TILE } from './layout.ts';

/** No page there; also what the model answers with a hole. */
export const NOTHING = 0xffffffff;
const MAX_SIDE = 1024;

export interface Grid {
  columns: number;
  rows: number;
  /** World coordinates of the first sample's left upper corner, and the step between samples, in cells. */
  x: number;
  y: number;
  step: number;
}

/**
 * Zoomed out, a sample a device pixel, at most 1024 a side; zoomed in, a sample a page, on the grid of the pages.
 */
export function sampleGrid(camera: Camera, { width, height, ratio }: CanvasSize): Grid {
  const cellPixels = camera.scale * ratio;
  if (cellPixels >= 1) {
    const [x, y] = [Math.floor(camera.x), Math.floor(camera.y)];
    const columns = Math.ceil(camera.x + width / camera.scale) - x;
    const rows = Math.ceil(camera.y + height / camera.scale) - y;
    if (columns <= MAX_SIDE && rows <= MAX_SIDE) return { columns, rows, x, y, step: 1 };
  }
  const shrink = Math.max(1, (width * ratio) / MAX_SIDE, (height * ratio) / MAX_SIDE);
  const step = shrink / cellPixels;
  const columns = Math.ceil((width * ratio) / shrink);
  const rows = Math.ceil((height * ratio) / shrink);
  return { columns, rows, x: camera.x, y: camera.y, step };
}

/** Fills in the page frame number of every sample, row by row. */
export function fillPfns(into: Uint32Array, grid: Grid, layout: PagesLayout): void {
  const { columns, rows, step } = grid;
  const cellX = new Int32Array(columns);
  const tileX = new Int32Array(columns);
  for (let i = 0; i < columns; i += 1) {
    const x = grid.x + (i + 0.5) * step;
    const inside = x >= 0 && x < layout.width;
    tileX[i] = inside ? Math.floor(x / TILE) : -1;
    cellX[i] = inside ? Math.floor(x) % TILE : 0;
  }
  for (let j = 0; j < rows; j += 1) {
    const y = grid.y + (j + 0.5) * step;
    const band = layout.bands.find((candidate) => y >= candidate.y && y < candidate.y + candidate.rows * TILE);
    const from = j * columns;
    if (band === undefined) {
      into.fill(NOTHING, from, from + columns);
      continue;
    }
    const row = Math.floor((y - band.y) / TILE) * layout.columns;
    const cellRow = (Math.floor(y - band.y) % TILE) * TILE;
    for (let i = 0; i < columns; i += 1) {
      const tile = tileX[i] ?? -1;
      const pfn = band.first + (row + tile) * (TILE * TILE) + (pageOfCell[cellRow + (cellX[i] ?? 0)] ?? 0);
      into[from + i] = tile >= 0 && pfn >= band.start && pfn < band.end ? pfn : NOTHING;
    }
  }
}
