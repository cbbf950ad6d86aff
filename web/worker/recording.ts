// Moving through a recording of a real kernel, in slices short enough for the page to stay alive.

import type { Host } from './host.ts';
import type { RecordingView } from './model.ts';

/** Milliseconds of work before others get their turn. */
const SLICE = 12;

export class RecordingSeeker {
  view: RecordingView | undefined;
  private turn = 0;
  private readonly host: Host;
  private readonly publish: () => void;
  private readonly progress: (done: number) => void;

  constructor(host: Host, publish: () => void, progress: (done: number) => void) {
    this.host = host;
    this.publish = publish;
    this.progress = progress;
  }

  load(name: string, files: Record<string, Uint8Array>): void {
    this.view = this.host.call('loadRecording', name, files);
    this.turn += 1;
  }

  close(): void {
    if (this.view !== undefined) this.host.call('closeRecording');
    this.view = undefined;
    this.turn += 1;
  }

  /** To a position; gives up as soon as another move begins. */
  async seek(position: number): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    if (this.view === undefined) return;
    const target = Math.max(0, Math.min(this.view.operations, Math.floor(position)));
    if (target < this.view.position) this.view = this.host.call('rewindRecording');
    const from = this.view.position;
    let batch = 64;
    while (turn === this.turn && this.view.position < target) {
      const start = performance.now();
      const before: number = this.view.position;
      this.view = this.host.call('stepRecording', Math.min(batch, target - before));
      if (this.view.position <= before) break;
      if (performance.now() - start > SLICE) {
        this.publish();
        this.progress((this.view.position - from) / (target - from));
        await new Promise((resume) => setTimeout(resume));
      } else {
        batch = Math.min(1 << 16, batch * 2);
      }
    }
    if (turn !== this.turn) return;
    this.progress(1);
    this.publish();
  }
}
