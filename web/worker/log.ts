import type { Session } from './model.ts';

const CHANGES = [
  'boot',
  'age',
  'allocate',
  'free',
  'freeNewest',
  'freePfn',
  'drain',
  'fold',
  'setSysctl',
  'loadRecording',
  'stepRecording',
  'rewindRecording',
] as const satisfies (keyof Session)[];

/** What changes a session. Everything else only reads. */
export type Change = (typeof CHANGES)[number];

export interface Entry {
  name: Change;
  args: unknown[];
}

/**
 * What was done since the machine began, in order: the same again makes the same machine. Only what succeeded is noted,
 * so running it again does not run into the defect that made it necessary.
 */
export class CommandLog {
  private entries: Entry[] = [];

  note(name: keyof Session, args: unknown[]): void {
    if (!(CHANGES as readonly string[]).includes(name)) return;
    const entry = { name: name as Change, args };
    const last = this.entries.at(-1);
    if (name === 'boot' || name === 'loadRecording') this.entries = [entry];
    else if (name === 'rewindRecording') this.entries = this.entries.filter((e) => e.name !== 'stepRecording');
    else if (name === 'stepRecording' && last?.name === name) last.args = [Number(last.args[0]) + Number(args[0])];
    else this.entries.push(entry);
  }

  *[Symbol.iterator](): Generator<Entry> {
    yield* this.entries;
  }
}
