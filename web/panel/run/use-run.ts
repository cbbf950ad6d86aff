import { createRunWords, type RunWords } from '../../locale/run.ts';
import type { RunState } from '../../worker/run/player.ts';
import { type App, useApp } from '../app-context.ts';
import { createRunner, type Runner } from './runner.ts';

interface RunApp extends App {
  runner: Runner;
  /** Words of the scenario panels; those of the page are `words`. */
  said: RunWords;
  run: RunState | undefined;
}

const kept = new WeakMap<App['store'], { runner: Runner; said: RunWords }>();

/** What every scenario panel needs; one runner for a store. */
export function useRun(): RunApp {
  const app = useApp();
  let own = kept.get(app.store);
  if (own === undefined) {
    own = { runner: createRunner(app.store), said: createRunWords(app.words) };
    kept.set(app.store, own);
    app.store.runner.value = own.runner;
  }
  return { ...app, ...own, run: app.store.state.value?.run };
}
