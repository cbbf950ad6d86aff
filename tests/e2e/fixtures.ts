import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test as base, expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import sirv from 'sirv';

interface Server {
  address: string;
  close: () => void;
}

/**
 * A plain file server, as any host would run: the built site; under `/docs/2.0/` pages that embed the element, with what
 * `npm run build` made of it in a folder beside them; and under `/e2e/` a build whose model can be made to trap.
 */
async function serve(headers: Record<string, string> = {}): Promise<Server> {
  const folders = [
    ['/docs/2.0/buddyscope/', sirv('dist/embed')],
    ['/docs/2.0/', sirv('tests/embed')],
    ['/e2e/', sirv('target/e2e-site')],
    ['/', sirv('dist')],
  ] as const;
  const server = createServer((request, response) => {
    const url = request.url ?? '/';
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const [folder, files] = folders.find(([prefix]) => url.startsWith(prefix)) ?? folders[3];
    request.url = url.slice(folder.length - 1);
    files(request, response, () => {
      response.writeHead(404).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() };
}

interface Fixtures {
  /** Errors that a test expects to be logged. */
  expected: RegExp[];
  quiet: undefined;
}

/** `test` with the built site served at `baseURL`, failing on any error that a page logs or throws. */
export const test = base.extend<Fixtures, { site: string; elsewhere: string }>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from the pattern
    async ({}, use) => {
      const { address, close } = await serve();
      await use(address);
      close();
    },
    { scope: 'worker' },
  ],
  // The same on another origin, with leave for other sites to fetch it.
  elsewhere: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs from the pattern
    async ({}, use) => {
      const { address, close } = await serve({ 'Access-Control-Allow-Origin': '*' });
      await use(address);
      close();
    },
    { scope: 'worker' },
  ],
  baseURL: ({ site }, use) => use(site),
  expected: [[], { option: true }],
  quiet: [
    async ({ page, expected }, use) => {
      const errors: string[] = [];
      const note = (error: string) => expected.some((pattern) => pattern.test(error)) || errors.push(error);
      page.on('pageerror', (error) => note(String(error)));
      page.on('console', (message) => message.type() === 'error' && note(message.text()));
      await use(undefined);
      expect(errors, 'errors logged by the page').toEqual([]);
    },
    { auto: true },
  ],
});

/** Opens the page and waits for its machine. */
export async function open(page: Page, path = '/'): Promise<void> {
  await page.goto(path);
  await expect(page.locator('.hash')).toHaveAttribute('data-hash', /^[\da-f]{16}$/);
}

/** The hash of the machine's state as the page shows it. */
export async function stateHash(page: Page): Promise<string> {
  // It is told a moment after the last change, later on machines that take longer.
  await expect(page.locator('.hash')).toHaveAttribute('data-current', 'true');
  return (await page.locator('.hash').getAttribute('data-hash')) ?? '';
}

/** How many allocations are live and how many have failed. */
export async function counts(page: Page): Promise<{ live: number; failed: number }> {
  const text = (await page.locator('.allocations h2 small').textContent()) ?? '';
  const [live = Number.NaN, failed = Number.NaN] = (text.replace(/\u202f/g, '').match(/\d+/g) ?? []).map(Number);
  return { live, failed };
}

/** axe finds nothing to say about the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(`${axe.source}; undefined`);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
  const where = violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ target }) => target.join(' ')) }));
  expect(where).toEqual([]);
}

export { expect };
