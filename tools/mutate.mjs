// Breaks the model's rules one at a time and asks which recordings notice. A rule that can be broken unnoticed is one
// that nothing checks.
//
//   npm run mutate               all of tools/mutations.json; writes docs/mutations.md
//   npm run mutate -- NAME...    only these mutations, and writes nothing
//   npm run mutate -- --check    only whether each mutation still fits the sources
//
// A mutation with a `test` is one that no recording can show: that test of crates/mm has to fail instead. Everything
// happens in a copy of the crates, so the tree stays as it is.

import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A broken rule can loop or take all memory: what a recording may take at most, many times what it needs. */
const RUN_SECONDS = 10;
const RUN_KBYTES = 4 << 20;
const BUILD_SECONDS = 600;
/** Recordings that a row of the table names; the others are counted. */
const NAMED = 4;

const root = fileURLToPath(new URL('..', import.meta.url));
const recordingsRoot = join(root, 'tests/recordings');
const { areas } = JSON.parse(readFileSync(join(root, 'tools/mutations.json'), 'utf8'));

/** Building takes longer than running, so the builds are optimized less than what is released. */
const buildEnvironment = {
  ...process.env,
  CARGO_TARGET_DIR: join(root, 'target/mutate'),
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  CARGO_PROFILE_RELEASE_INCREMENTAL: 'true',
  CARGO_PROFILE_TEST_OPT_LEVEL: '1',
};

/** Runs a command within its limits; never throws. */
function run(command, args, { seconds, ...options }) {
  return new Promise((done) => {
    const limits = { timeout: seconds * 1000, killSignal: 'SIGKILL', maxBuffer: 2 ** 26, ...options };
    execFile(command, args, limits, (error, stdout, stderr) => done({ error, stdout, stderr }));
  });
}

const cargo = (copy, args) =>
  run('cargo', [...args, '--quiet'], { seconds: BUILD_SECONDS, cwd: copy, env: buildEnvironment });

/** Folders of recordings, each with the command that checks it. */
function recordings() {
  const found = [];
  const search = (folder) => {
    const entries = readdirSync(folder, { withFileTypes: true });
    const holds = (name) => ['', '.gz', '.xz'].some((end) => existsSync(join(folder, name + end)));
    if (holds('ops.txt')) found.push({ folder, command: 'replay' });
    else if (holds('init/memblock.txt')) found.push({ folder, command: 'check-boot' });
    else for (const entry of entries) if (entry.isDirectory()) search(join(folder, entry.name));
  };
  search(recordingsRoot);
  return found.map((recording) => ({ ...recording, name: relative(recordingsRoot, recording.folder) }));
}

/** What a recording has against the program: nothing, or where they first differ. */
async function objection(program, { folder, command }) {
  const limited = `ulimit -v ${RUN_KBYTES}; exec "$0" "$@"`;
  const { error, stdout, stderr } = await run('bash', ['-c', limited, program, command, folder], {
    seconds: RUN_SECONDS,
  });
  if (error === null) return undefined;
  if (error.killed) return 'never ends';
  if (stderr.includes('panicked') || stderr.includes('memory allocation')) return 'stops the program';
  const text = stdout.split('\n');
  const line = /ops\.txt,? line (\d+)/.exec(stdout)?.[1];
  if (line !== undefined) return `line ${line}`;
  if (command === 'check-boot') return text[1]?.trim() ?? 'differs';
  return /kernel: (\w+):/.exec(stdout)?.[1] ?? 'differs';
}

async function objections(program, all) {
  const found = [];
  const waiting = [...all];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const where = await objection(program, next);
      if (where !== undefined) found.push({ name: next.name, where });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const rank = new Map(all.map(({ name }, index) => [name, index]));
  return found.sort((a, b) => rank.get(a.name) - rank.get(b.name));
}

