import type { ZoneView } from '../../worker/model.ts';
import { box, type Context, level } from '../draw.ts';
import type { Palette } from '../scene.ts';
import type { ZoneLayout } from './layout.ts';

interface Layer {
  pages: number;
  color: string;
  /** Opacity. */
  strength: number;
}

/** Pages that exist and that nobody can get: in use since boot, or kept by the firmware. */
export function bootedPages(zone: ZoneView): number {
  const sum = (counts: number[]) => counts.reduce((all, pages) => all + pages, 0);
  return Math.max(0, zone.present - sum(zone.usedByType) - sum(zone.freeByType) - zone.pcpPages);
}

/** What a zone consists of, from the bottom up: pages in use first, then per-CPU lists, then free ones by type. */
export function composition(zone: ZoneView, palette: Palette): Layer[] {
  const used = zone.usedByType.map((pages, type) => ({
    pages,
    color: palette.types[type] ?? palette.pcp,
    strength: 1,
  }));
  const free = zone.freeByType.map((pages, type) => ({
    pages,
    color: palette.types[type] ?? palette.free,
    strength: palette.tint,
  }));
  const layers = [
    { pages: bootedPages(zone), color: palette.booted, strength: 1 },
    ...used,
    { pages: zone.pcpPages, color: palette.pcp, strength: 1 },
    ...free,
  ];
  return layers.filter(({ pages }) => pages > 0);
}

/** A zone in its true proportion. Free memory is the air at the top. */
export function paintColumn(c: Context, { zone, column }: ZoneLayout, free: number, palette: Palette): void {
  c.save();
  box(c, column, 5);
  c.fillStyle = palette.free;
  c.fill();
  c.clip();
  const perPage = column.height / Math.max(1, zone.present);
  let y = column.y + column.height;
  for (const { pages, color, strength } of composition(zone, palette)) {
    const height = Math.max(pages * perPage, strength === 1 ? 1 : 0);
    y -= height;
    c.globalAlpha = strength;
    c.fillStyle = color;
    c.fillRect(column.x, y, column.width, height);
  }
  c.restore();
  c.strokeStyle = palette.ink;
  c.lineWidth = 1.5;
  const levelY = column.y + Math.min(column.height, free * perPage);
  level(c, column.x, column.x + column.width, Math.max(column.y + 1, levelY));
}
