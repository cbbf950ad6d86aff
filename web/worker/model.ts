// What the model says and takes, as plain data. The wasm bindings produce exactly these shapes; page frame numbers and
// page counts are numbers (they stay far below 2^53).

import type { Diagnosis } from './model-reader.ts';
import type { RunDecisions, RunFormat, RunLane, RunSamples, RunText, RunView, ScenarioView } from './model-run.ts';

export type * from './model-reader.ts';
export type * from './model-run.ts';

/** A machine to boot: the form's content, a preset, or the element's attribute. */
export interface MachineForm {
  /** Name of a preset; the other fields then override its values. */
  preset?: string;
  nodes?: { mib: number; cpus: number; hotpluggable?: boolean }[];
  /** SLIT matrix, distances[from][to]; 10 is local. */
  distances?: number[][];
  /** Where RAM is split below 4 GiB, in MiB (default 3072). */
  lowMib?: number;
  /** Kernel command line: mem=, memmap=, kernelcore=, movablecore=, movable_node, cma=, transparent_hugepage=, numa=off. */
  cmdline?: string;
  seed?: number;
}

export interface Preset {
  name: string;
  title: string;
  gloss: string;
  form: MachineForm;
}

/** An error names the field it is about, so that the form can mark it. */
export interface ModelError {
  field: string;
  message: string;
}

export type MigrateType = 0 | 1 | 2 | 3 | 4 | 5;

export interface ZoneView {
  /** node × 4 + index. */
  id: number;
  node: number;
  index: number;
  name: string;
  startPfn: number;
  spanned: number;
  present: number;
  managed: number;
  /** Free pages as the kernel's counter says (without per-CPU deltas) and exactly. */
  free: number;
  freeExact: number;
  freeCma: number;
  pcpPages: number;
  min: number;
  low: number;
  high: number;
  boost: number;
  protection: number[];
  highatomic: number;
  driftMark: number;
  /** Free pages by migrate type. */
  freeByType: number[];
  /** Pages in use by the type they were taken as; reserved ones and those in use before the model began are `reservedPages`. */
  usedByType: number[];
  reservedPages: number;
  numa: number[];
}

export interface NodeView {
  id: number;
  online: boolean;
  present: number;
  cpus: number[];
  distances: number[];
  kswapdAsleep: boolean;
  /** It has failed so often in a row that nobody wakes it any more. */
  kswapdGaveUp: boolean;
  kswapdOrder: number;
  kcompactdAsleep: boolean;
  fallback: number[];
  zones: ZoneView[];
}

export interface MachineView {
  title: string;
  /** Texts tell of it; nobody booted it. */
  rebuilt: boolean;
  totalPages: number;
  minFreeKbytes: number;
  nodes: NodeView[];
  sysctls: Record<string, string>;
  liveAllocations: number;
  /** Rises with every change. */
  version: number;
}

/** counts[order][migratetype] and nr_free[order] of one zone. */
export interface FreeAreas {
  zone: number;
  counts: number[][];
  nrFree: number[];
  blocksByType: number[];
  pcp: {
    cpu: number;
    count: number;
    high: number;
    batch: number;
    lists: number[];
    deltaFree: number;
    threshold: number;
  }[];
}

export interface AllocForm {
  /** Flags in any spelling: GFP_KERNEL|__GFP_NOWARN, 0xcc0, mode:0x40dc0(...). */
  gfp: string;
  order: number;
  cpu: number;
  /** default, local, preferred:N, bind:0,1, interleave:0-3; or node:N for alloc_pages_node. */
  policy: string;
  count: number;
  /** task, softirq, hardirq; default task. */
  context?: string;
  /** PF_MEMALLOC, PF_MEMALLOC_NOCMA, rt, oom_victim … */
  taskFlags?: string[];
  lru?: boolean;
}

export interface AllocationView {
  id: number;
  /** undefined when the request failed or the block has been freed. */
  pfn?: number;
  order: number;
  gfp: string;
  /** Hex value. */
  mask: string;
  cpu: number;
  zone?: number;
  ok: boolean;
  freed: boolean;
  /** fast, slow, or why it failed. */
  outcome: string;
}

