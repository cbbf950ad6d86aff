// What the model says of texts that people bring, as plain data.

import type { AllocForm, Sentence, Why } from './model.ts';

/** What a zone lacked for a request. */
export type Lack =
  | 'nothing'
  | 'pages'
  | 'reserves'
  | 'outsideCma'
  | 'outsideHighatomic'
  | 'unprotected'
  | 'block'
  | 'usableBlock'
  | 'cpuset';

export interface ZoneFinding {
  /** node × 4 + index. */
  zone: number;
  lack: Lack;
  sentence: Sentence;
  /** The check, line by line. */
  sum: string[];
  /** Pages that had to be free besides. */
  missing: number;
  largest: number;
}

/** A process that the OOM killer could choose; units are pages. */
export interface Score {
  pid: number;
  comm: string;
  rss: number;
  swap: number;
  tables: number;
  adj: number;
  adjustment: number;
  /** Undefined for a process that is never killed. */
  points?: number;
  killed: boolean;
}

/** What requests of one kind would get now; orders, -1 for not even a page. */
export interface Access {
  gfp: string;
  /** Above the low marks. */
  atOnce: number;
  /** At all, before anything is reclaimed. */
  atAll: number;
}

/** What one report comes to. */
export interface Diagnosis {
  /** Of its first line, from 1. */
  line: number;
  subject: 'failure' | 'oom' | 'trace' | 'machine';
  title: Sentence;
  verdict?: Sentence;
  lack?: Lack;
  notes: Sentence[];
  zones: ZoneFinding[];
  scores: Score[];
  access: Access[];
  walk?: Why;
  remedies: Why['remedies'];
  assumptions: Sentence[];
  /** The request, to be made again in the rebuilt machine. */
  request?: AllocForm;
  hasMachine: boolean;
  /** All of it as plain text. */
  copy: string;
}
