// Getting the files of a recording: those that came with the site, or a person's own.

import type { ModelError } from '../worker/model.ts';

export type Files = Record<string, Uint8Array>;

/** One line of recordings/index.json. */
export interface Shipped {
  name: string;
  scenario?: string;
  nodes: number;
  mib: number;
  /** Paths below the recording's folder. */
  files: string[];
}

/** Unpacked, a recording's files may have this many bytes each. */
const MAX_BYTES = 192 * 1024 * 1024;

export async function listShipped(base: URL): Promise<Shipped[]> {
  const response = await fetch(new URL('index.json', base));
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()) as Shipped[];
}

export async function fetchShipped({ name, files }: Shipped, base: URL): Promise<Files> {
  const read = files.map(async (path) => {
    const response = await fetch(new URL(`${name}/${path}`, base));
    if (!response.ok) throw problem(`${path}: ${response.status}`);
    const blob = await response.blob();
    // Some servers say that such files are compressed in transit, and then the browser has unpacked them already.
    const plain = path.endsWith('.gz') && !(await isGzip(blob));
    return unpacked(plain ? path.slice(0, -'.gz'.length) : path, blob);
  });
  return Object.fromEntries(await Promise.all(read));
}

async function isGzip(blob: Blob): Promise<boolean> {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}

/** Files as chosen or dropped; a folder around them all falls away. */
export async function readOwn(files: readonly File[]): Promise<{ name: string; files: Files }> {
  const paths = files.map((file) => file.webkitRelativePath || file.name);
  const folder = commonFolder(paths);
  const read = files.map((file, i) => unpacked((paths[i] ?? '').slice(folder.length), file));
  return { name: folder.replace(/\/$/, '') || 'recording', files: Object.fromEntries(await Promise.all(read)) };
}

export function commonFolder(paths: readonly string[]): string {
  const first = paths[0]?.split('/')[0];
  const all = first !== undefined && paths.every((path) => path.startsWith(`${first}/`));
  return all ? `${first}/` : '';
}

/** Name and content, both without their compression. */
export async function unpacked(path: string, blob: Blob, limit = MAX_BYTES): Promise<[string, Uint8Array]> {
  if (path.endsWith('.xz')) throw problem('xz', path);
  if (!path.endsWith('.gz')) return [path, await bytes(path, blob.stream(), limit)];
  const plain = blob.stream().pipeThrough(new DecompressionStream('gzip'));
  return [path.slice(0, -'.gz'.length), await bytes(path, plain, limit)];
}

/** All of a stream, but no more than fits: a small file may unpack to a huge one. */
async function bytes(path: string, stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw problem(`${path}: ${error instanceof Error ? error.message : error}`);
    });
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw problem('tooLarge', path);
    }
    parts.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What is wrong with which file: `xz`, `tooLarge`, or the browser's own words. */
function problem(message: string, file = 'files'): ModelError {
  return { field: file, message };
}
