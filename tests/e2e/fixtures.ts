import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test as base, expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import sirv from 'sirv';

/**
 * A plain file server, as any host would run: the built site, and under `/docs/2.0/` pages that embed the element,
 * with what `npm run build` made of it in a folder beside them.
 */
async function serve(): Promise<{ address: string; close: () => void }> {
  const site = sirv('dist');
  const hosts = sirv('tests/embed');
  const element = sirv('dist/embed');
  const server = createServer((request, response) => {
    const missing = () => {
      response.writeHead(404).end();
    };
    const under = (folder: string, files: typeof site) => {
      const url = request.url ?? '';
      if (!url.startsWith(folder)) return false;
      request.url = url.slice(folder.length - 1);
      files(request, response, missing);
      return true;
    };
    under('/docs/2.0/buddyscope/', element) || under('/docs/2.0/', hosts) || under('/', site);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** `test` with the built site served at `baseURL`, failing on any error that a page logs or throws. */
export const test = base.extend<{ quiet: undefined }, { site: string }>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from the pattern
    async ({}, use) => {
      const { address, close } = await serve();
      await use(address);
      close();
    },
    { scope: 'worker' },
  ],
  baseURL: ({ site }, use) => use(site),
  quiet: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await use(undefined);
      expect(errors, 'errors logged by the page').toEqual([]);
    },
    { auto: true },
  ],
});

/** axe finds nothing to say about the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.addScriptTag({ content: axe.source });
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ target }) => target.join(' ')) }))).toEqual([]);
}

export { expect };
