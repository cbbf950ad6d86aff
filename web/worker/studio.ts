// What a page can ask for, put together: the session, its recording, and the canvases that show them.

import type { Span } from '../view/pages/layout.ts';
import type { Focus, Notice, State, Story, WorkerApi } from './api.ts';
import type { Defect, Host } from './host.ts';
import type { AllocForm, MachineView, ModelError, Why, ZoneView } from './model.ts';
import { RecordingSeeker } from './recording.ts';
import type { RunScenes } from './run/painters.ts';
import type { RunPlayer, RunState } from './run/player.ts';
import { sampler } from './sampler.ts';
import { presentSpans } from './spans.ts';
import { Stage } from './stage.ts';

/** Allocations that the page lists; older ones are counted. */
const LISTED = 120;

/** Decisions of a run that the page lists, if it does not ask for more. */
const DECISIONS = 120;

export function createStudio(host: Host, tell: (notice: Notice) => void) {
  function defected({ message, restored }: Defect): void {
    tell({ notice: 'defect', message, restored });
    // What is shown now may be what cannot be computed: showing it again must not go round in circles.
    if (!restored || recovering) return;
    recovering = true;
    try {
      focus = { zone: focus.zone };
      publish();
    } finally {
      recovering = false;
    }
  }

  const sample = sampler(host);
  const stage = new Stage(sample);
  const progress = (done: number) => tell({ notice: 'progress', done });
  const seeker = new RecordingSeeker(host, publish, progress);
  const scenes: RunScenes = { lanes: undefined, timeline: undefined };
  let run: RunPlayer | undefined;
  let runShown: RunState | undefined;
  let focus: Focus = { zone: 0 };
  let known: { shape: string; spans: Span[] } | undefined;
  let explained: { key: string; why: Why } | undefined;
  let hashCost = 0;
  let version = 0;
  let recovering = false;
  let hashing: ReturnType<typeof setTimeout> | undefined;

  function publish(): void {
    const machine = host.call('machine');
    version = machine.version;
    const zones = machine.nodes.flatMap((node) => node.zones).filter(({ present }) => present > 0);
    const zone =
      zones.find(({ id }) => id === focus.zone) ?? zones.find(({ name }) => name === 'Normal') ?? largest(zones);
    focus = { ...focus, zone: zone?.id ?? 0 };
    runShown = run?.state({
      zone: focus.zone,
      node: zone?.node ?? 0,
      memcg: focus.memcg ?? 0,
      decisions: focus.decisions ?? DECISIONS,
    });
    const list = host.call('allocations', 0, LISTED);
    const state: State = {
      machine,
      focus,
      list,
      areas: host.call('freeAreas', focus.zone),
      why: currentWhy(),
      recording: seeker.view,
      run: runShown,
      spans: spansOf(machine),
    };
    stage.show(machine, state.spans);
    tell({ notice: 'state', state });
    clearTimeout(hashing);
    hashing = setTimeout(tellHash, Math.max(120, 4 * hashCost));
  }

  /** Computed once for a machine: where memory is does not change while it runs. */
  function spansOf(machine: MachineView): Span[] {
    const zones = machine.nodes.flatMap((node) => node.zones);
    const shape = zones.map(({ id, startPfn, spanned, present }) => `${id}:${startPfn}+${spanned}/${present}`).join();
    if (known?.shape !== shape) known = { shape, spans: presentSpans(machine, sample) };
    return known.spans;
  }

  /** Once things have been quiet for a while, and longer on machines that take longer. */
  function tellHash(): void {
    const start = performance.now();
    tell({ notice: 'hash', hash: host.call('hash'), version });
    hashCost = performance.now() - start;
  }

  function currentWhy(): State['why'] {
    const { allocation, back } = focus;
    if (allocation !== undefined) {
      // What happened does not change any more, and trying the remedies takes a moment.
      const key = `${allocation} ${back === true}`;
      if (explained?.key !== key) explained = { key, why: host.call(back ? 'whyFree' : 'why', allocation) };
      return explained.why;
    }
    return seeker.view === undefined ? undefined : host.call('recordingWhy');
  }

  /** Runs a change, then shows what came of it. */
  function changing<Args extends unknown[], Result>(change: (...args: Args) => Result): (...args: Args) => Result {
    return (...args) => {
      const result = change(...args);
      publish();
      return result;
    };
  }

  function tellStory({ form, age, requests }: Story): void {
    host.call('boot', form);
    explained = undefined;
    seeker.close();
    closeRun();
    if (age !== undefined) host.call('age', age);
    const made = requests.flatMap((request) => host.call('allocate', request));
    focus = { zone: made.at(-1)?.zone ?? -1, ...(made.length > 0 && { allocation: made.at(-1)?.id ?? 0 }) };
  }

  /** The machine that a report tells of, and the report's request made in it. */
  function openText(text: string, nth: number, request: AllocForm | undefined): void {
    host.call('openText', text, nth);
    explained = undefined;
    seeker.close();
    closeRun();
    const made = request === undefined ? [] : host.call('allocate', request);
    focus = { zone: made.at(-1)?.zone ?? -1, ...(made.length > 0 && { allocation: made.at(-1)?.id ?? 0 }) };
  }

  function closeRun(): void {
    run?.close();
    run = undefined;
    runShown = undefined;
    stage.invite(undefined);
    focus = { zone: focus.zone };
  }

  /** Runs it from its first moment; on an error in its text, what was shown is still shown. */
  async function startRun(text: string): Promise<void> {
    await host.prepare('workload');
    const { RunPlayer, runPainters } = await import('./run/index.ts');
    const player = new RunPlayer(host, text, publish, progress);
    run?.halt();
    seeker.close();
    run = player;
    stage.invite(runPainters(player, scenes, () => runShown));
    focus = { zone: -1 };
    publish();
  }

  function running(): RunPlayer {
    if (run === undefined) throw { field: 'run', message: 'no scenario is open' } satisfies ModelError;
    return run;
  }

  function showWayBack(allocation: number): void {
    focus = { zone: focus.zone, allocation, back: true };
  }

  const api: WorkerApi = {
    presets: () => host.call('presets'),
    tell: changing(tellStory),
    focus: changing((next) => {
      focus = next;
    }),
    gfp: (text) => host.call('gfp', text),
    allocate: changing((form) => {
      const made = host.call('allocate', form);
      const last = made.at(-1);
      if (last !== undefined) focus = { zone: last.zone ?? focus.zone, allocation: last.id };
      return made;
    }),
    free: changing((id) => {
      host.call('free', id);
      showWayBack(id);
    }),
    freeNewest: changing(() => showWayBack(host.call('freeNewest').id)),
    drain: changing(() => host.call('drain')),
    fold: changing(() => host.call('fold')),
    page: (pfn) => host.call('page', pfn),
    previewSysctl: (name, value) => host.call('previewSysctl', name, value),
    setSysctl: changing((name, value) => host.call('setSysctl', name, value)),
    loadRecording: async (name, files) => {
      await host.prepare('recorder');
      seeker.load(name, files);
      closeRun();
      focus = { zone: focus.zone };
      publish();
    },
    seekRecording: (position) => {
      focus = { zone: focus.zone };
      return seeker.seek(position);
    },
    closeRecording: changing(() => seeker.close()),
    scenarios: async () => {
      await host.prepare('workload');
      return host.call('scenarios');
    },
    startRun,
    stepRun: changing((what, n) => running().step(what, n)),
    seekRun: async (ms) => run?.seek(ms),
    haltRun: () => run?.halt(),
    runTexts: () => host.call('runTexts'),
    exportRun: (format) => host.call('exportRun', format),
    closeRun: changing(closeRun),
    readText: async (text) => {
      await host.prepare('reader');
      return host.call('readText', text);
    },
    openText: changing(openText),
    attach: (name, canvas, size) => stage.attach(name, canvas, size),
    resize: (name, size) => stage.resize(name, size),
    colors: (palette) => stage.setPalette(palette),
    machineScene: (scene) => stage.setMachineScene(scene),
    pagesScene: (scene) => stage.setPagesScene(scene),
    lanesScene: (scene) => {
      scenes.lanes = scene;
      stage.touch('lanes', 'pages');
    },
    timelineScene: (scene) => {
      scenes.timeline = scene;
      stage.touch('timeline');
    },
  };

  return { api, defected };
}

/** Of the first node. */
function largest(zones: readonly ZoneView[]): ZoneView | undefined {
  const first = zones.filter(({ node }) => node === zones[0]?.node);
  return first.toSorted((a, b) => b.managed - a.managed)[0];
}
