// Everything that ships must fit GPL-2.0-only: the crates compiled into the wasm and the command line, and the npm
// packages bundled into the site. What only builds or tests is not looked at.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import satisfies from 'spdx-satisfies';

// Apache-2.0 alone is not here: its patent clause does not fit version 2 of the GPL. Nor is GPL-2.0-or-later, which
// would let in version 3 alone.
const FITTING = [
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BSL-1.0',
  'CC0-1.0',
  'GPL-2.0-only',
  'ISC',
  'MIT',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
];

/** Whether a package's declared license, an SPDX expression or cargo's older `A/B`, leaves a fitting choice. */
export function fits(license) {
  if (!license) return false;
  try {
    return satisfies(license.replaceAll('/', ' OR '), FITTING);
  } catch {
    return false; // not SPDX: someone must read it
  }
}

function shippedCrates() {
  const output = execFileSync('cargo', ['metadata', '--locked', '--format-version', '1'], { maxBuffer: 2 ** 28 });
  const { packages, resolve, workspace_members: members } = JSON.parse(output);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const shipped = new Set(members);
  // A set that grows while it is walked: every crate that a shipped one needs at run time ships too.
  for (const id of shipped) {
    for (const { pkg, dep_kinds } of nodes.get(id).deps) {
      if (dep_kinds.some(({ kind }) => kind === null)) shipped.add(pkg);
    }
  }
  return packages.filter(({ id }) => shipped.has(id));
}

function shippedNpmPackages() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, { version, license }]) => ({ name: path.split('node_modules/').at(-1), version, license }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const crates = shippedCrates();
  const npmPackages = shippedNpmPackages();
  const wrong = [...crates, ...npmPackages].filter(({ license }) => !fits(license));
  for (const { name, version, license } of wrong) {
    console.error(`${name} ${version}: '${license ?? 'none given'}' does not fit GPL-2.0-only`);
  }
  console.log(
    `licenses: ${crates.length} crates and ${npmPackages.length} npm packages ship, ${wrong.length} do not fit`,
  );
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
