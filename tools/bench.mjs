// Runs the benchmark natively, in Node and in Chromium, and prints the results side by side: nanoseconds of an operation
// in the best round, their ratio to the model's on the same target, and to the native ones. See tools/bench.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import { launchOptions } from './chromium.mjs';

const WORKLOADS = 3;
const FRAMES = [2 ** 20, 2 ** 24];
/** Memory of the busy machines, and rounds of a minute each. */
const BUSY_GIB = [16, 64, 256];
const BUSY_ROUNDS = 3;
const BIG = { maxBuffer: 2 ** 29 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '9' },
    operations: { type: 'string', default: '1000000' },
    'max-frames': { type: 'string', default: String(FRAMES.at(-1)) },
    json: { type: 'string' },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const operations = Number(values.operations);
const frames = FRAMES.filter((count) => count <= Number(values['max-frames']));
/** Whether a part of the benchmark is wanted: workloads, boots, busy or replays. */
const wants = (part) => values.only === undefined || values.only === part;
const wanted = {
  workloads: wants('workloads') ? WORKLOADS : 0,
  boots: wants('boots'),
  busy: wants('busy') ? BUSY_GIB : [],
};
const folders = positionals.length > 0 ? positionals : ['tests/recordings'];

const plan = { rounds, operations, frames, wanted, busyRounds: BUSY_ROUNDS };

/** The files of a recording by name, decompressed: what a replay needs, not the states it is compared with. */
function readRecording(folder) {
  const files = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (entry.isDirectory() || /^(end|init|snap\d+)\//.test(name)) continue;
    if (name.endsWith('.gz')) files[name.slice(0, -3)] = gunzipSync(readFileSync(path));
    else if (name.endsWith('.xz')) files[name.slice(0, -3)] = execFileSync('xz', ['-dc', path], BIG);
    else files[name] = readFileSync(path);
  }
  return { name: basename(folder), files };
}

function findRecordings(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some(({ name }) => /^ops\.txt(\.[gx]z)?$/.test(name))) return [folder];
  return entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => findRecordings(join(folder, name)));
}

/**
 * Runs in Node and in the page: everything the wasm benchmark measures, in the order of the native one. `start` makes a
 * module with a memory of its own.
 */
async function runInWasm({ start, rounds, operations, frames, wanted, busyRounds, loadRecordings }) {
  const now = () => performance.now();
  const { wasm } = await start();
  const figures = [];
  for (let workload = 0; workload < wanted.workloads; workload++) {
    for (const count of frames) {
      figures.push(...JSON.parse(wasm.figures(workload, count, rounds, operations, now)));
    }
  }
  const boots = wanted.boots ? JSON.parse(wasm.boots(rounds, now)) : [];
  const busy = [];
  for (const gib of wanted.busy) {
    const own = await start();
    const minute = JSON.parse(own.wasm.busy_minute(gib, Math.min(rounds, busyRounds), now));
    busy.push({ ...minute, memory_bytes: own.memory.buffer.byteLength });
  }
  const replays = [];
  for await (const { name, files } of loadRecordings()) {
    const store = new wasm.Files();
    for (const [path, bytes] of Object.entries(files)) store.add(path, bytes);
    replays.push(JSON.parse(store.replay(name, rounds, now)));
  }
  return { figures, boots, busy, replays };
}

function runNatively() {
  const options = [`--rounds=${rounds}`, `--operations=${operations}`, `--max-frames=${frames.at(-1)}`, '--json'];
  if (values.only !== undefined) options.push(`--only=${values.only}`);
  return JSON.parse(execFileSync('target/release/buddyscope', ['bench', ...options, ...folders], BIG));
}

async function runInNode(recordings) {
  let started = 0;
  const start = async () => {
    const wasm = await import(`../target/bench/bench.js?${started++}`);
    const { memory } = wasm.initSync({ module: readFileSync('target/bench/bench_bg.wasm') });
    return { wasm, memory };
  };
  return runInWasm({ start, ...plan, loadRecordings: () => recordings });
}

