// Playing a scenario: the clock is here, the work in the worker.

import { effect, type Signal, signal } from '@preact/signals';
import type { State, WorkerApi } from '../../worker/api.ts';
import type { ScenarioView } from '../../worker/model.ts';
import type { Remote } from '../../worker/rpc.ts';
import type { StepKind } from '../../worker/run/player.ts';

/** What it needs of the page's store. */
interface Needs {
  model: Remote<WorkerApi>;
  state: Signal<State | undefined>;
  attempt: (run: () => Promise<unknown>) => Promise<Record<string, string>>;
  defect: Signal<unknown>;
}

/** Virtual milliseconds in a real second. */
export const SPEEDS = [10, 50, 100, 250, 500, 1000, 5000] as const;

const TICK = 50;
/** Where the model cannot keep up, time passes more slowly instead of in leaps. */
const LONGEST = 4 * TICK;

export function createRunner(store: Needs) {
  const playing = signal(false);
  const speed = signal<number>(250);
  const scenarios = signal<ScenarioView[] | undefined>(undefined);
  /** The scenario file as it is being edited, and the one that is open. */
  const text = signal('');
  const view = () => store.state.peek()?.run?.view;

  const move = (run: () => Promise<unknown>) =>
    store.attempt(run).then((errors) => {
      if (Object.keys(errors).length > 0) playing.value = false;
    });

  // What met a defect would meet it again.
  effect(() => {
    if (store.defect.value !== undefined) playing.value = false;
  });

  effect(() => {
    if (!playing.value) return;
    let last = performance.now();
    let target = view()?.ms ?? 0;
    let moving = false;
    const timer = setInterval(() => {
      const now = view();
      if (now?.state !== 'going') playing.value = false;
      if (now?.state !== 'going' || moving) return;
      const time = performance.now();
      target += (Math.min(LONGEST, time - last) * speed.value) / 1000;
      last = time;
      if (target - now.ms < 4) return;
      moving = true;
      void move(() => store.model.seekRun(target)).then(() => {
        moving = false;
        target = Math.max(target, view()?.ms ?? 0);
      });
    }, TICK);
    return () => clearInterval(timer);
  });

  return {
    playing,
    speed,
    scenarios,
    text,
    async open(file: string) {
      playing.value = false;
      text.value = file;
      return store.attempt(() => store.model.startRun(file));
    },
    close(): void {
      playing.value = false;
      void store.attempt(store.model.closeRun);
    },
    toggle(): void {
      if (playing.value) void store.model.haltRun();
      playing.value = !playing.value && view()?.state === 'going';
    },
    step(what: StepKind): void {
      playing.value = false;
      if (view()?.state === 'going') void move(() => store.model.stepRun(what, 1));
    },
    seek(ms: number): void {
      playing.value = false;
      void move(() => store.model.seekRun(Math.max(0, ms)));
    },
  };
}

export type Runner = ReturnType<typeof createRunner>;