/** The source with the rule broken; an error if the snippet is not there exactly once. */
function broken({ name, file, from, to }, source) {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${name}: ${file} has its snippet ${parts.length - 1} times, not once`);
  return parts.join(to);
}

/** Builds the program with one rule broken, and keeps it under a name of its own. */
async function build(copy, mutation) {
  const path = join(copy, mutation.file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(path, broken(mutation, source));
  try {
    if (mutation.test !== undefined) return { noticed: await failing(copy, mutation.test) };
    const { error, stderr } = await cargo(copy, ['build', '--release', '--package', 'buddyscope-cli']);
    if (error !== null) throw new Error(`does not compile\n${stderr}`);
    return { program: kept(copy, mutation.name) };
  } catch (error) {
    return { problem: error.message };
  } finally {
    writeFileSync(path, source);
  }
}

/** The test, if it fails. */
async function failing(copy, test) {
  const compiled = await cargo(copy, ['test', '--package', 'buddyscope-mm', '--no-run']);
  if (compiled.error !== null) throw new Error(`does not compile\n${compiled.stderr}`);
  const { error, stdout } = await cargo(copy, ['test', '--package', 'buddyscope-mm', test]);
  if (!/running [1-9]/.test(stdout)) throw new Error(`there is no test ${test}`);
  return error === null ? [] : [{ name: test, where: 'fails' }];
}

function kept(copy, name) {
  const program = join(copy, 'programs', name);
  copyFileSync(join(buildEnvironment.CARGO_TARGET_DIR, 'release/buddyscope'), program);
  return program;
}

/** Who notices; the next program can be built meanwhile. */
async function verdict({ program, noticed, problem }, all) {
  if (program === undefined) return { noticed: noticed ?? [], problem };
  const found = await objections(program, all);
  rmSync(program);
  return { noticed: found };
}

const shown = ({ name, where }) => `${name} (${where})`;

function named(noticed) {
  const more = noticed.length - NAMED;
  const names = noticed.slice(0, more === 1 ? NAMED + 1 : NAMED).map(shown);
  return more > 1 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('\n', ' ');

/** docs/mutations.md */
function report(results, all) {
  const table = (header, rows) => [header, header.replace(/[^|]+/g, '---'), ...rows].join('\n');
  const visible = results.filter(({ mutation }) => mutation.test === undefined);
  const sections = areas.map(({ area }) => {
    const rows = visible
      .filter(({ mutation }) => mutation.area === area)
      .map(({ mutation, noticed }) => `| ${cell(mutation.rule)} | \`${mutation.name}\` | ${cell(named(noticed))} |`);
    return rows.length === 0 ? '' : `## ${area}\n\n${table('| Rule | Broken by | Noticed by |', rows)}\n`;
  });
  const hidden = results
    .filter(({ mutation }) => mutation.test !== undefined)
    .map(({ mutation }) => `| ${cell(mutation.rule)} | \`${mutation.name}\` | \`${mutation.test}\` |`);
  return `# Rules and who notices when they break

Written by \`npm run mutate\`, which breaks the model's rules one at a time, as [tools/mutations.json](../tools/mutations.json) says, and
replays the ${all.length} recordings of [tests/recordings](../tests/recordings). ${visible.length} broken rules are noticed by at least
one of them. After a recording's name stands where it first differs: a line of its \`ops.txt\`, a state, or a value of a boot.

${sections.filter((section) => section !== '').join('\n')}
## Not visible in recordings

No recording at hand shows these rules; a test of \`crates/mm\` states each.

${table('| Rule | Broken by | Test |', hidden)}
`;
}

async function main(only) {
  const mutations = areas.flatMap(({ area, rules }) => rules.map((rule) => ({ area, ...rule })));
  const unknown = only.filter((name) => name !== '--check' && !mutations.some((mutation) => mutation.name === name));
  if (unknown.length > 0) throw new Error(`no mutation ${unknown.join(', ')} in tools/mutations.json`);
  for (const mutation of mutations) broken(mutation, readFileSync(join(root, mutation.file), 'utf8'));
  if (only.includes('--check')) return console.log(`mutations: ${mutations.length} fit the sources`);
  const chosen = only.length === 0 ? mutations : mutations.filter(({ name }) => only.includes(name));

  const all = recordings();
  const copy = mkdtempSync(join(tmpdir(), 'buddyscope-mutate-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  process.on('SIGINT', () => process.exit(130));
  for (const name of ['Cargo.toml', 'Cargo.lock', 'crates'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  mkdirSync(join(copy, 'programs'));

  console.log(`${chosen.length} mutations, ${all.length} recordings`);
  const whole = await cargo(copy, ['build', '--release', '--package', 'buddyscope-cli']);
  if (whole.error !== null) throw new Error(`the model does not compile:\n${whole.stderr}`);
  const objectors = await objections(kept(copy, 'whole'), all);
  if (objectors.length > 0) throw new Error(`the unbroken model differs from ${objectors.map(shown).join(', ')}`);

  const tests = new Set(chosen.map(({ test }) => test).filter((test) => test !== undefined));
  for (const test of tests) {
    if ((await failing(copy, test)).length > 0) throw new Error(`${test} fails on the unbroken model`);
  }

  const results = [];
  let running = Promise.resolve();
  for (const mutation of chosen) {
    const built = await build(copy, mutation);
    await running;
    running = verdict(built, all).then(({ noticed, problem }) => {
      results.push({ mutation, noticed });
      const count = noticed.length === 0 ? 'UNNOTICED' : `${noticed.length}`.padStart(9);
      console.log(`${count}  ${mutation.name}: ${problem ?? named(noticed)}`);
    });
  }
  await running;

  const unnoticed = results.filter(({ noticed }) => noticed.length === 0).length;
  console.log(`mutations: ${results.length - unnoticed}/${results.length} noticed`);
  if (unnoticed > 0) process.exitCode = 1;
  else if (only.length === 0) {
    const path = join(root, 'docs/mutations.md');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, report(results, all));
  }
}

await main(process.argv.slice(2));
