/** Milliseconds that a level takes to its new place, and a walk to its end. */
const LEVEL = 280;
const WALK = 650;

interface Moving {
  from: number;
  to: number;
  since: number;
}

/** Levels on their way to what they are, and the walk on its way along the zones. */
export class Easing {
  private readonly levels = new Map<number, Moving>();
  private walkSince = Number.NEGATIVE_INFINITY;

  set(id: number, to: number, still: boolean): void {
    const now = performance.now();
    const known = this.levels.get(id);
    if (known?.to === to) return;
    if (known === undefined || still) this.levels.set(id, { from: to, to, since: Number.NEGATIVE_INFINITY });
    else this.levels.set(id, { from: this.value(id, now), to, since: now });
  }

  restart(still: boolean): void {
    this.walkSince = still ? Number.NEGATIVE_INFINITY : performance.now();
  }

  value(id: number, now: number): number {
    const level = this.levels.get(id);
    if (level === undefined) return 0;
    return level.from + (level.to - level.from) * eased((now - level.since) / LEVEL);
  }

  walked(now: number): number {
    return eased((now - this.walkSince) / WALK);
  }

  moving(now: number): boolean {
    if (now - this.walkSince < WALK) return true;
    return [...this.levels.values()].some(({ since }) => now - since < LEVEL);
  }
}

function eased(t: number): number {
  const left = 1 - Math.min(1, Math.max(0, t));
  return 1 - left * left * left;
}
