const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<string>) => {
  const line = document.createElement('p');
  line.textContent = `version ${data}`;
  document.querySelector('#app')?.append(line);
};
