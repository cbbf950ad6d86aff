// The worker: one wasm instance, one page or element, its canvases.

import type { Notice } from './api.ts';
import { loadEngine } from './engine.ts';
import { Host } from './host.ts';
import { serve } from './rpc.ts';
import { createStudio } from './studio.ts';

const tell = (notice: Notice) => postMessage(notice);

// At once, so that no call is missed while the model is still being fetched.
serve(self, open());

async function open() {
  const engine = await loadEngine();
  const host = new Host(engine, (defect) => studio.defected(defect));
  const studio = createStudio(host, tell);
  if (import.meta.env.MODE === 'e2e') {
    addEventListener('message', ({ data }) => data === 'sabotage' && host.sabotage());
  }
  tell({ notice: 'ready', version: host.version });
  return studio.api;
}
