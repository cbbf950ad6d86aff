// Small drawing verbs that both painters share.

import type { Palette } from './scene.ts';

export type Context = OffscreenCanvasRenderingContext2D;

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function contains(rect: Rect, x: number, y: number): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

export function box(c: Context, { x, y, width, height }: Rect, radius: number): void {
  c.beginPath();
  c.roundRect(x, y, Math.max(0, width), Math.max(0, height), radius);
}

/** A line that stays crisp at its width. */
export function level(c: Context, x1: number, x2: number, y: number): void {
  const at = Math.round(y * 2) / 2;
  c.beginPath();
  c.moveTo(x1, at);
  c.lineTo(x2, at);
  c.stroke();
}

export const fonts = {
  title: (p: Palette) => `600 13.5px ${p.sans}`,
  strong: (p: Palette) => `600 12.5px ${p.sans}`,
  small: (p: Palette) => `11px ${p.sans}`,
  smallStrong: (p: Palette) => `600 11px ${p.sans}`,
  number: (p: Palette) => `11px ${p.mono}`,
  tiny: (p: Palette) => `10px ${p.mono}`,
  tinyStrong: (p: Palette) => `600 10px ${p.mono}`,
};

interface TextStyle {
  font: string;
  color: string;
  align?: CanvasTextAlign;
  /** Longer text ends in an ellipsis. */
  width?: number;
  baseline?: CanvasTextBaseline;
  /** A color behind the letters of a small line, where others may cross them. */
  ground?: string;
}

/** Writes text and returns its width. */
export function write(c: Context, text: string, x: number, y: number, style: TextStyle): number {
  c.font = style.font;
  c.fillStyle = style.color;
  c.textAlign = style.align ?? 'left';
  c.textBaseline = style.baseline ?? 'alphabetic';
  const shown = style.width === undefined ? text : fit(c, text, style.width);
  const { width } = c.measureText(shown);
  if (style.ground !== undefined && width > 0) {
    c.save();
    c.globalAlpha = 0.8;
    c.fillStyle = style.ground;
    c.fillRect((style.align === 'right' ? x - width : x) - 2, y - 8.5, width + 4, 11);
    c.restore();
  }
  c.fillText(shown, x, y);
  return width;
}

/** The longest beginning of a text that fits, with an ellipsis if that is not all of it. */
export function fit(c: Context, text: string, width: number): string {
  if (c.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (c.measureText(`${text.slice(0, middle).trimEnd()}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${text.slice(0, low).trimEnd()}…`;
}
