// What the worker's painters are told, derived from what the page knows.

import type { Translator } from '../locale/index.ts';
import type { MachineScene, WalkStop } from '../view/scene.ts';
import type { State } from '../worker/api.ts';
import type { Store } from './store.ts';
import { verdictLabel } from './verdict.ts';

export function machineScene(store: Store, words: Translator): MachineScene {
  const state = store.state.value;
  const { t } = words;
  const chosen = state?.list.items.find(({ id }) => id === state.focus.allocation);
  const typed = Number.parseInt(store.request.value.cpu, 10);
  return {
    zone: state?.focus.zone,
    cpu: chosen?.cpu ?? (state?.run ? undefined : state?.recording === undefined ? typed : askingCpu(state)),
    walk: state === undefined ? [] : walkOf(state, words),
    preview: store.preview.value,
    words: {
      node: t('machine.node'),
      free: t('machine.free'),
      min: t('machine.min'),
      low: t('machine.low'),
      high: t('machine.high'),
      boost: t('machine.boost'),
      awakeFor: t('machine.awakeFor', { order: '#' }),
      asleep: t('machine.asleep'),
      gaveUp: t('machine.gaveUp'),
      offline: t('machine.offline'),
      noMemory: t('machine.noMemory'),
    },
  };
}

/** The CPU of the explained operation of a recording. */
function askingCpu({ why }: State): number | undefined {
  const cpu = why?.steps.find(({ args }) => 'cpu' in args)?.args.cpu;
  return cpu === undefined ? undefined : Number(cpu);
}

/** The zones that the explained request tried, in order, each once with the last that was said about it. */
export function walkOf(state: State, words: Translator): WalkStop[] {
  const stops = new Map<number, WalkStop>();
  for (const step of state.why?.steps ?? []) {
    // What is considered between attempts is no attempt.
    if (step.zone === undefined || step.kind === 'info' || step.key.startsWith('slow.')) continue;
    const known = stops.get(step.zone);
    if (known?.verdict === 'take') continue;
    stops.set(step.zone, { zone: step.zone, verdict: step.kind, label: verdictLabel(step, words) });
  }
  return [...stops.values()];
}
