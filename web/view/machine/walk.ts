// The way of one request through the zonelist, drawn over the machine.

import { type Context, fonts, write } from '../draw.ts';
import type { Palette, WalkStop } from '../scene.ts';
import type { MachineLayout, NodeLayout, ZoneLayout } from './layout.ts';

interface Stop {
  walk: WalkStop;
  number: number;
  zone: ZoneLayout;
  node: NodeLayout;
}

export interface Point {
  x: number;
  y: number;
}

export function stopsOf(layout: MachineLayout, walk: readonly WalkStop[]): Stop[] {
  return walk.flatMap((stop, index) => {
    const node = layout.nodes.find(({ zones }) => zones.some(({ zone }) => zone.id === stop.zone));
    const zone = node?.zones.find((candidate) => candidate.zone.id === stop.zone);
    return node && zone ? [{ walk: stop, number: index + 1, node, zone }] : [];
  });
}

/** From stop to stop: straight within a card, up and over the gap to the next one. */
export function route(stops: readonly Stop[], start: Point | undefined): Point[] {
  const points: Point[] = start === undefined ? [] : [start];
  stops.forEach((stop, index) => {
    const previous = stops[index - 1];
    const { x, y } = stop.zone.stop;
    if (previous === undefined && start !== undefined) {
      points.push({ x: start.x, y: stop.node.track }, { x, y: stop.node.track });
    } else if (previous !== undefined && previous.node !== stop.node) {
      points.push({ x: previous.zone.stop.x, y: previous.node.track });
      if (previous.node.row !== stop.node.row) {
        const between = stop.node.card.y - 7;
        points.push({ x: previous.node.card.x + previous.node.card.width + 5, y: previous.node.track });
        points.push({ x: previous.node.card.x + previous.node.card.width + 5, y: between });
        // Down the margin, where no name is in the way.
        const margin = stop.node.card.x + 6;
        points.push({ x: margin, y: between }, { x: margin, y: stop.node.track }, { x, y: stop.node.track });
      } else {
        points.push({ x, y: stop.node.track });
      }
    }
    points.push({ x, y });
  });
  return points;
}

/** The beginning of a polyline, up to a share of its length. */
export function partOf(points: readonly Point[], share: number): Point[] {
  const lengths = points.slice(1).map((point, i) => distance(points[i] ?? point, point));
  let left = lengths.reduce((sum, length) => sum + length, 0) * share;
  const part = points.slice(0, 1);
  for (const [i, length] of lengths.entries()) {
    const [from, to] = [points[i], points[i + 1]];
    if (from === undefined || to === undefined || left <= 0) break;
    const t = length === 0 ? 1 : Math.min(1, left / length);
    part.push({ x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t });
    left -= length;
  }
  return part;
}

const distance = (a: Point, b: Point) => Math.hypot(b.x - a.x, b.y - a.y);

export function paintWalk(
  c: Context,
  layout: MachineLayout,
  walk: readonly WalkStop[],
  start: Point | undefined,
  share: number,
  palette: Palette,
): void {
  const stops = stopsOf(layout, walk);
  if (stops.length === 0) return;
  const points = partOf(route(stops, start), share);
  c.save();
  c.lineJoin = 'round';
  c.lineCap = 'round';
  c.lineWidth = 2;
  c.strokeStyle = palette.accent;
  trace(c, points, 6);
  c.stroke();
  c.restore();
  for (const stop of stops) paintStop(c, stop, palette);
}

function trace(c: Context, points: readonly Point[], radius: number): void {
  c.beginPath();
  points.forEach((point, i) => {
    const next = points[i + 1];
    if (i === 0) c.moveTo(point.x, point.y);
    else if (next === undefined) c.lineTo(point.x, point.y);
    else c.arcTo(point.x, point.y, next.x, next.y, Math.min(radius, distance(point, next) / 2));
  });
}

function paintStop(c: Context, { walk, number, zone, node }: Stop, palette: Palette): void {
  const { x, y } = zone.stop;
  const color = walk.verdict === 'fail' ? palette.bad : palette.ok;
  const filled = walk.verdict === 'take';
  c.beginPath();
  c.arc(x, y, node.mini ? 5 : 8.5, 0, 2 * Math.PI);
  c.fillStyle = filled ? color : palette.card;
  c.fill();
  c.strokeStyle = color;
  c.lineWidth = 2;
  c.stroke();
  if (node.mini) return;
  write(c, String(number), x, y + 0.5, {
    font: fonts.smallStrong(palette),
    color: filled ? palette.card : color,
    align: 'center',
    baseline: 'middle',
  });
  const mark = walk.verdict === 'fail' ? '✕' : '✓';
  const left = zone.slot.x + 7;
  write(c, walk.label === '' ? mark : `${mark} ${walk.label}`, left, y + 23, {
    font: fonts.smallStrong(palette),
    color,
    width: zone.slot.width - 10,
  });
}
