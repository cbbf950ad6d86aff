// The timeline: free pages of one zone against its marks, what reclaim did, and when kswapd was awake.

import { grouped } from '../../locale/format.ts';
import type { Samples } from '../../worker/run/samples.ts';
import { turnsOf } from '../../worker/run/timeline.ts';
import { type Context, fonts, type Rect, write } from '../draw.ts';
import type { CanvasSize, Palette, TimelineScene } from '../scene.ts';
import { axisEnd, clock, decimals, levelScale, ticks } from './timeline-scale.ts';

export interface TimelineInput {
  samples: Samples;
  /** How it went on before it was set back. */
  before: Samples | undefined;
  /** Now. */
  ms: number;
  until: number | undefined;
  node: number;
  managed: number;
  scene: TimelineScene;
  palette: Palette;
  size: CanvasSize;
}

interface Frame extends TimelineInput {
  x: (ms: number) => number;
  plot: Rect;
  bars: Rect;
  band: Rect;
  level: (free: number) => number;
}

const AXIS = 14;
const BAND = 7;

export function paintTimeline(c: Context, input: TimelineInput): void {
  const { size, samples, before, ms, until, palette } = input;
  const ran = Math.max(samples.ms.at(-1) ?? 0, before?.ms.at(-1) ?? 0, ms);
  const end = axisEnd(ran, until);
  const body = size.height - AXIS - BAND - 3;
  const plot = { x: 0, y: 2, width: size.width, height: Math.round(body * 0.74) };
  const bars = { x: 0, y: plot.y + plot.height + 2, width: size.width, height: body - plot.height - 4 };
  const band = { x: 0, y: size.height - AXIS - BAND, width: size.width, height: BAND };
  const marks = samples.of('high', { zone: input.scene.zone });
  const high = marks.reduce((most, value) => Math.max(most, value), 0);
  const x = (at: number) => (at / end) * size.width;
  const y = levelScale(high, input.managed);
  const level = (free: number) => plot.y + plot.height * (1 - y(free));
  const frame: Frame = { ...input, x, plot, bars, band, level };
  paintAxis(c, end, frame);
  if (before !== undefined) paintGhost(c, { ...frame, samples: before });
  paintSeries(c, frame);
  paintMarkNames(c, frame);
  c.strokeStyle = palette.accent;
  c.lineWidth = 2;
  upright(c, x(ms), 0, size.height - AXIS);
  paintCursor(c, frame);
}

function paintAxis(c: Context, end: number, { x, size, palette, plot, band }: Frame): void {
  c.strokeStyle = palette.hair;
  c.lineWidth = 1;
  const most = Math.max(2, Math.floor(size.width / 80));
  const shown = ticks(end, most);
  for (const at of shown) {
    upright(c, x(at), plot.y, band.y + band.height);
    const style = { font: fonts.tiny(palette), color: palette.soft, align: 'right' } as const;
    const text = `${clock(at, decimals(shown))}${at < 60_000 ? ' s' : ''}`;
    write(c, text, Math.min(size.width, x(at)) - 3, size.height - 3, style);
  }
  c.fillStyle = palette.hair;
  c.fillRect(band.x, band.y, band.width, band.height);
}

/** What lies after now is pale. */
function paintGhost(c: Context, frame: Frame): void {
  c.save();
  c.beginPath();
  c.rect(frame.x(frame.ms), 0, frame.size.width, frame.size.height);
  c.clip();
  c.globalAlpha = 0.35;
  paintSeries(c, frame);
  c.restore();
}

function paintSeries(c: Context, frame: Frame): void {
  const { scene, palette, level } = frame;
  paintBars(c, frame);
  paintAwake(c, frame);
  c.save();
  c.lineWidth = 1.25;
  c.setLineDash([5, 4]);
  for (const [name, color] of MARKS) {
    c.strokeStyle = palette[color];
    steps(c, frame, frame.samples.of(name, { zone: scene.zone }), level);
  }
  c.restore();
  c.strokeStyle = palette.ink;
  c.lineWidth = 1.75;
  steps(c, frame, frame.samples.of('free', { zone: scene.zone }), level);
}

const MARKS = [
  ['min', 'bad'],
  ['low', 'warn'],
  ['high', 'soft'],
] as const;

/** A line that keeps its level until the next row; where rows are denser than pixels, from the least to the most. */
function steps(c: Context, { samples, x }: Frame, values: readonly number[], y: (value: number) => number): void {
  if (values.length === 0) return;
  c.beginPath();
  let pixel = Number.NEGATIVE_INFINITY;
  let last = y(values[0] ?? 0);
  let [low, high] = [last, last];
  c.moveTo(x(samples.ms[0] ?? 0), last);
  for (const [row, value] of values.entries()) {
    const at = x(samples.ms[row] ?? 0);
    const to = y(value);
    if (Math.floor(at) === pixel) {
      [low, high, last] = [Math.min(low, to), Math.max(high, to), to];
      continue;
    }
    flush();
    c.lineTo(at, last);
    [pixel, low, high, last] = [Math.floor(at), to, to, to];
    c.lineTo(at, to);
  }
  flush();
  c.stroke();

  function flush(): void {
    if (high - low < 1) return;
    c.lineTo(pixel, low);
    c.lineTo(pixel, high);
    c.lineTo(pixel, last);
  }
}

