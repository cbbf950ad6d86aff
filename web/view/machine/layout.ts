// Where everything of a machine goes on its canvas. Pure: the painter in the worker and the pointer on the page agree.

import type { MachineView, NodeView, ZoneView } from '../../worker/model.ts';
import { contains, type Rect } from '../draw.ts';
import { seriate } from './seriate.ts';

export interface ZoneLayout {
  zone: ZoneView;
  /** All of the zone's place in its node's card. */
  slot: Rect;
  column: Rect;
  /** Missing where there is no room. */
  lens?: Rect;
  /** Center of the walk's dot. */
  stop: { x: number; y: number };
}

export interface NodeLayout {
  node: NodeView;
  card: Rect;
  row: number;
  place: number;
  zones: ZoneLayout[];
  /** Too small for more than the columns. */
  mini: boolean;
  /** Room for one line under a zone, not two. */
  compact: boolean;
  /** Height of the track above the stops on which a walk leaves the card. */
  track: number;
  header: Rect;
}

export interface MachineLayout {
  width: number;
  height: number;
  nodes: NodeLayout[];
  gapX: number;
  gapY: number;
}

const PAD = 14;
const MINI = { width: 118, height: 168 };
const SLOT = { min: 74, ideal: 96, max: 260, gap: 14 };

/** Least size of a card by number of nodes. */
const LEAST = [
  { upTo: 2, card: 250, across: 300 },
  { upTo: 4, card: 196, across: 300 },
  { upTo: 16, card: 150, across: 150 },
  { upTo: 64, card: 58, across: 84 },
] as const;

/** The zones that have pages; a node without any still gets a card. */
export function populated(node: NodeView): ZoneView[] {
  return node.zones.filter(({ present }) => present > 0);
}

const weight = (node: NodeView) => Math.max(1.5, populated(node).length);

export function machineLayout(machine: MachineView, width: number, height: number): MachineLayout {
  const nodes = seriate(machine.nodes.filter(({ online }) => online));
  const rows = bestRows(nodes, width, height);
  const gapX = width >= 640 && (rows[0]?.length ?? 0) <= 3 ? 56 : 14;
  const gapY = rows.length > 1 ? 14 : 22;
  const rowHeight = (height - gapY * (rows.length - 1)) / Math.max(1, rows.length);
  const largest = Math.max(1, ...nodes.flatMap((node) => populated(node).map(({ managed }) => managed)));
  const layouts = rows.flatMap((row, rowIndex) => {
    const total = row.reduce((sum, node) => sum + weight(node), 0);
    const room = width - gapX * (row.length - 1);
    let x = 0;
    return row.map((node, place) => {
      const cardWidth = (room * weight(node)) / total;
      const card = { x, y: rowIndex * (rowHeight + gapY), width: cardWidth, height: rowHeight };
      x += cardWidth + gapX;
      return nodeLayout(node, card, rowIndex, place, largest);
    });
  });
  return { width, height, nodes: layouts, gapX, gapY };
}

/** The least height at which a machine is readable at a width; more than the room there is means scrolling. */
export function machineHeight(machine: MachineView, width: number): number {
  const nodes = machine.nodes.filter(({ online }) => online);
  const { card, across } = LEAST.find(({ upTo }) => nodes.length <= upTo) ?? LEAST[0];
  const rows = rowsFor(nodes, Math.max(1, Math.floor(width / across))).length;
  return rows * card + (rows - 1) * 14;
}

/** The zone under a point of the canvas. */
export function zoneAt(layout: MachineLayout, x: number, y: number): ZoneView | undefined {
  for (const { zones } of layout.nodes) {
    const hit = zones.find(({ slot }) => contains(slot, x, y));
    if (hit !== undefined) return hit.zone;
  }
  return undefined;
}

/** The node whose name is under a point of the canvas. */
export function nodeAt(layout: MachineLayout, x: number, y: number): NodeView | undefined {
  return layout.nodes.find(({ header }) => contains(header, x, y))?.node;
}

function rowsFor(nodes: NodeView[], columns: number): NodeView[][] {
  const count = Math.ceil(nodes.length / columns);
  const perRow = Math.ceil(nodes.length / count);
  return Array.from({ length: count }, (_, row) => nodes.slice(row * perRow, (row + 1) * perRow));
}

/** The number of rows that gives the tightest card the most room. */
function bestRows(nodes: NodeView[], width: number, height: number): NodeView[][] {
  let best: NodeView[][] = [nodes];
  let bestScore = -1;
  for (let columns = 1; columns <= nodes.length; columns += 1) {
    const rows = rowsFor(nodes, columns);
    const widest = Math.max(...rows.map((row) => row.reduce((sum, node) => sum + weight(node), 0)));
    const slot = (width - 40 * (columns - 1)) / Math.max(1, widest) / (SLOT.ideal + SLOT.gap);
    const score = Math.min(slot, height / rows.length / 250, 1.5);
    // Side by side rather than stacked where both have room enough.
    if (score >= bestScore) [best, bestScore] = [rows, score];
  }
  return best;
}

function nodeLayout(node: NodeView, card: Rect, row: number, place: number, largest: number): NodeLayout {
  const zones = populated(node);
  const mini = card.width < MINI.width || card.height < MINI.height;
  const pad = mini ? 8 : PAD;
  const top = card.y + (mini ? 22 : 40);
  const compact = card.height < 230;
  const lane = mini ? 12 : compact ? 42 : 46;
  const footer = mini ? 0 : compact ? 20 : 38;
  const body: Rect = {
    x: card.x + pad,
    y: top + lane,
    width: card.width - 2 * pad,
    height: card.height - (top + lane - card.y) - footer - pad,
  };
  const gap = mini ? 5 : SLOT.gap;
  const room = (body.width - gap * (zones.length - 1)) / Math.max(1, zones.length);
  const slotWidth = Math.min(mini ? 60 : SLOT.max, room);
  return {
    node,
    card,
    row,
    place,
    mini,
    compact,
    track: mini ? card.y + 20 : top + 2,
    header: { x: card.x, y: card.y, width: card.width, height: mini ? 20 : 36 },
    zones: zones.map((zone, index) => {
      const x = body.x + index * (slotWidth + gap);
      const slot = { x: x - gap / 2, y: top, width: slotWidth + gap, height: card.y + card.height - top - 4 };
      return zoneLayout(zone, slot, { ...body, x, width: slotWidth }, largest, mini ? top + 4 : top + 16);
    }),
  };
}

/** Heights grow with the square root of the size: a 16 MiB zone stays visible beside one of 16 GiB. */
function zoneLayout(zone: ZoneView, slot: Rect, body: Rect, largest: number, stopY: number): ZoneLayout {
  const share = Math.max(0.1, Math.sqrt(zone.managed / largest));
  const height = Math.max(6, body.height * share);
  const wide = body.width >= SLOT.min;
  const columnWidth = wide ? Math.max(24, body.width * 0.36) : body.width;
  const column = { x: body.x, y: body.y + body.height - height, width: columnWidth, height };
  const stop = { x: body.x + Math.min(columnWidth, body.width) / 2, y: stopY };
  if (!wide) return { zone, slot, column, stop };
  const lensX = body.x + columnWidth + Math.max(9, body.width * 0.09);
  const lens = { x: lensX, y: body.y, width: body.x + body.width - lensX, height: body.height };
  return { zone, slot, column, lens, stop };
}
