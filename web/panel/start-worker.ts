import workerUrl from '../worker/worker.ts?worker&url';

/**
 * A worker of this page's own. Browsers refuse one whose script is on another host; one that imports that script is
 * allowed, if the host lets other sites fetch it.
 */
export function startWorker(): Worker {
  const url = new URL(workerUrl, import.meta.url);
  if (url.origin === location.origin) return new Worker(url, { type: 'module' });
  const script = new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' });
  const address = URL.createObjectURL(script);
  const worker = new Worker(address, { type: 'module' });
  worker.addEventListener('message', () => URL.revokeObjectURL(address), { once: true });
  return worker;
}
