// Where every page of a machine lies on the page map. Pure: the painter and the pointer agree.
//
// A largest block, 1024 pages, is a square of 32 by 32 cells in Z order: every block is a rectangle, and its buddy is the
// same rectangle beside or below it. Squares of a zone fill rows; each zone begins a new row.

export const TILE = 32;
const TILE_PAGES = TILE * TILE;

/** A part of a zone, from its first page up to but not including `end`. */
export interface Span {
  zone: number;
  start: number;
  end: number;
}

export interface Band extends Span {
  /** First page of the first square; may lie before the zone. */
  first: number;
  /** Upper edge, in cells. */
  y: number;
  /** Rows of squares. */
  rows: number;
}

export interface PagesLayout {
  bands: Band[];
  /** Squares in a row. */
  columns: number;
  width: number;
  height: number;
}

export interface Cell {
  x: number;
  y: number;
}

/** Offset of the page at a cell within its square, by y * 32 + x. */
export const pageOfCell = new Uint16Array(TILE_PAGES);
const cellOfPage: Cell[] = [];
for (let page = 0; page < TILE_PAGES; page += 1) {
  let [x, y] = [0, 0];
  for (let bit = 0; bit < 5; bit += 1) {
    x |= ((page >> (2 * bit)) & 1) << bit;
    y |= ((page >> (2 * bit + 1)) & 1) << bit;
  }
  pageOfCell[y * TILE + x] = page;
  cellOfPage[page] = { x, y };
}

/** The layout whose shape comes nearest to an aspect (width / height). */
export function pagesLayout(parts: readonly Span[], aspect: number): PagesLayout {
  const spans = parts.map((span) => ({ ...span, first: span.start - (span.start % TILE_PAGES) }));
  const tiles = spans.map(({ first, end }) => Math.ceil((end - first) / TILE_PAGES));
  const columns = bestColumns(tiles, aspect);
  const gap = gapOf(tiles, columns);
  let y = 0;
  const bands = spans.map((span, i) => {
    const band = { ...span, y, rows: Math.ceil((tiles[i] ?? 0) / columns) };
    y += band.rows * TILE + gap;
    return band;
  });
  return { bands, columns, width: columns * TILE, height: Math.max(1, y - gap) };
}

function rowsOf(tiles: readonly number[], columns: number): number {
  return tiles.reduce((sum, count) => sum + Math.ceil(count / columns), 0);
}

/** Cells between zones. */
function gapOf(tiles: readonly number[], columns: number): number {
  if (tiles.length < 2) return 0;
  const height = rowsOf(tiles, columns) * TILE;
  return Math.ceil(Math.max(4, Math.min(height / 45, (height * 0.15) / (tiles.length - 1))));
}

/** The width, in squares, at which everything is largest in a view of that aspect. */
function bestColumns(tiles: readonly number[], aspect: number): number {
  const guess = Math.sqrt(tiles.reduce((sum, count) => sum + count, 0) * aspect);
  let best = Math.max(1, Math.round(guess));
  let bestScale = 0;
  for (let columns = Math.max(1, Math.floor(guess * 0.6)); columns <= guess * 1.7 + 1; columns += 1) {
    const height = rowsOf(tiles, columns) * TILE + gapOf(tiles, columns) * (tiles.length - 1);
    const scale = Math.min(aspect / (columns * TILE), 1 / Math.max(1, height));
    if (scale > bestScale) [best, bestScale] = [columns, scale];
  }
  return best;
}

/** The page at a cell, if there is one. */
export function pageAt(layout: PagesLayout, x: number, y: number): number | undefined {
  if (x < 0 || x >= layout.width) return undefined;
  const band = layout.bands.find((candidate) => y >= candidate.y && y < candidate.y + candidate.rows * TILE);
  if (band === undefined) return undefined;
  const [column, row] = [Math.floor(x / TILE), Math.floor((y - band.y) / TILE)];
  const [cx, cy] = [Math.floor(x) % TILE, Math.floor(y - band.y) % TILE];
  const pfn = band.first + (row * layout.columns + column) * TILE_PAGES + (pageOfCell[cy * TILE + cx] ?? 0);
  return pfn >= band.start && pfn < band.end ? pfn : undefined;
}

/** The left upper cell of a page. Zones that overlap are told apart by `zone`. */
export function cellOf(layout: PagesLayout, pfn: number, zone?: number): Cell | undefined {
  const holds = ({ start, end }: Band) => pfn >= start && pfn < end;
  const band = layout.bands.find((b) => holds(b) && b.zone === zone) ?? layout.bands.find(holds);
  if (band === undefined) return undefined;
  const tile = Math.floor((pfn - band.first) / TILE_PAGES);
  const inner = cellOfPage[(pfn - band.first) % TILE_PAGES];
  if (inner === undefined) return undefined;
  return {
    x: (tile % layout.columns) * TILE + inner.x,
    y: band.y + Math.floor(tile / layout.columns) * TILE + inner.y,
  };
}

/** Size of a block in cells. */
export function blockSize(order: number): { width: number; height: number } {
  return { width: 2 ** Math.ceil(order / 2), height: 2 ** Math.floor(order / 2) };
}
