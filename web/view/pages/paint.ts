// The page map on its canvas: one put of sampled pixels, then the lines and names that the zoom leaves room for.

import { hex } from '../../locale/format.ts';
import { pageCode } from '../../worker/model.ts';
import { type Context, fonts, write } from '../draw.ts';
import type { CanvasSize, PagesScene, Palette } from '../scene.ts';
import { type Band, blockSize, cellOf, type PagesLayout, TILE } from './layout.ts';
import { type Grid, NOTHING } from './sample.ts';

export interface PagesInput {
  layout: PagesLayout;
  scene: PagesScene;
  palette: Palette;
  size: CanvasSize;
  grid: Grid;
  pfns: Uint32Array;
  codes: Uint16Array;
  colors: Uint32Array;
}

export class PagesPainter {
  private readonly bitmap = new OffscreenCanvas(1, 1);
  private image: ImageData | undefined;

  paint(c: Context, input: PagesInput): void {
    this.putSamples(c, input);
    const { scale } = input.scene.camera;
    if (scale >= 3) paintBlocks(c, input);
    if (scale * TILE >= 12) paintPageblocks(c, input);
    for (const band of input.layout.bands) paintBand(c, band, input);
    for (const block of input.scene.blocks) paintOutline(c, block, input);
  }

  private putSamples(c: Context, { grid, pfns, codes, colors, scene, palette, size }: PagesInput): void {
    const { columns, rows } = grid;
    if (this.image?.width !== columns || this.image.height !== rows) {
      this.image = new ImageData(columns, rows);
      this.bitmap.width = columns;
      this.bitmap.height = rows;
    }
    const words = new Uint32Array(this.image.data.buffer);
    // Where there is nothing, not even a hole, the paper shows through.
    for (let i = 0; i < words.length; i += 1) {
      words[i] = pfns[i] === NOTHING ? 0 : (colors[(codes[i] ?? 0) & 0xfff] ?? 0);
    }
    this.bitmap.getContext('2d')?.putImageData(this.image, 0, 0);
    c.fillStyle = palette.paper;
    c.fillRect(0, 0, size.width, size.height);
    c.imageSmoothingEnabled = false;
    const { x, y, scale } = scene.camera;
    const step = grid.step * scale;
    c.drawImage(this.bitmap, (grid.x - x) * scale, (grid.y - y) * scale, columns * step, rows * step);
  }
}

/** Edges of the blocks that pages belong to; each block once, found at the samples of its first pages. */
function paintBlocks(c: Context, input: PagesInput): void {
  const { grid, pfns, codes, layout, scene, palette } = input;
  if (grid.step !== 1) return;
  const seen = new Set<number>();
  const names: (ReturnType<typeof place> & { order: number; head: number; color: string })[] = [];
  c.strokeStyle = palette.card;
  c.lineWidth = Math.min(2, scene.camera.scale / 6);
  c.beginPath();
  for (let i = 0; i < grid.columns * grid.rows; i += 1) {
    const pfn = pfns[i] ?? NOTHING;
    const code = codes[i] ?? 0;
    if (pfn === NOTHING || (code & 15) < 2) continue;
    const order = (code >> 8) & 15;
    const head = pfn - (pfn % 2 ** order);
    if (seen.has(head)) continue;
    seen.add(head);
    const cell = cellOf(layout, head) ?? { x: grid.x + (i % grid.columns), y: grid.y + Math.floor(i / grid.columns) };
    const at = place(cell.x, cell.y, order, input);
    c.rect(at.x, at.y, at.width, at.height);
    if (at.width < 54 || at.height < 22) continue;
    names.push({ ...at, order, head, color: (code & 15) === pageCode.allocated ? palette.card : palette.ink });
  }
  c.stroke();
  for (const { x, y, width, height, order, head, color } of names) {
    write(c, hex(head), x + 5, y + 14, { font: fonts.tiny(palette), color, width: width - 8 });
    if (height < 36) continue;
    write(c, `${scene.words.order} ${order}`, x + 5, y + 27, { font: fonts.tiny(palette), color, width: width - 8 });
  }
}

function place(x: number, y: number, order: number, { scene: { camera } }: PagesInput) {
  const { width, height } = blockSize(order);
  return {
    x: (x - camera.x) * camera.scale,
    y: (y - camera.y) * camera.scale,
    width: width * camera.scale,
    height: height * camera.scale,
  };
}

