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
  paintWedge(c, input, lensRange(zone, preview) / Math.max(1, zone.managed));
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

function paintMarks(c: Context, zone: ZoneView, lens: Rect, scale: LensScale, input: LensInput): void {
  const { palette, words, preview } = input;
  if (preview !== undefined) {
    c.save();
    c.strokeStyle = palette.accent;
    c.lineWidth = 1.5;
    const boost = preview.boost;
    for (const pages of [preview.min, preview.low, preview.high]) {
      level(c, lens.x, lens.x + lens.width, lens.y + scale(pages + boost) * lens.height);
    }
    c.restore();
  }
  const marks: [string, number, string][] = [
    [words.min, zone.min, palette.bad],
    [words.low, zone.low, palette.warn],
    [words.high, zone.high, palette.soft],
  ];
  let labelFloor = lens.y;
  for (const [name, pages, color] of marks) {
    const y = lens.y + scale(pages + zone.boost) * lens.height;
    c.save();
    c.setLineDash([4, 3]);
    c.strokeStyle = color;
    c.lineWidth = 1.25;
    level(c, lens.x, lens.x + lens.width, y);
    c.restore();
    if (y - labelFloor < 11) continue;
    const label = lens.width >= 88 ? `${name} ${grouped(pages + zone.boost)}` : grouped(pages + zone.boost);
    write(c, label, lens.x + lens.width - 4, y - 3, {
      font: fonts.tiny(palette),
      color: palette.ink,
      align: 'right',
      width: lens.width - 6,
    });
    labelFloor = y;
  }
  if (zone.boost > 0) paintBoost(c, zone, lens, scale, input);
}

/** The part of the marks that is boost, as a bracket on the left. */
function paintBoost(c: Context, zone: ZoneView, lens: Rect, scale: LensScale, { palette }: LensInput): void {
  const top = lens.y + scale(zone.high) * lens.height;
  const bottom = lens.y + scale(zone.high + zone.boost) * lens.height;
  c.fillStyle = palette.warn;
  c.fillRect(lens.x, top, 3, Math.max(2, bottom - top));
}
