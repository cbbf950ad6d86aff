import type { Span } from '../view/pages/layout.ts';
import { NOTHING } from '../view/pages/sample.ts';
import { type MachineView, pageCode, type ZoneView } from './model.ts';
import type { Sampler } from './stage.ts';

const TILE = 1024;
/** Looked at in each largest block. */
const PROBES = 4;
/** A hole of this many largest blocks (256 MiB) is left out of the map. */
const LONG = 64;
/** Zones with more blocks than this are shown with their holes. */
const MOST = 1 << 16;

/** The parts of each zone that the page map shows: all of it but long stretches without memory. */
export function presentSpans(machine: MachineView, sample: Sampler): Span[] {
  const zones = machine.nodes.flatMap((node) => node.zones).filter(({ spanned }) => spanned > 0);
  return zones.flatMap((zone) => spansOf(zone, sample));
}

function spansOf(zone: ZoneView, sample: Sampler): Span[] {
  const end = zone.startPfn + zone.spanned;
  const first = zone.startPfn - (zone.startPfn % TILE);
  const tiles = Math.ceil((end - first) / TILE);
  const whole = { zone: zone.id, start: zone.startPfn, end };
  if (zone.spanned - zone.present < LONG * TILE || tiles > MOST) return [whole];
  const { codes } = sample(tiles * PROBES, (pfns) => {
    for (let i = 0; i < pfns.length; i += 1) {
      const pfn = first + i * (TILE / PROBES);
      pfns[i] = pfn >= zone.startPfn && pfn < end ? pfn : NOTHING;
    }
  });
  const spans: Span[] = [];
  for (let tile = 0; tile < tiles; tile += 1) {
    const probes = codes.subarray(tile * PROBES, (tile + 1) * PROBES);
    if (probes.every((code) => (code & 15) === pageCode.hole)) continue;
    const start = Math.max(zone.startPfn, first + tile * TILE);
    const last = spans.at(-1);
    if (last !== undefined && start - last.end < LONG * TILE) last.end = Math.min(end, start + TILE);
    else spans.push({ zone: zone.id, start, end: Math.min(end, first + (tile + 1) * TILE) });
  }
  // Memory may begin and end between two probes.
  for (const span of spans) {
    span.start = Math.max(zone.startPfn, span.start - TILE);
    span.end = Math.min(end, Math.ceil(span.end / TILE + 1) * TILE);
  }
  return spans.length === 0 ? [whole] : spans;
}
