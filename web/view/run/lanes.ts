// The LRU lists as lanes: pages in the order in which reclaim will look at them, each with what it is and what was
// decided about it. Under each lane its whole list, with the share that the current priority looks at.

import { grouped } from '../../locale/format.ts';
import type { LanePage, PageVerdict, RunLane, RunPass } from '../../worker/model.ts';
import { box, type Context, fonts, type Rect, write } from '../draw.ts';
import type { CanvasSize, LanesScene, Palette } from '../scene.ts';
import { CELL, cellAt, type LaneLayout, lanesLayout, listsShown } from './lanes-layout.ts';

export interface LanesInput {
  lanes: readonly RunLane[];
  /** Pages taken off the lists: anon, file. */
  isolated: readonly number[];
  /** The latest pass over this node, while somebody is at it. */
  pass: RunPass | undefined;
  scene: LanesScene;
  palette: Palette;
  size: CanvasSize;
}

export function paintLanes(c: Context, input: LanesInput): void {
  const { size, lanes } = input;
  const longest = Math.max(1, ...lanes.map(({ total }) => total));
  for (const layout of lanesLayout(size.width, size.height, listsShown(lanes))) {
    const lane = lanes[layout.list];
    if (lane === undefined) continue;
    paintWords(c, layout, lane, input);
    paintBar(c, layout, lane, longest, input);
    paintTail(c, layout, lane, input);
    const places = Math.min(lane.pages.length, layout.rows * layout.columns);
    for (let place = 0; place < places; place += 1) {
      const page = lane.pages[place];
      if (page !== undefined) paintPage(c, cellAt(layout, place), page, layout.list, input);
    }
    paintChosen(c, layout, input);
  }
}

const isAnon = (list: number) => list < 2;
const isActive = (list: number) => list === 1 || list === 3;

function color(list: number, palette: Palette): string {
  if (list > 3) return palette.pcp;
  return isAnon(list) ? palette.anon : palette.file;
}

function paintWords(
  c: Context,
  layout: LaneLayout,
  lane: RunLane,
  { scene, palette, isolated, size }: LanesInput,
): void {
  const y = layout.y + 12;
  const name = scene.words.lists[layout.list] ?? '';
  const named = write(c, name, 0, y, { font: fonts.smallStrong(palette), color: palette.ink });
  const count = lane.total === 0 ? scene.words.empty : grouped(lane.total);
  write(c, count, named + 8, y, { font: fonts.number(palette), color: palette.soft });
  const taken = layout.list === 0 || layout.list === 2 ? (isolated[layout.list / 2] ?? 0) : 0;
  if (taken === 0) return;
  const text = scene.words.isolated.replace('#', grouped(taken));
  write(c, text, size.width, y, { font: fonts.small(palette), color: palette.accent, align: 'right' });
}

/** The whole list as a bar, its tail on the right, lengths in proportion to the longest. */
function paintBar(c: Context, { bar, list }: LaneLayout, { total }: RunLane, longest: number, input: LanesInput): void {
  const { palette, pass } = input;
  const y = bar.y + 1;
  const height = bar.height - 2;
  c.fillStyle = palette.hair;
  box(c, { x: bar.x, y, width: bar.width, height }, 2);
  c.fill();
  if (total === 0) return;
  const length = Math.max(2, (bar.width * total) / longest);
  const right = bar.x + bar.width;
  c.fillStyle = color(list, palette);
  c.globalAlpha = isActive(list) ? 1 : 0.55;
  box(c, { x: right - length, y, width: length, height }, 2);
  c.fill();
  c.globalAlpha = 1;
  if (pass === undefined || list > 3) return;
  // What one pass looks at: the list's size shifted right by the priority (get_scan_count).
  const share = Math.max(2, length / 2 ** pass.priority);
  c.fillStyle = palette.accent;
  c.fillRect(right - share, bar.y - 1, share, bar.height + 2);
}

/** Points at the page that is looked at next. */
function paintTail(c: Context, { cells, list }: LaneLayout, { total }: RunLane, { palette, pass }: LanesInput): void {
  if (list > 3) return;
  const x = cells.x + cells.width + 4;
  const y = cells.y + CELL / 2;
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(x + 8, y - 5);
  c.lineTo(x + 8, y + 5);
  c.closePath();
  c.strokeStyle = total > 0 && pass !== undefined ? palette.accent : palette.faint;
  c.fillStyle = c.strokeStyle;
  c.lineWidth = 1.25;
  if (total > 0 && pass !== undefined) c.fill();
  c.stroke();
}