/** `key` and `args` select the sentence in a locale; `text` is the English one. A phrase is a part with a key of its own. */
export interface Sentence {
  key: string;
  args: Record<string, string | number | { phrase: string }>;
  text: string;
}

/** One step of a walk. */
export interface WhyStep extends Sentence {
  kind: 'info' | 'pass' | 'fail' | 'take';
  /** Arithmetic, one line each, monospaced. */
  sum?: string[];
  /** Kernel function. */
  fn: string;
  zone?: number;
}

export interface Why {
  id: number;
  ok: boolean;
  answer: Sentence;
  steps: WhyStep[];
  /** Changes tried on a copy of the machine as it was before the request. */
  remedies: (Sentence & {
    ok: boolean;
    detail: string;
    /** `detail` for other languages. */
    outcome: Sentence;
  })[];
  /** The whole walk as plain text. */
  copy: string;
}

export interface PageView {
  pfn: number;
  zone?: number;
  state: string;
  order: number;
  head: number;
  migratetype?: number;
  pageblock?: number;
  flags: string[];
  allocation?: number;
  buddy?: { pfn: number; state: string; why: string };
}

export interface RecordingView {
  name: string;
  operations: number;
  position: number;
  line: string;
  kernel: string;
  model: string;
  matches: number;
  mismatch?: string;
}

/** What a request's flags mean; the page keeps its check boxes and the typed text in step through this. */
export interface GfpView {
  mask: number;
  /** As the kernel prints it. */
  text: string;
  /** Highest zone the request may use: DMA, DMA32, Normal or Movable. */
  zone: string;
  migratetype: number;
  /** Names that were read but mean nothing in 5.10, each with the reason. */
  ignored: string[];
}

/** The marks of one zone as they are or would be. */
export interface MarksView {
  zone: number;
  min: number;
  low: number;
  high: number;
  boost: number;
  protection: number[];
  pcpHigh: number;
  pcpBatch: number;
}

export interface AllocationList {
  total: number;
  live: number;
  failed: number;
  /** Newest first. */
  items: AllocationView[];
}

/**
 * What `new Session()` of the wasm module has, method by method. Whatever the person got wrong is thrown as a
 * {@link ModelError} and leaves everything as it was; anything else that is thrown is a defect, and the worker starts
 * a new instance.
 */
export interface Session {
  presets(): Preset[];
  /** A fresh machine; allocations and recording are forgotten. */
  boot(form: MachineForm): void;
  /**
   * Some life before the story: allocations and frees by seed, of which some stay live (not in the list). `operations`
   * is chosen by the machine's size when left out.
   */
  age(seed: number, operations?: number): void;
  machine(): MachineView;
  freeAreas(zone: number): FreeAreas;
  gfp(text: string): GfpView;

  /** One entry for each request made; a count is cut short at the first failure. */
  allocate(form: AllocForm): AllocationView[];
  free(id: number): AllocationView;
  freeNewest(): AllocationView;
  /** Frees any block in use, by whomever; refused where a kernel would corrupt memory. */
  freePfn(pfn: number, order: number): void;
  /** Gives the per-CPU pages back, of one CPU or all (`drain_local_pages`, `drain_all_pages`). */
  drain(cpu?: number): void;
  /** Folds per-CPU counter deltas, of one CPU or all (`refresh_cpu_vm_stats`). */
  fold(cpu?: number): void;
  allocations(first: number, count: number): AllocationList;
  why(id: number): Why;
  /** The way back of an allocation that has been freed. */
  whyFree(id: number): Why;

  /** Throws a ModelError where it would be refused. */
  previewSysctl(name: string, value: string): MarksView[];
  setSysctl(name: string, value: string): void;

  page(pfn: number): PageView;
  /**
   * The page map, sampled: `samplePfns(n)` is the address in wasm memory of n u32 to fill with page frame numbers
   * (0xffffffff: nothing there), `sample(n)` then the address of n u16, one for each: {@link pageCode}.
   */
  samplePfns(n: number): number;
  sample(n: number): number;

