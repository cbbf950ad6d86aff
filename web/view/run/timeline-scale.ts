// The timeline's axes. Pure: the painter and the pointer agree.

const NICE = [250, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** The end of the axis: a round time that holds what has been run, or the run's own end if that is near. */
export function axisEnd(ran: number, until: number | undefined): number {
  const round = NICE.find((end) => end >= ran) ?? Math.ceil(ran / 600_000) * 600_000;
  return until !== undefined && until >= ran && until <= round * 1.5 ? until : round;
}

/** Times to write along the axis, at most so many. */
export function ticks(end: number, most: number): number[] {
  const steps = [50, 100, 250, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000];
  const step = steps.find((candidate) => end / candidate <= most) ?? end;
  return Array.from({ length: Math.floor(end / step) }, (_, i) => (i + 1) * step).filter((ms) => ms <= end);
}

/** Decimals of seconds that tell ticks apart. */
export function decimals(ticks: readonly number[]): number {
  const [step = 1000] = ticks;
  return step % 1000 === 0 ? 0 : step % 100 === 0 ? 1 : 2;
}

/** 12.345 s as 12.345, 75 s as 1:15. */
export function clock(ms: number, digits = 3): string {
  const seconds = ms / 1000;
  if (seconds < 60) return seconds.toFixed(digits);
  const rest = (seconds % 60).toFixed(digits);
  return `${Math.floor(seconds / 60)}:${rest.padStart(digits === 0 ? 2 : 3 + digits, '0')}`;
}

/** Share of the height at which the marks are told apart; above, free memory is on a logarithmic scale. */
const BREAK = 0.7;

/** Where a number of free pages lies: 0 at the bottom, 1 at the top. */
export function levelScale(high: number, most: number): (free: number) => number {
  const range = Math.max(8, high * 1.4);
  const whole = Math.max(range * 2, most);
  return (free) => {
    const pages = Math.min(Math.max(0, free), whole);
    if (pages <= range) return (pages / range) * BREAK;
    return BREAK + (Math.log(pages / range) / Math.log(whole / range)) * (1 - BREAK);
  };
}
