// The machine on its canvas: cards for nodes, columns and lenses for zones, the walk of the chosen request over them.

import { grouped, size } from '../../locale/format.ts';
import type { MachineView } from '../../worker/model.ts';
import { box, type Context, fonts, level, write } from '../draw.ts';
import type { CanvasSize, MachineScene, Palette } from '../scene.ts';
import { paintColumn } from './column.ts';
import { paintHeader } from './header.ts';
import { type MachineLayout, machineLayout, type NodeLayout, type ZoneLayout } from './layout.ts';
import { paintLens } from './lens.ts';
import { type Point, paintWalk } from './walk.ts';

export interface MachineInput {
  machine: MachineView;
  scene: MachineScene;
  palette: Palette;
  size: CanvasSize;
  /** Free pages as they are shown at this moment, on their way to what they are. */
  free: (zone: number) => number;
  /** How much of the walk is drawn, 0..1. */
  walked: number;
}

export function paintMachine(c: Context, input: MachineInput): void {
  const { machine, scene, palette, size: canvas } = input;
  const layout = machineLayout(machine, canvas.width, canvas.height);
  paintDistances(c, layout, palette);
  let start: Point | undefined;
  for (const node of layout.nodes) {
    paintCard(c, node, input);
    start = paintHeader(c, node, scene, palette) ?? start;
    for (const zone of node.zones) paintZone(c, node, zone, input);
    if (node.zones.length === 0 && !node.mini) paintEmpty(c, node, input);
  }
  paintWalk(c, layout, scene.walk, start, input.walked, palette);
}

function paintCard(c: Context, { node, card }: NodeLayout, { scene, palette }: MachineInput): void {
  const chosen = scene.cpu !== undefined && node.cpus.includes(scene.cpu);
  box(c, { x: card.x + 1, y: card.y + 1, width: card.width - 2, height: card.height - 2 }, 10);
  c.fillStyle = palette.card;
  c.fill();
  c.lineWidth = chosen ? 2 : 1;
  c.strokeStyle = chosen ? palette.accent : palette.line;
  c.stroke();
}

function paintZone(c: Context, { mini, compact }: NodeLayout, layout: ZoneLayout, input: MachineInput): void {
  const { scene, palette } = input;
  const { zone, slot, column, lens } = layout;
  const free = input.free(zone.id);
  if (scene.zone === zone.id) {
    const place = mini ? slot : { ...slot, y: column.y + column.height + 3, height: compact ? 22 : 38 };
    box(c, { ...place, x: place.x + 1, width: place.width - 2 }, 6);
    c.fillStyle = palette.accentSoft;
    c.fill();
  }
  paintColumn(c, layout, free, palette);
  if (lens !== undefined) {
    const preview = scene.preview.find((marks) => marks.zone === zone.id);
    paintLens(c, { layout, lens, free, palette, words: scene.words, preview });
  }
  if (mini) return;
  const y = column.y + column.height;
  const room = slot.width - 12;
  const named = write(c, zone.name, column.x, y + 18, { font: fonts.strong(palette), color: palette.ink, width: room });
  const beside = column.x + named + 7;
  const freeText = `${grouped(zone.free)} ${scene.words.free}`;
  const small = { font: fonts.number(palette), color: palette.soft };
  if (compact) {
    write(c, freeText, beside, y + 18, { ...small, width: room - named - 7 });
    return;
  }
  const sized = { ...small, font: fonts.small(palette), width: room - named - 7 };
  write(c, size(zone.managed), beside, y + 18, sized);
  write(c, freeText, column.x, y + 34, { ...small, width: room });
}

function paintEmpty(c: Context, { card }: NodeLayout, { scene, palette }: MachineInput): void {
  write(c, scene.words.noMemory, card.x + card.width / 2, card.y + card.height / 2, {
    font: fonts.small(palette),
    color: palette.faint,
    align: 'center',
  });
}

/** Between neighbors in a row: how far it is, as the firmware's table says. */
function paintDistances(c: Context, layout: MachineLayout, palette: Palette): void {
  if (layout.gapX < 40) return;
  for (const [i, left] of layout.nodes.entries()) {
    const right = layout.nodes[i + 1];
    if (right === undefined || right.row !== left.row) continue;
    const x1 = left.card.x + left.card.width;
    const y = left.card.y + left.card.height * 0.55;
    const there = left.node.distances[right.node.id] ?? 0;
    const back = right.node.distances[left.node.id] ?? 0;
    c.strokeStyle = palette.line;
    c.lineWidth = Math.max(2, 80 / Math.max(10, there));
    level(c, x1, x1 + layout.gapX, y);
    const label = there === back ? String(there) : `${there}⁄${back}`;
    write(c, label, x1 + layout.gapX / 2, y - 8, {
      font: fonts.number(palette),
      color: palette.soft,
      align: 'center',
    });
  }
}
