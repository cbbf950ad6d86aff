// The page's end of its worker.

import type { Notice, WorkerApi } from '../worker/api.ts';
import { connect, type Remote } from '../worker/rpc.ts';

export interface Client {
  model: Remote<WorkerApi>;
  /** Lets the model's next call trap; only the test build listens. */
  sabotage(): void;
  close(): void;
}

export function startClient(worker: Worker, hear: (notice: Notice) => void): Client {
  worker.addEventListener('message', ({ data }: MessageEvent<Notice | { notice?: undefined }>) => {
    if (data.notice !== undefined) hear(data);
  });
  worker.addEventListener('error', ({ message }) => {
    hear({ notice: 'defect', message: message || 'the worker did not start', restored: false });
  });
  return {
    model: connect<WorkerApi>(worker),
    sabotage: () => worker.postMessage('sabotage'),
    close: () => worker.terminate(),
  };
}
