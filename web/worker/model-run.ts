// What the model says about a scenario that runs: part of model.ts.

import type { Sentence } from './model.ts';

/** One of the scenarios that come with the page. */
export interface ScenarioView {
  name: string;
  /** The question, in a sentence, and its answer. */
  title: string;
  about: string;
  /** The scenario file. */
  text: string;
}

/** Somebody who takes turns in virtual time: a task or one of the kernel's own. */
export interface RunContext {
  id: number;
  name: string;
  kind: 'task' | 'kswapd' | 'kcompactd' | 'flusher' | 'reaper' | 'worker';
  activity: 'runnable' | 'waiting' | 'ended';
  /** What it waits for: `congestion`, `throttled`, `I/O`, `sleep` … */
  wait?: string;
  /** Pages of a task, in memory and swapped out. */
  rss?: number;
  swapped?: number;
  node?: number;
}

/** Reclaim on one node. */
export interface RunNode {
  id: number;
  kswapd: {
    asleep: boolean;
    order: number;
    /** Zone index that it balances up to. */
    highestZone: number;
    /** Rounds in a row that freed nothing (`kswapd_failures`). */
    failures: number;
    /** While it scans. */
    priority?: number;
  };
  kcompactd: { asleep: boolean; order: number };
  /** Pages by list: inactive anon, active anon, inactive file, active file, unevictable. */
  lru: number[];
  /** Pages taken off the lists for a look: anon, file. */
  isolated: number[];
  /** anon_cost and file_cost. */
  costs: number[];
  /** Pages that came back soon after they were evicted: anon, file. */
  refaults: number[];
  dirty: number;
  writeback: number;
}

/** One pass over a node's lists at one priority: 1 / 2^priority of each list is looked at. */
export interface RunPass {
  node: number;
  /** The context's name. */
  who: string;
  /** 12 … 0. */
  priority: number;
  scanned: number;
  reclaimed: number;
}

export interface RunShrinker {
  name: string;
  objects: number;
  /** Work put off (`nr_deferred`). */
  deferred: number;
  freed: number;
}

export interface RunMemcg {
  id: number;
  path: string;
  /** Pages. */
  usage: number;
  min: number;
  low: number;
  high?: number;
  max?: number;
}

/** Compaction under way in a zone: one scanner looks for pages to move from below, one for free pages from above. */
export interface RunCompaction {
  zone: number;
  migratePfn: number;
  freePfn: number;
  /** 1 / 2^shift of the zone is considered (`compact_defer_shift`), and how often compaction has been put off. */
  shift: number;
  considered: number;
}

/** Where a scenario has come to. */
export interface RunView {
  /** Its name, if it is one of those that come with the page. */
  name?: string;
  title: string;
  about: string;
  /** What to look for while it runs. */
  look: string;
  /** Virtual time since the run began. */
  ms: number;
  /** When it ends, if that is given. */
  untilMs?: number;
  state: 'going' | 'ended' | 'stuck' | 'panicked';
  /** The last mark that a task has left, or why the run has ended. */
  note?: Sentence;
  contexts: RunContext[];
  /** The context that has run last. */
  ran?: number;
  nodes: RunNode[];
  /** The latest passes, newest last. */
  ladder: RunPass[];
  shrinkers: RunShrinker[];
  memcgs: RunMemcg[];
  compaction: RunCompaction[];
  /** /proc/vmstat by name. */
  counters: Record<string, number>;
  /** How many decisions have been taken. */
  decisions: number;
}

/** A series of a run: of the machine, or of one node or zone. */
export interface RunColumn {
  /**
   * Of a zone: `free` and the marks with their boost, `min`, `low`, `high`. Of a node: `pgscan` and `pgsteal` (pages
   * since the row before), `kswapd` (1 if it was awake in that jiffy), and the LRU lists `inactive_anon`, `active_anon`,
   * `inactive_file`, `active_file`, `unevictable`.
   */
  name: string;
  node?: number;
  zone?: number;
  values: number[];
}

/** One row for every jiffy in which something happened; thinned out where a run is long. */
export interface RunSamples {
  /** Place of the first row here. Once rows have been thinned it is before the one asked for: these replace all from it on. */
  first: number;
  ms: number[];
  columns: RunColumn[];
}

export type PageVerdict = 'freed' | 'activated' | 'rotated' | 'kept' | 'written';

export interface LanePage {
  pfn: number;
  /** `referenced`, `dirty`, `writeback`, `mapped`, `workingset`, `swapbacked`, `exec`, `locked`, `pinned` … */
  flags: string[];
  /** What the last look at it has decided. */
  verdict?: PageVerdict;
  /** Why that. */
  why?: Sentence;
}

/** The end of a list where reclaim begins; the first page is the next to be looked at. */
export interface RunLane {
  total: number;
  pages: LanePage[];
}

export interface RunDecision extends Sentence {
  seq: number;
  ms: number;
  /** Whose; the id of a {@link RunContext}. */
  context: number;
  kind: string;
  /** Kernel function. */
  fn: string;
  node?: number;
  zone?: number;
  pfn?: number;
}

export interface RunDecisions {
  first: number;
  total: number;
  items: RunDecision[];
}

/** A file that tells a whole run (docs/export.md). */
export type RunFormat = 'ftrace' | 'chrome' | 'csv' | 'json' | 'report';

/** A text of the kernel: a file of /proc, or its log. */
export interface RunText {
  name: string;
  text: string;
}
