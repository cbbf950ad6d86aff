import type { Session } from './model.ts';

const CHANGES = [
  'boot',
  'openText',
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
  'closeRecording',
  'startRun',
  'stepRun',
  'continueRun',
  'closeRun',
] as const satisfies (keyof Session)[];

/** What concerns a recording only; the machine beside it waits unchanged. */
const RECORDING: readonly Change[] = ['loadRecording', 'stepRecording'];

/** And a run only. */
const RUN: readonly Change[] = ['startRun', 'stepRun', 'continueRun'];

/** What changes a session. Everything else only reads. */
export type Change = (typeof CHANGES)[number];

/** Strides and turns that one call takes at most: the rest would be left out when it is done again. */
const MOST: Partial<Record<Change, number>> = { stepRun: 10_000, continueRun: 200_000 };

export interface Entry {
  name: Change;
  args: unknown[];
}

const together = (one: Entry, other: Entry) => Number(one.args[1]) + Number(other.args[1]);

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
    if (name === 'boot' || name === 'openText') this.entries = [entry];
    else if (name === 'loadRecording') this.entries = [...this.without(RECORDING), entry];
    else if (name === 'closeRecording') this.entries = this.without(RECORDING);
    else if (name === 'rewindRecording') this.entries = this.without(['stepRecording']);
    else if (name === 'stepRecording' && last?.name === name) last.args = [Number(last.args[0]) + Number(args[0])];
    else if (name === 'startRun') this.entries = [...this.without(RUN), entry];
    else if (name === 'closeRun') this.entries = this.without(RUN);
    // Turns add up: towards the same end, or of the same kind.
    else if (
      RUN.includes(entry.name) &&
      last?.name === name &&
      last.args[0] === args[0] &&
      together(last, entry) <= (MOST[entry.name] ?? 0)
    )
      last.args = [args[0], together(last, entry)];
    else this.entries.push(entry);
  }

  private without(names: readonly Change[]): Entry[] {
    return this.entries.filter((entry) => !names.includes(entry.name));
  }

  *[Symbol.iterator](): Generator<Entry> {
    yield* this.entries;
  }
}
