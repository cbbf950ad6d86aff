import type { MarksView, ZoneView } from '../../worker/model.ts';

/** Share of a lens that is linear; below the break its scale is logarithmic, down to the whole zone. */
export const BREAK = 0.72;

/** Where a number of free pages lies in a zone's lens: 0 at the top (none free), 1 at the bottom (all free). */
export type LensScale = (free: number) => number;

/** The pages that the linear part shows: a little more than the highest mark, now or as considered. */
export function lensRange(zone: ZoneView, preview?: MarksView): number {
  const now = zone.high + zone.boost;
  const then = preview === undefined ? 0 : preview.high + preview.boost;
  return Math.max(8, now * 1.3, then * 1.3);
}

export function lensScale(zone: ZoneView, preview?: MarksView): LensScale {
  const range = lensRange(zone, preview);
  const whole = Math.max(range * 2, zone.managed);
  return (free) => {
    const pages = Math.min(Math.max(0, free), whole);
    if (pages <= range) return (pages / range) * BREAK;
    return BREAK + (Math.log(pages / range) / Math.log(whole / range)) * (1 - BREAK);
  };
}
