import { spawn } from 'node:child_process';
import type { Plugin } from 'vite';

/** While the dev server runs, a changed Rust source rebuilds the wasm; Vite then sees new bindings and reloads. */
export function rebuildWasm(): Plugin {
  return {
    name: 'rebuild-wasm',
    apply: (_config, { command, isPreview }) => command === 'serve' && !isPreview && process.env.VITEST === undefined,
    configureServer(server) {
      let building = false;
      let changedSince = false;
      const build = () => {
        changedSince = building;
        if (building) return;
        building = true;
        spawn('tools/wasm', ['dev'], { stdio: 'inherit' }).on('exit', () => {
          building = false;
          if (changedSince) build();
        });
      };
      server.watcher.on('all', (_event, path) => {
        if (path.endsWith('.rs')) build();
      });
    },
  };
}
