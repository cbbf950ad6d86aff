// Compaction's two scanners over the page map: what they have passed is shaded, and where they are is framed.

import type { RunCompaction } from '../../worker/model.ts';
import { type Context, fonts, write } from '../draw.ts';
import { type Band, cellOf, TILE } from '../pages/layout.ts';
import type { PagesInput } from '../pages/paint.ts';
import type { LanesScene } from '../scene.ts';

const TILE_PAGES = TILE * TILE;
/** A pageblock is half of a square. */
const BLOCK = 512;

export function paintScanners(
  c: Context,
  input: PagesInput,
  compaction: readonly RunCompaction[],
  words: LanesScene['words'],
): void {
  for (const { zone, migratePfn, freePfn } of compaction) {
    const bands = input.layout.bands.filter((band) => band.zone === zone);
    const [start, end] = [bands[0]?.start ?? 0, bands.at(-1)?.end ?? 0];
    for (const band of bands) {
      shade(c, input, band, start, migratePfn, input.palette.accent);
      shade(c, input, band, freePfn, end, input.palette.warn);
    }
    flag(c, input, migratePfn, zone, `${words.migrate} ▸`, input.palette.accent);
    flag(c, input, freePfn, zone, `◂ ${words.free}`, input.palette.warn);
  }
}

/** A tint over the squares of a band that lie between two pages. */
function shade(
  c: Context,
  { layout, scene: { camera } }: PagesInput,
  band: Band,
  from: number,
  to: number,
  color: string,
): void {
  const first = Math.floor((Math.max(from, band.start) - band.first) / TILE_PAGES);
  const last = Math.ceil((Math.min(to, band.end) - band.first) / TILE_PAGES);
  c.fillStyle = color;
  c.globalAlpha = 0.2;
  for (let row = Math.floor(first / layout.columns); row * layout.columns < last; row += 1) {
    const left = Math.max(0, first - row * layout.columns);
    const right = Math.min(layout.columns, last - row * layout.columns);
    c.fillRect(
      (left * TILE - camera.x) * camera.scale,
      (band.y + row * TILE - camera.y) * camera.scale,
      (right - left) * TILE * camera.scale,
      TILE * camera.scale,
    );
  }
  c.globalAlpha = 1;
}

/** A frame around the scanner's pageblock, and its name. */
function flag(
  c: Context,
  { layout, scene: { camera }, palette, size }: PagesInput,
  pfn: number,
  zone: number,
  name: string,
  color: string,
): void {
  const cell = cellOf(layout, pfn - (pfn % BLOCK), zone) ?? cellOf(layout, pfn - 1, zone);
  if (cell === undefined) return;
  const x = (cell.x - camera.x) * camera.scale;
  const y = (cell.y - camera.y) * camera.scale;
  const [width, height] = [Math.max(6, TILE * camera.scale), Math.max(4, (TILE / 2) * camera.scale)];
  for (const [stroke, grow] of [
    [palette.card, 2.5],
    [color, 1],
  ] as const) {
    c.strokeStyle = stroke;
    c.lineWidth = 2;
    c.strokeRect(x - grow, y - grow, width + 2 * grow, height + 2 * grow);
  }
  c.font = fonts.smallStrong(palette);
  const wide = c.measureText(name).width + 10;
  const left = Math.min(size.width - wide - 2, Math.max(2, x + width / 2 - wide / 2));
  const top = y > 22 ? y - 21 : y + height + 4;
  c.beginPath();
  c.roundRect(left, top, wide, 17, 5);
  c.fillStyle = color;
  c.fill();
  write(c, name, left + 5, top + 12.5, { font: fonts.smallStrong(palette), color: palette.card });
}
