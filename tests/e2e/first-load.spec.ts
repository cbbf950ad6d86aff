import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from './fixtures.ts';

// What a visitor waits for, in bytes as a host sends them (gzip).
const MAX_WASM = 150_000;
const MAX_FIRST_LOAD = 250_000;
// Modules that are fetched when a recording, a scenario or a text is first opened.
const MAX_LATER = { recorder: 230_000, workload: 580_000, reader: 320_000 };

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

test('what is fetched later is within its budget', () => {
  const files = readdirSync('dist/assets');
  for (const [name, most] of Object.entries(MAX_LATER)) {
    const file = files.find((file) => file.startsWith(`${name}_bg-`) && file.endsWith('.wasm'));
    const size = gzipSync(readFileSync(`dist/assets/${file}`), { level: 9 }).length;
    console.log(`${name}: ${kb(size)} of ${kb(most)}, gzip`);
    expect(size).toBeLessThanOrEqual(most);
  }
});

const kb = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