/** Serves the module and the recordings, as a page of its own gets finer clocks and may use what it likes. */
function serve(recordings) {
  const types = { js: 'text/javascript', wasm: 'application/wasm' };
  const server = createServer((request, response) => {
    const [url] = request.url.split('?');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    const [, kind, ...rest] = decodeURIComponent(url).split('/');
    if (kind === 'recording') {
      response.end(recordings[Number(rest[0])].files[rest.slice(1).join('/')]);
    } else if (kind === 'bench') {
      response.setHeader('Content-Type', types[rest[0].split('.').at(-1)]);
      response.end(readFileSync(join('target/bench', basename(rest[0]))));
    } else {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>bench</title>');
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function runInChromium(recordings) {
  const server = await serve(recordings);
  const browser = await chromium.launch(launchOptions);
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const names = recordings.map(({ name, files }) => ({ name, paths: Object.keys(files) }));
    page.setDefaultTimeout(0);
    return await page.evaluate(
      async ({ run, plan, names }) => {
        let started = 0;
        const start = async () => {
          const wasm = await import(`/bench/bench.js?${started++}`);
          const { memory } = await wasm.default({ module_or_path: '/bench/bench_bg.wasm' });
          return { wasm, memory };
        };
        async function* loadRecordings() {
          for (const [number, { name, paths }] of names.entries()) {
            const files = {};
            for (const path of paths) {
              const response = await fetch(`/recording/${number}/${path}`);
              files[path] = new Uint8Array(await response.arrayBuffer());
            }
            yield { name, files };
          }
        }
        // biome-ignore lint/security/noGlobalEval: the same function as in Node, handed over as text
        return eval(`(${run})`)({ start, loadRecordings, ...plan });
      },
      { run: runInWasm.toString(), plan, names },
    );
  } finally {
    await browser.close();
    server.close();
  }
}

const TITLES = { hot: 'hot pair, order 0', 'aged-pages': 'aged, order 0', 'aged-mixed': 'aged, orders 0-10' };
const column = (value, digits = 1) => value.toFixed(digits).padStart(8);
const times = (value) => `${value.toFixed(2)}x`.padStart(7);

function printFigures(targets) {
  const [native] = targets;
  for (const [row, first] of native.figures.entries()) {
    if (
      row === 0 ||
      first.workload !== native.figures[row - 1].workload ||
      first.frames !== native.figures[row - 1].frames
    ) {
      console.log(
        `\n${TITLES[first.workload]}, ${first.frames} frames: ns an operation, ratio to the model, to native`,
      );
    }
    const model = native.figures.findIndex((f) => f.workload === first.workload && f.frames === first.frames);
    const cells = targets.map(({ name, figures }) => {
      const ns = figures[row].best_ns;
      const toNative = name === 'native' ? '' : times(ns / first.best_ns);
      return `${name} ${column(ns)}${times(ns / figures[model].best_ns)}${toNative}`;
    });
    const refused = targets.reduce((sum, { figures }) => sum + figures[row].failures, 0);
    const bytes = targets.map(({ figures }) => figures[row].bytes_per_frame?.toFixed(1) ?? '-').join('/');
    console.log(`  ${first.name.padEnd(24)}${cells.join(' | ')} | refused ${refused} | bytes/page ${bytes}`);
  }
}

function printBoots(targets) {
  if (targets[0].boots.length === 0) return;
  console.log('\nboot: ms');
  for (const [row, { machine, page_state_bytes }] of targets[0].boots.entries()) {
    const cells = targets.map(({ name, boots }) => `${name} ${column(boots[row].best_ms, 2)}`);
    const size = `${machine.bytes / 2 ** 30} GiB, ${machine.nodes} nodes`;
    console.log(`  ${size.padEnd(24)}${cells.join(' | ')} | ${(page_state_bytes / 2 ** 20).toFixed(1)} MiB`);
  }
}

function printBusy(targets) {
  if (targets[0].busy.length === 0) return;
  console.log('\na busy minute: ms, ns a fault');
  for (const [row, native] of targets[0].busy.entries()) {
    const cells = targets.map(({ name, busy }) => {
      const { best_ms, faults, state_hash } = busy[row];
      const same = state_hash === native.state_hash ? '' : ' (another state!)';
      return `${name} ${column(best_ms)}${column((best_ms * 1e6) / faults)}${same}`;
    });
    const memory = Math.max(...targets.map(({ busy }) => busy[row].memory_bytes ?? 0));
    console.log(
      `  ${`${native.gib} GiB, 4 nodes`.padEnd(24)}${cells.join(' | ')} | ${(memory / 2 ** 20).toFixed(0)} MiB of wasm`,
    );
    const { faults, allocated, scanned, reclaimed, swapped_out, wakeups, events } = native;
    const counts = {
      faults,
      allocated,
      scanned,
      reclaimed,
      'swapped out': swapped_out,
      'runs of kswapd': wakeups,
      events,
    };
    console.log(
      `    ${Object.entries(counts)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ')}`,
    );
    const listening = targets.map(({ name, busy }) => `${name} ${column(busy[row].events_ms)}`);
    console.log(`    while events are counted: ${listening.join(' | ')} ms`);
  }
}

function printReplays(targets) {
  if (targets[0].replays.length === 0) return;
  const sum = (list, key) => list.reduce((total, item) => total + item[key], 0);
  const count = sum(targets[0].replays, 'operations');
  console.log(`\nreplay of ${count} operations in ${targets[0].replays.length} recordings: s for a million`);
  const cells = targets.map(({ name, replays }) => `${name} ${column((sum(replays, 'best_ms') * 1e3) / count, 3)}`);
  console.log(`  ${cells.join(' | ')}`);
}

const recordings = wants('replays') ? folders.flatMap(findRecordings).map(readRecording) : [];
const targets = [];
for (const [name, run] of Object.entries({ native: runNatively, Node: runInNode, Chromium: runInChromium })) {
  console.error(`bench: ${name}`);
  targets.push({ name, ...(await run(recordings)) });
}
printFigures(targets);
printBoots(targets);
printBusy(targets);
printReplays(targets);
if (values.json) writeFileSync(values.json, JSON.stringify(targets, null, 1));
