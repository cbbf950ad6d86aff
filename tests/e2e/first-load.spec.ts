import { gzipSync } from 'node:zlib';
import { expect, test } from './fixtures.ts';

// What a visitor waits for, in bytes as a host sends them (gzip).
const MAX_WASM = 150_000;
const MAX_FIRST_LOAD = 250_000;

test('the first load is small', async ({ page }) => {
  const sizes = new Map<string, Promise<number>>();
  page.on('response', (response) => {
    const body = response.body().then((bytes) => gzipSync(bytes, { level: 9 }).length);
    sizes.set(new URL(response.url()).pathname, body);
  });
  await page.goto('/', { waitUntil: 'networkidle' });
  let wasm = 0;
  let total = 0;
  for (const [path, size] of sizes) {
    total += await size;
    if (path.endsWith('.wasm')) wasm += await size;
  }
  console.log(`first load: ${kb(total)} of at most ${kb(MAX_FIRST_LOAD)}, wasm ${kb(wasm)} of ${kb(MAX_WASM)}, gzip`);
  expect(wasm).toBeGreaterThan(0);
  expect(wasm).toBeLessThanOrEqual(MAX_WASM);
  expect(total).toBeLessThanOrEqual(MAX_FIRST_LOAD);
});

const kb = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
