import { build } from 'vite';

/** Before all tests: the site once more, with the switch that lets the model trap. It never ships. */
export default async function buildForTests(): Promise<void> {
  await build({ mode: 'e2e', logLevel: 'warn', build: { outDir: 'target/e2e-site', emptyOutDir: true } });
}
