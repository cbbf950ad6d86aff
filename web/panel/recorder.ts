// Playing a recording: the clock is here, the work in the worker.

import { effect, type Signal, signal } from '@preact/signals';
import type { State, WorkerApi } from '../worker/api.ts';
import type { Remote } from '../worker/rpc.ts';

/** Operations a second. */
export const SPEEDS = [1, 4, 20, 100, 1000, 10_000] as const;

export function createRecorder(model: Remote<WorkerApi>, state: Signal<State | undefined>) {
  const playing = signal(false);
  const speed = signal<number>(4);
  /** Why it could not go on. */
  const problem = signal('');

  const view = () => state.value?.recording;

  function seek(position: number): void {
    const recording = view();
    if (recording === undefined) return;
    const target = Math.max(0, Math.min(recording.operations, position));
    problem.value = '';
    model.seekRecording(target).catch((error: { message?: string }) => {
      playing.value = false;
      problem.value = error.message ?? '';
    });
  }

  effect(() => {
    if (!playing.value) return;
    const period = Math.max(33, 1000 / speed.value);
    const operations = Math.max(1, Math.round((speed.value * period) / 1000));
    const timer = setInterval(() => {
      const recording = state.peek()?.recording;
      const over = recording === undefined || recording.position >= recording.operations || recording.mismatch;
      if (over) playing.value = false;
      else seek(recording.position + operations);
    }, period);
    return () => clearInterval(timer);
  });

  return {
    playing,
    speed,
    problem,
    seek,
    step(by: number): void {
      playing.value = false;
      seek((state.peek()?.recording?.position ?? 0) + by);
    },
    toggle(): void {
      playing.value = !playing.value;
    },
    pause(): void {
      playing.value = false;
    },
  };
}

export type Recorder = ReturnType<typeof createRecorder>;
