import { grouped } from '../../locale/format.ts';
import type { MarksView, ZoneView } from '../../worker/model.ts';
import { box, type Context, fonts, level, type Rect, write } from '../draw.ts';
import type { MachineScene, Palette } from '../scene.ts';
import type { ZoneLayout } from './layout.ts';
import { BREAK, type LensScale, lensRange, lensScale } from './lens-scale.ts';

interface LensInput {
  layout: ZoneLayout;
  lens: Rect;
  free: number;
  palette: Palette;
  words: MachineScene['words'];
  preview: MarksView | undefined;
}

/** The strip that magnifies the last percent of a zone, where its marks lie. */
export function paintLens(c: Context, input: LensInput): void {
  const { layout, lens, free, palette, preview } = input;
  const { zone } = layout;
  const scale = lensScale(zone, preview);
  const at = (pages: number) => lens.y + scale(pages) * lens.height;
  paintWedge(c, input, lensRange(zone, preview) / Math.max(1, zone.present));
  c.save();
  box(c, lens, 5);
  c.fillStyle = palette.free;
  c.fill();
  c.clip();
  c.fillStyle = palette.booted;
  c.globalAlpha = 0.4;
  c.fillRect(lens.x, at(free), lens.width, lens.y + lens.height - at(free));
  c.globalAlpha = 1;
  paintBreak(c, lens, palette);
  paintMarks(c, zone, lens, scale, input);
  c.strokeStyle = palette.ink;
  c.lineWidth = 2;
  level(c, lens.x, lens.x + lens.width, Math.max(lens.y + 1, at(free)));
  paintLabels(c, zone, lens, scale, input);
  c.restore();
  c.strokeStyle = palette.line;
  c.lineWidth = 1;
  box(c, lens, 5);
  c.stroke();
}

/** Shows which part of the column the lens magnifies. */
function paintWedge(c: Context, { layout, lens, palette }: LensInput, share: number): void {
  const { column } = layout;
  const right = column.x + column.width;
  c.beginPath();
  c.moveTo(right, column.y);
  c.lineTo(lens.x, lens.y);
  c.lineTo(lens.x, lens.y + lens.height * BREAK);
  c.lineTo(right, column.y + Math.max(1.5, column.height * Math.min(1, share)));
  c.closePath();
  c.fillStyle = palette.line;
  c.globalAlpha = 0.55;
  c.fill();
  c.globalAlpha = 1;
}

function paintBreak(c: Context, lens: Rect, palette: Palette): void {
  const y = lens.y + lens.height * BREAK;
  c.beginPath();
  c.moveTo(lens.x, y);
  for (let x = 0; x <= lens.width; x += 4) c.lineTo(lens.x + x, y + (x % 8 === 0 ? -1.5 : 1.5));
  c.strokeStyle = palette.card;
  c.lineWidth = 2.5;
  c.stroke();
}

function marksOf(zone: ZoneView, { palette, words }: LensInput): [name: string, pages: number, color: string][] {
  return [
    [words.min, zone.min + zone.boost, palette.bad],
    [words.low, zone.low + zone.boost, palette.warn],
    [words.high, zone.high + zone.boost, palette.soft],
  ];
}

function paintMarks(c: Context, zone: ZoneView, lens: Rect, scale: LensScale, input: LensInput): void {
  const { palette, preview } = input;
  if (preview !== undefined) {
    c.strokeStyle = palette.accent;
    c.lineWidth = 1.5;
    for (const pages of [preview.min, preview.low, preview.high]) {
      level(c, lens.x, lens.x + lens.width, lens.y + scale(pages + preview.boost) * lens.height);
    }
  }
  c.save();
  c.setLineDash([4, 3]);
  c.lineWidth = 1.25;
  for (const [, pages, color] of marksOf(zone, input)) {
    c.strokeStyle = color;
    level(c, lens.x, lens.x + lens.width, lens.y + scale(pages) * lens.height);
  }
  c.restore();
  if (zone.boost > 0) paintBoost(c, zone, lens, scale, input);
}

/** Over everything else, and only where marks are far enough apart. */
function paintLabels(c: Context, zone: ZoneView, lens: Rect, scale: LensScale, input: LensInput): void {
  const { palette } = input;
  const font = fonts.tiny(palette);
  const ground = palette.free;
  let above = lens.y;
  for (const [name, pages] of marksOf(zone, input)) {
    const y = lens.y + scale(pages) * lens.height;
    if (y - above < 11) continue;
    above = y;
    const text = grouped(pages);
    const room = lens.width - 6;
    const style = { font, color: palette.ink, align: 'right', width: room, ground } as const;
    const width = write(c, text, lens.x + lens.width - 4, y - 3, style);
    c.font = font;
    if (room - width < c.measureText(name).width + 4) continue;
    write(c, name, lens.x + 4, y - 3, { font, color: palette.soft, ground });
  }
}

/** The part of the marks that is boost, as a bracket on the left. */
function paintBoost(c: Context, zone: ZoneView, lens: Rect, scale: LensScale, { palette }: LensInput): void {
  const top = lens.y + scale(zone.high) * lens.height;
  const bottom = lens.y + scale(zone.high + zone.boost) * lens.height;
  c.fillStyle = palette.warn;
  c.fillRect(lens.x, top, 3, Math.max(2, bottom - top));
}