function paintPage(c: Context, at: { x: number; y: number }, page: LanePage, list: number, input: LanesInput): void {
  const { palette } = input;
  const square: Rect = { ...at, width: CELL, height: CELL };
  const has = (flag: string) => page.flags.includes(flag);
  const gone = page.verdict === 'freed';
  c.fillStyle = color(list, palette);
  c.globalAlpha = gone ? 0.12 : isActive(list) ? 1 : 0.5;
  box(c, square, 2.5);
  c.fill();
  c.globalAlpha = 1;
  c.strokeStyle = gone ? palette.faint : palette.ink;
  c.lineWidth = 1;
  if (gone) c.setLineDash([2, 2]);
  if (gone || has('mapped')) {
    box(c, { x: at.x + 0.5, y: at.y + 0.5, width: CELL - 1, height: CELL - 1 }, 2);
    c.stroke();
  }
  c.setLineDash([]);
  if (has('dirty') || has('writeback')) paintCorner(c, at, has('writeback'), palette);
  if (page.verdict !== undefined) paintVerdict(c, at, page.verdict, palette);
  else if (has('referenced')) paintDot(c, at, palette);
}

/** A dirty page has a dark corner; one being written an empty one. */
function paintCorner(c: Context, { x, y }: { x: number; y: number }, writing: boolean, palette: Palette): void {
  c.beginPath();
  c.moveTo(x + CELL - 6, y + CELL);
  c.lineTo(x + CELL, y + CELL - 6);
  c.lineTo(x + CELL, y + CELL);
  c.closePath();
  c.fillStyle = writing ? palette.card : palette.ink;
  c.strokeStyle = palette.ink;
  c.lineWidth = 0.75;
  c.fill();
  c.stroke();
}

function paintDot(c: Context, { x, y }: { x: number; y: number }, palette: Palette): void {
  c.beginPath();
  c.arc(x + CELL / 2, y + CELL / 2, 2, 0, 2 * Math.PI);
  c.fillStyle = palette.ink;
  c.fill();
}

/** A shape for each verdict, told apart without color. */
function paintVerdict(c: Context, { x, y }: { x: number; y: number }, verdict: PageVerdict, palette: Palette): void {
  const [cx, cy, r] = [x + CELL / 2, y + CELL / 2, 3.4];
  c.save();
  c.strokeStyle = palette.ink;
  c.lineWidth = 1.6;
  c.lineCap = 'round';
  c.beginPath();
  switch (verdict) {
    case 'freed':
      line(c, [cx - r, cy - r, cx + r, cy + r]);
      line(c, [cx + r, cy - r, cx - r, cy + r]);
      break;
    case 'activated':
      line(c, [cx - r, cy + 1.5, cx, cy - 2.5, cx + r, cy + 1.5]);
      break;
    case 'rotated':
      c.arc(cx, cy, r, -0.4, 4.4);
      break;
    case 'written':
      line(c, [cx - r, cy - 1.5, cx, cy + 2.5, cx + r, cy - 1.5]);
      break;
    case 'kept':
      line(c, [cx - r, cy, cx + r, cy]);
  }
  c.stroke();
  c.restore();
}

function line(c: Context, [x, y, ...rest]: number[]): void {
  c.moveTo(x ?? 0, y ?? 0);
  for (let i = 0; i < rest.length; i += 2) c.lineTo(rest[i] ?? 0, rest[i + 1] ?? 0);
}

function paintChosen(c: Context, layout: LaneLayout, { scene, palette }: LanesInput): void {
  const { chosen } = scene;
  if (chosen?.list !== layout.list || chosen.place >= layout.rows * layout.columns) return;
  const { x, y } = cellAt(layout, chosen.place);
  c.strokeStyle = palette.accent;
  c.lineWidth = 2;
  box(c, { x: x - 2, y: y - 2, width: CELL + 4, height: CELL + 4 }, 4);
  c.stroke();
}
