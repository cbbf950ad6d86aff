// A scenario that runs: moving through virtual time in slices short enough for the page to stay alive.

import type { Host } from '../host.ts';
import type { RunDecisions, RunLane, RunView } from '../model.ts';
import { Samples } from './samples.ts';
import { type Timeline, timelineOf } from './timeline.ts';

/** Milliseconds of work before others get their turn, and between two pictures. */
const SLICE = 12;
const FRAME = 60;
const JIFFY = 4;
/** Pages of each list that are drawn at most. */
const LANE = 240;
/** Going further than this at once is worth saying how far it has come. */
const FAR = 1000;
/** Turns between two looks at the clock, at most. */
const MOST_TURNS = 1 << 16;
const LISTS = [0, 1, 2, 3, 4] as const;

export type StepKind = 'context' | 'jiffy' | 'decision';

/** What the page is looking at. */
export interface RunFocus {
  node: number;
  zone: number;
  memcg: number;
  /** How many of the latest decisions. */
  decisions: number;
}

/** Everything that the page shows of a run. */
export interface RunState {
  view: RunView;
  memcg: number;
  lanes: RunLane[];
  decisions: RunDecisions;
  timeline: Timeline;
}

export class RunPlayer {
  view: RunView;
  samples = new Samples();
  /** How it went on when it had come further than now: it would go on the same way again. */
  before: Samples | undefined;
  private turn = 0;
  private readonly host: Host;
  private readonly text: string;
  private readonly publish: () => void;
  private readonly progress: (done: number) => void;

  constructor(host: Host, text: string, publish: () => void, progress: (done: number) => void) {
    this.host = host;
    this.text = text;
    this.publish = publish;
    this.progress = progress;
    this.view = host.call('startRun', text);
  }

  close(): void {
    this.halt();
    this.host.call('closeRun');
  }

  /** Ends what is under way. */
  halt(): void {
    this.turn += 1;
    this.progress(1);
  }

  step(what: StepKind, n: number): void {
    this.halt();
    this.view = this.host.call('stepRun', what, n);
  }

  /** To a point in time; back means from the start again. Gives up as soon as another move begins. */
  async seek(ms: number): Promise<void> {
    this.halt();
    const turn = this.turn;
    const target = Math.max(0, Math.ceil(ms / JIFFY) * JIFFY);
    if (target < this.view.ms) this.restart();
    const from = this.view.ms;
    const far = target - from > FAR;
    let shown = performance.now();
    let slice = shown;
    let turns = 32;
    while (turn === this.turn && this.view.state === 'going' && this.view.ms < target) {
      const before = this.view;
      const start = performance.now();
      this.view = this.host.call('continueRun', target, turns);
      const now = performance.now();
      // So many turns, and nothing to show for it: nothing is left to do before that time.
      if (this.view.ms === before.ms && this.view.decisions === before.decisions && turns === MOST_TURNS) break;
      if (now - start < SLICE / 2) turns = Math.min(MOST_TURNS, turns * 2);
      else if (now - start > 2 * SLICE) turns = Math.max(1, turns >> 1);
      if (now - slice < SLICE) continue;
      if (now - shown > FRAME) {
        this.publish();
        if (far) this.progress((this.view.ms - from) / (target - from));
        shown = performance.now();
      }
      await new Promise((resume) => setTimeout(resume));
      slice = performance.now();
    }
    if (turn !== this.turn) return;
    this.progress(1);
    this.publish();
  }

  private restart(): void {
    this.view = this.host.call('startRun', this.text);
    const furthest = this.before?.ms.at(-1) ?? 0;
    if ((this.samples.ms.at(-1) ?? 0) > furthest) this.before = this.samples;
    this.samples = new Samples();
  }

  state({ node, zone, memcg, decisions }: RunFocus): RunState {
    const { host, view, samples } = this;
    samples.take(host.call('runSamples', samples.next));
    const group = view.memcgs.some(({ id }) => id === memcg) ? memcg : (view.memcgs[0]?.id ?? 0);
    return {
      view,
      memcg: group,
      lanes: LISTS.map((list) => host.call('runLane', node, group, list, LANE)),
      decisions: host.call('runDecisions', Math.max(0, view.decisions - decisions), decisions),
      timeline: timelineOf(samples, node, zone, this.before),
    };
  }
}
