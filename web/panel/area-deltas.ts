import type { FreeAreas } from '../worker/model.ts';

/** The cells of a zone's free areas that changed, as `order/type` → by how much. None across zones. */
export function areaDeltas(before: FreeAreas | undefined, after: FreeAreas): Map<string, number> {
  const deltas = new Map<string, number>();
  if (before === undefined || before.zone !== after.zone) return deltas;
  for (const [order, row] of after.counts.entries()) {
    for (const [type, count] of row.entries()) {
      const delta = count - (before.counts[order]?.[type] ?? 0);
      if (delta !== 0) deltas.set(`${order}/${type}`, delta);
    }
  }
  return deltas;
}