/** Lines around pageblocks, half a square each. */
function paintPageblocks(c: Context, input: PagesInput): void {
  const { layout, scene, size, palette } = input;
  const { x, y, scale } = scene.camera;
  const firstX = Math.max(0, Math.floor(x / TILE));
  const lastX = Math.min(layout.columns, Math.ceil((x + size.width / scale) / TILE));
  const [left, right] = [(firstX * TILE - x) * scale, (lastX * TILE - x) * scale];
  c.save();
  c.strokeStyle = palette.ink;
  c.globalAlpha = Math.min(0.35, (scale * TILE - 8) / 100);
  c.lineWidth = 1;
  for (const band of layout.bands) {
    const top = Math.max(0, (band.y - y) * scale);
    const bottom = Math.min(size.height, (band.y + band.rows * TILE - y) * scale);
    if (bottom <= top) continue;
    c.save();
    clipToSquares(c, band, input);
    c.beginPath();
    for (let column = firstX; column <= lastX; column += 1) {
      const at = Math.round((column * TILE - x) * scale) + 0.5;
      c.moveTo(at, top);
      c.lineTo(at, bottom);
    }
    for (let half = 0; half <= band.rows * 2; half += 1) {
      const at = Math.round((band.y + (half * TILE) / 2 - y) * scale) + 0.5;
      if (at < top - 1 || at > bottom + 1) continue;
      c.moveTo(left, at);
      c.lineTo(right, at);
    }
    c.stroke();
    c.restore();
  }
  c.restore();
}

/** Where a band has squares: its last row may be short. */
function clipToSquares(c: Context, band: Band, { layout, scene: { camera } }: PagesInput): void {
  const square = TILE * camera.scale;
  const [left, top] = [-camera.x * camera.scale, (band.y - camera.y) * camera.scale];
  const inLast = Math.ceil((band.end - band.first) / TILE ** 2) - (band.rows - 1) * layout.columns;
  c.beginPath();
  c.rect(left - 1, top - 1, layout.columns * square + 2, (band.rows - 1) * square + 2);
  c.rect(left - 1, top + (band.rows - 1) * square - 1, inLast * square + 2, square + 2);
  c.clip();
}

/** The zone's name in its corner, where there is room for it. */
function paintBand(c: Context, band: Band, { scene, size, palette }: PagesInput): void {
  const { camera, words } = scene;
  const top = (band.y - camera.y) * camera.scale;
  const bottom = (band.y + band.rows * TILE - camera.y) * camera.scale;
  if (bottom < 0 || top > size.height || bottom - top < 20) return;
  const text = words.zones[band.zone] ?? '';
  const x = Math.max(0, -camera.x * camera.scale) + 6;
  const y = Math.max(0, top) + 6;
  c.font = fonts.smallStrong(palette);
  const width = c.measureText(text).width + 12;
  c.beginPath();
  c.roundRect(x, y, width, 18, 5);
  c.fillStyle = palette.card;
  c.globalAlpha = 0.88;
  c.fill();
  c.globalAlpha = 1;
  write(c, text, x + 6, y + 13, { font: fonts.smallStrong(palette), color: palette.ink });
}

/** A block of interest: its outline, or a ring where it would be too small to see. */
function paintOutline(c: Context, block: PagesScene['blocks'][number], input: PagesInput): void {
  const cell = cellOf(input.layout, block.pfn);
  if (cell === undefined) return;
  const { palette } = input;
  const at = place(cell.x, cell.y, block.order, input);
  c.save();
  c.lineWidth = 2;
  if (block.role === 'buddy') c.setLineDash([5, 4]);
  for (const [color, grow] of [
    [palette.card, 3],
    [block.role === 'chosen' ? palette.accent : palette.ink, 1.5],
  ] as const) {
    c.strokeStyle = color;
    c.beginPath();
    if (Math.max(at.width, at.height) < 7 && block.role !== 'buddy') {
      c.arc(at.x + at.width / 2, at.y + at.height / 2, 6 + grow, 0, 2 * Math.PI);
    } else {
      c.roundRect(at.x - grow, at.y - grow, at.width + 2 * grow, at.height + 2 * grow, 3);
    }
    c.stroke();
  }
  c.restore();
}
