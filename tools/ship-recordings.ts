import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const SOURCE = 'tests/recordings';
/** What stepping through a recording needs; the other files are for the replay's own checks. */
const NEEDED = /^(meta\.json|ops\.txt(\.gz)?|(start|snap\d+|end)\/state\.txt(\.gz)?)$/;

interface Meta {
  scenario?: string;
  topology?: string;
  qemu?: { nodes_mb_cpus?: [number, number[]][] };
}

/**
 * Puts the recordings of the tests into the site, with a list of them: what a real kernel did, for anyone to step
 * through. They are fetched one by one when chosen.
 */
export function shipRecordings(): Plugin {
  return {
    name: 'ship-recordings',
    generateBundle() {
      for (const [fileName, source] of shipped()) this.emitFile({ type: 'asset', fileName, source });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = request.url?.replace(/^\//, '').split('?')[0] ?? '';
        const source = path.startsWith('recordings/') ? shipped().get(path) : undefined;
        if (source === undefined) next();
        else response.end(source);
      });
    },
  };
}

/** Path in the site → content. */
function shipped(): Map<string, string | Buffer> {
  const files = new Map<string, string | Buffer>();
  const list = folders(SOURCE).map((folder) => {
    const name = relative(SOURCE, folder);
    const needed = filesBelow(folder).filter((path) => NEEDED.test(path));
    const sent = needed.map((path) => {
      const content = readFileSync(join(folder, path));
      const packed = path.endsWith('.gz');
      const target = packed ? path : `${path}.gz`;
      files.set(`recordings/${name}/${target}`, packed ? content : gzipSync(content, { level: 9 }));
      return target;
    });
    return { name, files: sent, ...about(folder) };
  });
  return files.set('recordings/index.json', JSON.stringify(list));
}

function about(folder: string) {
  const { scenario, topology, qemu } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta;
  const nodes = qemu?.nodes_mb_cpus ?? [];
  const mib = nodes.reduce((sum, [size]) => sum + size, 0);
  return { scenario, topology, nodes: nodes.length, mib };
}

/** Every folder that holds a recording. */
function folders(root: string): string[] {
  return filesBelow(root)
    .filter((path) => path === 'meta.json' || path.endsWith('/meta.json'))
    .map((path) => join(root, path, '..'))
    .sort();
}

function filesBelow(root: string): string[] {
  if (!existsSync(root)) return [];
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return all.filter((path) => statSync(join(root, path)).isFile());
}
