// Where every page of the LRU lanes goes on their canvas. Pure: the painter in the worker and the pointer agree.

import type { Rect } from '../draw.ts';

/** A page's square, and its distance to the next. */
export const CELL = 13;
const PITCH = 15;
const LABEL = 18;
const BAR = 6;
const GAP = 9;
/** Room right of the tail, for the sign that says where reclaim begins. */
const TAIL = 14;
const MOST_ROWS = 4;

export interface LaneLayout {
  list: number;
  /** Upper edge of the lane's words. */
  y: number;
  /** Pages fill columns from the tail, on the right, towards the left. */
  rows: number;
  columns: number;
  cells: Rect;
  /** The whole list in proportion. */
  bar: Rect;
}

/** The least height that shows one row of so many lists. */
export function lanesHeight(lists: number): number {
  return lists * (LABEL + PITCH + BAR + GAP) - GAP;
}

/** The lists to show: the unevictable one only if it has pages. */
export function listsShown(lanes: readonly { total: number }[]): number {
  return (lanes[4]?.total ?? 0) > 0 ? 5 : 4;
}

export function lanesLayout(width: number, height: number, lists: number): LaneLayout[] {
  const lane = (height + GAP) / lists;
  const rows = Math.max(1, Math.min(MOST_ROWS, Math.floor((lane - LABEL - BAR - GAP) / PITCH)));
  const columns = Math.max(1, Math.floor((width - TAIL) / PITCH));
  const right = width - TAIL;
  return Array.from({ length: lists }, (_, list) => {
    const y = Math.round(list * lane);
    const cells = { x: right - columns * PITCH, y: y + LABEL, width: columns * PITCH, height: rows * PITCH };
    const bar = { x: 0, y: cells.y + cells.height, width: right, height: BAR };
    return { list, y, rows, columns, cells, bar };
  });
}

/** The left upper corner of a page's square, by its place from the tail. */
export function cellAt({ cells, rows }: LaneLayout, place: number): { x: number; y: number } {
  const column = Math.floor(place / rows);
  return { x: cells.x + cells.width - (column + 1) * PITCH + PITCH - CELL, y: cells.y + (place % rows) * PITCH };
}

/** The list and place under a point. */
export function placeAt(
  lanes: readonly LaneLayout[],
  x: number,
  y: number,
): { list: number; place: number } | undefined {
  const lane = lanes.find(({ cells }) => y >= cells.y && y < cells.y + cells.height);
  if (lane === undefined) return undefined;
  const { cells, rows } = lane;
  const column = Math.floor((cells.x + cells.width - x) / PITCH);
  if (column < 0 || x < cells.x) return undefined;
  return { list: lane.list, place: column * rows + Math.floor((y - cells.y) / PITCH) };
}
