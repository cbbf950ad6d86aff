// What the painters in the worker are told by the page: sizes, colors, what is chosen. Data only.

import type { MarksView } from '../worker/model.ts';

/** The last two are of a scenario that runs. */
export type CanvasName = 'machine' | 'pages' | 'lanes' | 'timeline';

export interface CanvasSize {
  /** CSS pixels. */
  width: number;
  height: number;
  /** Device pixels per CSS pixel. */
  ratio: number;
}

/** CSS colors by role, and the fonts: read from the page's own style, so that the canvases follow every theme. */
export interface Palette {
  paper: string;
  card: string;
  ink: string;
  soft: string;
  faint: string;
  line: string;
  hair: string;
  accent: string;
  accentSoft: string;
  ok: string;
  bad: string;
  warn: string;
  booted: string;
  hole: string;
  pcp: string;
  free: string;
  /** By migrate type: unmovable, movable, reclaimable, highatomic, CMA, isolate. */
  types: [string, string, string, string, string, string];
  sans: string;
  mono: string;
  anon: string;
  file: string;
  slab: string;
  /** How strongly free pages are tinted by their type, 0..1. */
  tint: number;
  /** No easing. */
  still: boolean;
}

/** One zone on the way of the chosen request. */
export interface WalkStop {
  zone: number;
  verdict: 'pass' | 'fail' | 'take';
  /** A few words. */
  label: string;
}

export interface MachineScene {
  zone: number | undefined;
  cpu: number | undefined;
  walk: WalkStop[];
  /** Marks as a change under consideration would make them. */
  preview: MarksView[];
  /** Words on the canvas. */
  words: {
    node: string;
    free: string;
    min: string;
    low: string;
    high: string;
    boost: string;
    /** With `#` for the order. */
    awakeFor: string;
    asleep: string;
    gaveUp: string;
    offline: string;
    noMemory: string;
  };
}

export interface Camera {
  /** World coordinates, in cells of one page, of the canvas's left upper corner. */
  x: number;
  y: number;
  /** CSS pixels per cell. */
  scale: number;
}

export interface PagesScene {
  camera: Camera;
  /** The page whose record is shown. */
  pfn: number | undefined;
  /** Blocks to outline: first page and order. */
  blocks: { pfn: number; order: number; role: 'chosen' | 'page' | 'buddy' }[];
  zone: number | undefined;
  words: { order: string; zones: Record<number, string> };
}

/** The LRU lists of one node and memory cgroup. */
export interface LanesScene {
  /** The page under the pointer or the keys: list and place from its tail. */
  chosen: { list: number; place: number } | undefined;
  words: {
    lists: string[];
    /** With `#` for the number of pages taken off the list. */
    isolated: string;
    empty: string;
    /** On the page map. */
    migrate: string;
    free: string;
  };
}

export interface TimelineScene {
  zone: number;
  /** Where the pointer is. */
  cursor: number | undefined;
  words: { free: string; min: string; low: string; high: string; scanned: string; reclaimed: string };
}
