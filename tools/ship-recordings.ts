import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const SOURCE = 'tests/recordings';

/** One entry of the recordings' manifest: those that browsers can unpack and people may want to see. */
interface Entry {
  name: string;
  title: string;
  gloss: string;
  operations: number;
  files: string[];
}

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
  const list = manifest().map((entry) => {
    const folder = join(SOURCE, entry.name);
    const sent = entry.files.map((path) => {
      const content = readFileSync(join(folder, path));
      const packed = path.endsWith('.gz');
      const target = packed ? path : `${path}.gz`;
      files.set(`recordings/${entry.name}/${target}`, packed ? content : gzipSync(content, { level: 9 }));
      return target;
    });
    return { ...entry, files: sent, ...about(folder) };
  });
  return files.set('recordings/index.json', JSON.stringify(list));
}

function manifest(): Entry[] {
  const path = join(SOURCE, 'manifest.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Entry[]) : [];
}

function about(folder: string) {
  const { scenario, topology, qemu } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta;
  const nodes = qemu?.nodes_mb_cpus ?? [];
  const mib = nodes.reduce((sum, [size]) => sum + size, 0);
  return { scenario, topology, nodes: nodes.length, mib };
}
