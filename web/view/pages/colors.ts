import { pageCode } from '../../worker/model.ts';
import type { Palette } from '../scene.ts';

/** Red, green and blue, 0..255 each. */
export type Rgb = readonly [number, number, number];

/** Only these bits of a page's code tell its color: kind, migrate type and order. */
const CODES = 1 << 12;

/**
 * The color of every page code, as a little-endian RGBA word for image data. `resolve` reads a CSS color.
 */
export function colorTable(palette: Palette, resolve: (color: string) => Rgb): Uint32Array {
  const read = new Map<string, Rgb>();
  const rgb = (color: string): Rgb => {
    const known = read.get(color) ?? resolve(color);
    read.set(color, known);
    return known;
  };
  const free = rgb(palette.free);
  const card = rgb(palette.card);
  const table = new Uint32Array(CODES);
  for (let code = 0; code < CODES; code += 1) {
    const order = code >> 8;
    const type = rgb(palette.types[(code >> 4) & 7] ?? palette.pcp);
    table[code] = word(colorOf(code & 15, order, type));
  }
  return table;

  function colorOf(kind: number, order: number, type: Rgb): Rgb {
    switch (kind) {
      case pageCode.reserved:
      case pageCode.unknown:
        return rgb(palette.booted);
      case pageCode.used:
        // Large blocks a little lighter, so that a zone full of one type still shows its grain.
        return mixed(type, card, Math.min(0.32, order * 0.034));
      case pageCode.allocated:
        return mixed(type, rgb(palette.ink), 0.28);
      case pageCode.pcp:
        return rgb(palette.pcp);
      case pageCode.free:
        // The larger the block, the more it is air.
        return mixed(free, type, palette.tint * Math.max(0.5, 1.35 - order * 0.075));
      case pageCode.guard:
      case pageCode.off:
        return rgb(palette.types[5]);
      default:
        return rgb(palette.hole);
    }
  }
}

function mixed(a: Rgb, b: Rgb, share: number): Rgb {
  const at = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * Math.min(1, Math.max(0, share)));
  return [at(0), at(1), at(2)];
}

function word([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