  /**
   * The page map, drawn. It is a plane of cells, one for each page: tiles of 32 × 32 cells (1024 pages, a largest
   * block) in rows of `columns` tiles, those of the whole machine (zone -1) or of one zone. Inside a tile pages follow
   * a Z-order curve, x first: a block of even order is a square, of odd order two squares side by side, and a buddy is
   * its neighbor. `mapTiles` says how many tiles there are.
   */
  mapTiles(zone: number): number;
  /** Sets the color of every page class (256 RGBA words, as ImageData has them); `mapCodes()[class]` is its {@link pageCode}. */
  mapColors(colors: Uint32Array): void;
  mapCodes(): Uint16Array;
  /**
   * Draws width × height pixels; pixel (i, j) shows the cell at (left + i × step, top + j × step). Answers the address
   * in wasm memory of width × height RGBA words. 1024 × 1024 pixels take about 2 ms whatever the step.
   */
  mapDraw(
    zone: number,
    columns: number,
    left: number,
    top: number,
    step: number,
    width: number,
    height: number,
  ): number;
  /** The page in a cell, -1 for none; and the cell of a page as [x, y], undefined if it has none. */
  mapPfn(zone: number, columns: number, x: number, y: number): number;
  mapCell(zone: number, columns: number, pfn: number): [number, number] | undefined;

  /** Name → content, uncompressed: meta.json, start/state.txt, ops.txt, snap1/state.txt, end/state.txt … */
  loadRecording(name: string, files: Record<string, Uint8Array>): RecordingView;
  /** Runs n more operations; the worker keeps n small and yields in between. */
  stepRecording(n: number): RecordingView;
  /** Back to the start, without reading the files again. */
  rewindRecording(): RecordingView;
  /** The walk of the operation last run, where it was an allocation. */
  recordingWhy(): Why | undefined;
  /**
   * Puts the recording away: the machine from before is shown again. While a recording is loaded, everything that is
   * shown (machine, freeAreas, page, the map, hash) is the recording's, and asking the machine for something is refused.
   */
  closeRecording(): void;

  /** The scenarios that come with the page. */
  scenarios(): ScenarioView[];
  /**
   * Begins a scenario (docs/scenarios.md says what its file holds), before anything has happened in it. The field of an
   * error is where in the file it is, as in `line 12, task[0].do[1].rate`.
   */
  startRun(text: string): RunView;
  /** One decision, one turn of the next context, or one jiffy; `n` times. */
  stepRun(what: 'context' | 'jiffy' | 'decision', n: number): RunView;
  /** To a point in virtual time, but for so many turns at most, so that others get theirs. */
  continueRun(untilMs: number, turns: number): RunView;
  runSamples(first: number): RunSamples;
  /** The pages of an LRU list (0…4 as in {@link RunNode.lru}) of a node and a memory cgroup, from its tail. */
  runLane(node: number, memcg: number, list: number, count: number): RunLane;
  runDecisions(first: number, count: number): RunDecisions;
  /** Files of /proc, and the kernel's log with its failure and OOM reports. */
  runTexts(): RunText[];
  /** The whole run up to now as a file for other tools; it is run again for that. */
  exportRun(format: RunFormat): string;
  /**
   * Puts the run away: the machine from before is shown again. While a scenario is shown, everything that is shown is
   * the run's, as with a recording.
   */
  closeRun(): void;

  /** What the kernel's own texts say: one entry for each report, in their order. Changes nothing. */
  readText(text: string): Diagnosis[];
  /** The machine that the text's report tells of, instead of a booted one. */
  openText(text: string, nth: number): void;

  /** Hash of the whole state, 16 hex digits: the same on every target. */
  hash(): string;
}

/** Beside Session the module exports `lastPanic(): string | undefined`: what a defect said, after a call has trapped. */

/** A u16 of `sample`: kind | migratetype << 4 | order << 8. The order is that of the block the page is in. */
export const pageCode = {
  hole: 0,
  /** Never given to the allocator: firmware, kernel image, page records. */
  reserved: 1,
  /** In use by others, by type and order. */
  used: 2,
  /** In use by an allocation of the list. */
  allocated: 3,
  pcp: 4,
  free: 5,
  guard: 6,
  /** Taken off the lists for a while, or found bad. */
  off: 7,
  /** In use since before the model began: nothing else is known of it. */
  unknown: 8,
} as const;
