// What one page or element knows: the worker's latest state, and what the person is looking at. No globals: several
// may share a document.

import { batch, computed, signal } from '@preact/signals';
import type { Focus, Notice, State, Story } from '../worker/api.ts';
import type { AllocForm, MarksView, ModelError, PageView, Preset, ZoneView } from '../worker/model.ts';
import { type Client, startClient } from './client.ts';
import { createRecorder } from './recorder.ts';
import type { Runner } from './run/runner.ts';
import { DEFAULT_PRESET, storyOf } from './stories.ts';

type Defect = Extract<Notice, { notice: 'defect' }>;

/** Errors of one form by field, as the model names them. */
export type Errors = Record<string, string>;

/** The form of a request as typed: the model reads the numbers. */
export interface RequestForm extends Omit<AllocForm, 'order' | 'cpu' | 'count'> {
  order: string;
  cpu: string;
  count: string;
  context: string;
  taskFlags: string[];
  lru: boolean;
}

export const FIRST_REQUEST: RequestForm = {
  gfp: 'GFP_KERNEL',
  order: '0',
  cpu: '0',
  policy: 'default',
  count: '1',
  context: 'task',
  taskFlags: [],
  lru: false,
};

export function createStore(worker: Worker) {
  const state = signal<State | undefined>(undefined);
  let start: () => void = () => undefined;
  /** Once the worker listens. */
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const hash = signal({ hash: '', version: -1 });
  const progress = signal(1);
  const defect = signal<Pick<Defect, 'message' | 'restored'> | undefined>(undefined);
  let defects = 0;
  const presets = signal<Preset[]>([]);
  const request = signal<RequestForm>(FIRST_REQUEST);
  const preview = signal<MarksView[]>([]);
  const page = signal<PageView | undefined>(undefined);
  const busy = signal(0);
  /** What the machine began with. */
  const story = signal<Story>(storyOf({ preset: DEFAULT_PRESET }));

  const client: Client = startClient(worker, hear);
  const recorder = createRecorder(client.model, state);
  /** What plays scenarios, once it has been fetched. */
  const runner = signal<Runner | undefined>(undefined);
  /** A page that the map is to show. */
  const wanted = signal<{ pfn: number } | undefined>(undefined);

  function hear(notice: Notice): void {
    if (notice.notice === 'ready') start();
    else if (notice.notice === 'hash') hash.value = { hash: notice.hash, version: notice.version };
    else if (notice.notice === 'progress') progress.value = notice.done;
    else if (notice.notice === 'defect') report(notice);
    else {
      batch(() => {
        state.value = notice.state;
        const seen = page.value;
        if (seen !== undefined) look(seen.pfn);
      });
    }
  }

  function report({ message, restored }: Defect): void {
    defect.value = { message, restored };
    // A fresh machine instead of the one that is lost, but not over and over.
    if (!restored && defects < 3) void attempt(() => begin(storyOf({ preset: DEFAULT_PRESET })));
    defects += 1;
  }

  const zones = computed<ZoneView[]>(() => {
    const nodes = state.value?.machine.nodes ?? [];
    return nodes.flatMap((node) => node.zones).filter(({ present }) => present > 0);
  });

  /** Runs a call that may be refused; tells what was wrong by field, or nothing. */
  async function attempt(run: () => Promise<unknown>): Promise<Errors> {
    busy.value += 1;
    try {
      await run();
      return {};
    } catch (error) {
      if (!isModelError(error)) return {}; // A defect: the notice about it says more.
      return { [error.field]: error.message };
    } finally {
      busy.value -= 1;
    }
  }

  /** Boots a machine and tells its story; on an error nothing has changed. */
  async function begin(next: Story): Promise<void> {
    recorder.pause();
    if (runner.value !== undefined) runner.value.playing.value = false;
    await client.model.tell(next);
    story.value = next;
  }

  function focus(change: Partial<Focus>): void {
    const now = state.value?.focus;
    if (now !== undefined) void client.model.focus({ ...now, ...change }).catch(ignore);
  }

  /** Shows the record of a page; of none without a number. */
  function look(pfn: number | undefined): void {
    if (pfn === undefined) {
      page.value = undefined;
      return;
    }
    const show = (view: PageView) => {
      page.value = view;
    };
    client.model.page(pfn).then(show, () => {
      page.value = undefined;
    });
  }

  return {
    client,
    model: client.model,
    recorder,
    runner,
    wanted,
    state,
    started,
    hash,
    progress,
    defect,
    presets,
    request,
    preview,
    page,
    busy,
    story,
    begin,
    zones,
    attempt,
    focus,
    look,
    /** Shows a page on the map, and its record. */
    goto(pfn: number): void {
      wanted.value = { pfn };
    },
  };
}

export type Store = ReturnType<typeof createStore>;

function isModelError(error: unknown): error is ModelError {
  return typeof error === 'object' && error !== null && 'field' in error && 'message' in error;
}

function ignore(): void {
  // Answered by a notice.
}