const BAR = 3;

/** Pages looked at, as outlines, and of these reclaimed, filled: by the square root, so that few are seen beside many. */
function paintBars(c: Context, { samples, node, x, bars, palette, size }: Frame): void {
  const scan = samples.of('pgscan', { node });
  const steal = samples.of('pgsteal', { node });
  const buckets = Array.from({ length: Math.ceil(size.width / BAR) }, () => ({ scanned: 0, reclaimed: 0 }));
  for (const [row, scanned] of scan.entries()) {
    const bucket = buckets[Math.floor(x(samples.ms[row] ?? 0) / BAR)];
    if (bucket === undefined) continue;
    bucket.scanned += scanned;
    bucket.reclaimed += steal[row] ?? 0;
  }
  const most = Math.sqrt(Math.max(1, ...buckets.map(({ scanned, reclaimed }) => Math.max(scanned, reclaimed))));
  const bottom = bars.y + bars.height;
  for (const [i, { scanned, reclaimed }] of buckets.entries()) {
    for (const [pages, color, alpha] of [
      [scanned, palette.accent, 0.4],
      [reclaimed, palette.ok, 1],
    ] as const) {
      if (pages <= 0) continue;
      const height = Math.max(1, (Math.sqrt(pages) / most) * bars.height);
      const outer = c.globalAlpha;
      c.globalAlpha = outer * alpha;
      c.fillStyle = color;
      c.fillRect(i * BAR, bottom - height, BAR - 0.5, height);
      c.globalAlpha = outer;
    }
  }
}

/** Ticks nearer to each other than this would only be a wall. */
const TICK_ROOM = 7;

/** kswapd awake: a band, with a tick where it wakes. */
function paintAwake(c: Context, { samples, node, x, band, plot, palette, ms }: Frame): void {
  const turns = turnsOf(samples, node);
  let ticked = Number.NEGATIVE_INFINITY;
  for (const [i, { ms: from, awake }] of turns.entries()) {
    if (!awake) continue;
    const to = turns[i + 1]?.ms ?? Math.max(ms, samples.ms.at(-1) ?? ms);
    c.fillStyle = palette.warn;
    c.fillRect(x(from), band.y, Math.max(2, x(to) - x(from)), band.height);
    if (x(from) - ticked < TICK_ROOM) continue;
    ticked = x(from);
    c.strokeStyle = palette.warn;
    c.lineWidth = 1;
    const outer = c.globalAlpha;
    c.globalAlpha = outer * 0.55;
    upright(c, x(from), plot.y, band.y);
    c.globalAlpha = outer;
  }
}

/** Names beside the marks' present level, where they do not cover each other. */
function paintMarkNames(c: Context, frame: Frame): void {
  const { samples, scene, palette, level, size, ms, x } = frame;
  let above = Number.POSITIVE_INFINITY;
  for (const [name] of MARKS) {
    const pages = samples.of(name, { zone: scene.zone }).at(-1);
    if (pages === undefined) continue;
    const y = level(pages) - 3;
    if (above - y < 10) continue;
    above = y;
    const font = fonts.tiny(palette);
    const text = `${scene.words[name]} ${grouped(pages)}`;
    const left = x(ms) > 110 ? 4 : size.width - 4;
    write(c, text, left, y, { font, color: palette.soft, align: left > 4 ? 'right' : 'left', ground: palette.card });
  }
}

/** What was where the pointer is. */
function paintCursor(c: Context, frame: Frame): void {
  const { scene, samples, palette, x, plot, size, node } = frame;
  if (scene.cursor === undefined) return;
  const row = samples.rowAt(scene.cursor);
  if (row < 0) return;
  const at = (name: string, where: { zone: number } | { node: number }) => samples.of(name, where)[row] ?? 0;
  const zone = { zone: scene.zone };
  const { words } = scene;
  const text = [
    `${clock(samples.ms[row] ?? 0)} s`,
    `${words.free} ${grouped(at('free', zone))}`,
    `${words.scanned} ${grouped(at('pgscan', { node }))}`,
    `${words.reclaimed} ${grouped(at('pgsteal', { node }))}`,
  ].join(' · ');
  c.strokeStyle = palette.faint;
  c.lineWidth = 1;
  upright(c, x(scene.cursor), 0, size.height - AXIS);
  c.font = fonts.small(palette);
  const width = c.measureText(text).width + 12;
  const left = Math.min(size.width - width, Math.max(0, x(scene.cursor) + 6));
  c.fillStyle = palette.card;
  c.strokeStyle = palette.line;
  c.beginPath();
  c.roundRect(left, plot.y, width, 18, 5);
  c.fill();
  c.stroke();
  write(c, text, left + 6, plot.y + 12.5, { font: fonts.small(palette), color: palette.ink });
}

function upright(c: Context, x: number, from: number, to: number): void {
  const at = Math.round(x * 2) / 2;
  c.beginPath();
  c.moveTo(at, from);
  c.lineTo(at, to);
  c.stroke();
}
