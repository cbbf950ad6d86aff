// The timeline in numbers: what its canvas draws and its table says.

import type { Samples } from './samples.ts';

export interface TimelineRow {
  ms: number;
  free: number;
  min: number;
  low: number;
  high: number;
  /** Pages since the row before. */
  scanned: number;
  reclaimed: number;
  awake: boolean;
}

/** kswapd woke up, or went to sleep. */
export interface Turn {
  ms: number;
  awake: boolean;
}

export interface Timeline {
  node: number;
  zone: number;
  rows: TimelineRow[];
  turns: Turn[];
  /** As far as the run has ever come: it may have been set back. */
  ran: number;
}

const ROWS = 24;
const TURNS = 40;

/** A zone's history in a few rows, and when its node's kswapd woke and slept. */
export function timelineOf(samples: Samples, node: number, zone: number, before?: Samples): Timeline {
  const { ms } = samples;
  const last = ms.at(-1) ?? 0;
  const ran = Math.max(last, before?.ms.at(-1) ?? 0);
  const rows: TimelineRow[] = [];
  const [scan, steal] = [samples.of('pgscan', { node }), samples.of('pgsteal', { node })];
  const sum = (values: readonly number[], from: number, to: number) => {
    let total = 0;
    for (let row = from; row <= to; row += 1) total += values[row] ?? 0;
    return total;
  };
  const wanted = Math.min(ROWS, ms.length);
  let from = 0;
  for (let i = 1; i <= wanted; i += 1) {
    const row = i === wanted ? ms.length - 1 : Math.max(from, samples.rowAt((last * i) / wanted));
    const at = (name: string) => samples.of(name, { zone })[row] ?? 0;
    if (row >= from) {
      rows.push({
        ms: ms[row] ?? 0,
        free: at('free'),
        min: at('min'),
        low: at('low'),
        high: at('high'),
        scanned: sum(scan, from, row),
        reclaimed: sum(steal, from, row),
        awake: (samples.of('kswapd', { node })[row] ?? 0) > 0,
      });
    }
    from = row + 1;
  }
  return { node, zone, rows, turns: turnsOf(samples, node).slice(-TURNS), ran };
}

export function turnsOf(samples: Samples, node: number): Turn[] {
  const turns: Turn[] = [];
  let before = false;
  for (const [row, value] of samples.of('kswapd', { node }).entries()) {
    const awake = value > 0;
    if (awake !== before) turns.push({ ms: samples.ms[row] ?? 0, awake });
    before = awake;
  }
  return turns;
}
