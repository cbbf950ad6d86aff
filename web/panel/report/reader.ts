// A person's own text and what it says. The work is in the worker.

import { computed, signal } from '@preact/signals';
import type { Diagnosis } from '../../worker/model.ts';
import type { Store } from '../store.ts';

/** A text of more than this is no report. */
export const MAX_BYTES = 8 << 20;

export interface Problem {
  field: string;
  message: string;
}

export function createReader(store: Store) {
  const text = signal('');
  const problem = signal<Problem | undefined>(undefined);
  /** What was found in the text that was read last. */
  const found = signal<Diagnosis[] | undefined>(undefined);
  /** Whose machine is shown; another machine ends it. */
  const shown = signal<{ nth: number; story: unknown } | undefined>(undefined);
  const reading = signal(false);
  let read = '';

  const chosen = computed(() => {
    const { nth, story } = shown.value ?? {};
    const state = store.state.value;
    const hidden = state?.run !== undefined || state?.recording !== undefined || story !== store.story.value;
    return nth === undefined || hidden ? undefined : found.value?.[nth];
  });

  async function explain(next = text.value): Promise<void> {
    text.value = next;
    reading.value = true;
    problem.value = undefined;
    const [error] = Object.entries(
      await store.attempt(async () => {
        found.value = await store.model.readText(next);
        read = next;
      }),
    );
    reading.value = false;
    if (error !== undefined) {
      problem.value = { field: error[0], message: error[1] };
      return;
    }
    const first = found.value?.findIndex(({ hasMachine }) => hasMachine) ?? -1;
    if (first >= 0) await open(first);
    else if ((found.value?.length ?? 0) > 0) shown.value = { nth: 0, story: store.story.value };
  }

  /** Shows the machine of a report. */
  async function open(nth: number): Promise<void> {
    const { request, hasMachine } = found.value?.[nth] ?? {};
    store.recorder.pause();
    const [error] = hasMachine
      ? Object.entries(await store.attempt(() => store.model.openText(read, nth, request)))
      : [];
    if (error === undefined) shown.value = { nth, story: store.story.value };
    else problem.value = { field: error[0], message: error[1] };
  }

  return { text, problem, found, shown, chosen, reading, explain, open };
}

export type Reader = ReturnType<typeof createReader>;
