import { expect, test } from 'vitest';
import { commonFolder, readOwn, unpacked } from './recording-files.ts';

const gzip = (data: BlobPart) =>
  new Response(new Blob([data]).stream().pipeThrough(new CompressionStream('gzip'))).blob();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test('compressed files lose their compression and its name', async () => {
  const [name, content] = await unpacked('start/state.txt.gz', await gzip('CONST rt=0\n'));
  expect([name, text(content)]).toEqual(['start/state.txt', 'CONST rt=0\n']);
  const [plain] = await unpacked('ops.txt', new Blob(['# seed 1\n']));
  expect(plain).toBe('ops.txt');
});

test('the folder around the files falls away', async () => {
  expect(commonFolder(['a/meta.json', 'a/start/state.txt'])).toBe('a/');
  expect(commonFolder(['meta.json', 'start/state.txt'])).toBe('');
  const file = (path: string) => Object.assign(new File(['x'], path), { webkitRelativePath: `rec/${path}` });
  const { name, files } = await readOwn([file('meta.json'), file('start/state.txt')]);
  expect(name).toBe('rec');
  expect(Object.keys(files)).toEqual(['meta.json', 'start/state.txt']);
});

test('xz, damaged and endless files are refused by name', async () => {
  await expect(unpacked('ops.txt.xz', new Blob(['']))).rejects.toEqual({ field: 'ops.txt.xz', message: 'xz' });
  await expect(unpacked('ops.txt.gz', new Blob(['not gzip']))).rejects.toMatchObject({ field: 'files' });
  await expect(unpacked('ops.txt.gz', await gzip(new Uint8Array(3_000_000)), 1_000_000)).rejects.toEqual({
    field: 'ops.txt.gz',
    message: 'tooLarge',
  });
});
