import { defineConfig } from 'vitest/config';
import { contentPolicy } from './tools/content-policy.ts';
import { rebuildWasm } from './tools/rebuild-wasm.ts';
import { shipRecordings } from './tools/ship-recordings.ts';

// Relative addresses everywhere: both builds work from any folder of a plain file server.
export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [rebuildWasm(), contentPolicy(), ...(mode === 'embed' ? [] : [shipRecordings()])],
  worker: { format: 'es' },
  server: { watch: { ignored: ['**/target/**', '**/dist/**', '**/tests/recordings/**'] } },
  build: mode === 'embed' ? embed : { target: 'es2023' },
  test: { include: ['{web,tools}/**/*.test.ts'] },
}));

// The element a page takes in with one script tag: a module with a lasting name, everything else fetched when needed.
// Not Vite's library mode, which would put the wasm into the script as base64.
const embed = {
  target: 'es2023',
  outDir: 'dist/embed',
  copyPublicDir: false,
  modulePreload: false as const,
  assetsInlineLimit: 0,
  rolldownOptions: {
    input: 'web/embed/buddy-scope.ts',
    preserveEntrySignatures: 'strict' as const,
    output: { entryFileNames: '[name].js' },
  },
};
