import type { Page } from '@playwright/test';
import { expect, open, stateHash, test } from './fixtures.ts';
import { apart, colorsAt, themeColor } from './pixels.ts';
import { clock, seek } from './run.ts';

async function choose(page: Page, title: string | RegExp): Promise<void> {
  await page.getByRole('tab').nth(3).click();
  await page.locator('.scenarios button', { has: page.locator('b', { hasText: title }) }).click();
  await expect(page.locator('.run-bar')).toBeVisible();
}

/** A text of the kernel, once there is something in it. */
async function kernelText(page: Page, name: string): Promise<string> {
  await page.locator('.log .sides button').last().click();
  await page.getByRole('combobox', { name: 'Text' }).selectOption(name);
  return (await page.locator('.kernel-text pre').textContent()) ?? '';
}

test('every scenario of the gallery opens, runs, and says what to look for', async ({ page }) => {
  test.slow();
  await open(page);
  await page.getByRole('tab').nth(3).click();
  await expect(page.locator('.scenarios button')).toHaveCount(16);
  const titles = await page.locator('.scenarios button b').allTextContents();
  for (const title of titles) {
    await choose(page, title);
    await expect(page.locator('#gallery-title')).toHaveText(title);
    await expect(page.locator('.gallery .look')).not.toBeEmpty();
    await seek(page, 400);
    await page.getByRole('button', { name: 'Close scenario' }).click();
    await expect(page.locator('.run-bar')).toHaveCount(0);
  }
});

test('a failed request and an OOM kill are in the kernel log', async ({ page }) => {
  await open(page);
  await choose(page, 'order-3 GFP_ATOMIC');
  await seek(page, 6600);
  const failure = await kernelText(page, 'dmesg');
  expect(failure).toMatch(/^\[ {4}6\.5\d+\] eth0: page allocation failure: order:3, mode:0xa20\(GFP_ATOMIC\)/m);
  expect(failure).toMatch(/Node 0 DMA32: .* 0\*32kB 0\*64kB/);
  await page.getByRole('button', { name: 'Close scenario' }).click();

  await choose(page, /memory to spare/);
  await seek(page, 6000);
  const killed = await kernelText(page, 'dmesg');
  expect(killed).toContain('constraint=CONSTRAINT_MEMCG');
  expect(killed).toMatch(/Memory cgroup out of memory: Killed process \d+ \(leak\)/);
});

test('two scanners run towards each other over the page map', async ({ page }) => {
  test.slow();
  await open(page);
  await choose(page, 'huge page');
  await seek(page, 3200);
  // Until what is free in one piece has been taken.
  const row = page.locator('.compaction').last();
  for (let ms = 3240; ms <= 4400 && (await row.count()) === 0; ms += 80) await seek(page, ms);
  // In words: where each of them is. The one that takes pages is below the one that looks for room.
  await expect(row).toContainText(/takes pages at 0x[\da-f]+, looks for room at 0x[\da-f]+/);
  const [migrate = 0, free = 0] = [...((await row.textContent()) ?? '').matchAll(/0x[\da-f]+/g)].map(Number);
  expect(migrate).toBeLessThanOrEqual(free);
  await expect(page.locator('.decisions')).toContainText('isolate_migratepages');

  // And on the canvas: both flags, in their colors.
  const map = page.locator('.page-map canvas').first();
  const box = await map.boundingBox();
  const points: { x: number; y: number }[] = [];
  for (let y = 2; y < (box?.height ?? 0); y += 3) {
    for (let x = 2; x < (box?.width ?? 0); x += 3) points.push({ x, y });
  }
  const colors = await colorsAt(map, points);
  for (const name of ['accent', 'warn']) {
    const wanted = await themeColor(page, name);
    expect(colors.filter((color) => apart(color, wanted) < 30).length, name).toBeGreaterThan(4);
  }

  // Deferral follows.
  await seek(page, 7000);
  await expect(page.locator('.decisions')).toContainText(/put off, attempt \d+ of \d+/);
});

test('in Chinese the decisions, the titles and what to look for are Chinese', async ({ page }) => {
  await open(page, '/#v=1&lang=zh');
  await page.getByRole('tab').nth(3).click();
  await page.locator('.scenarios button').nth(1).click();
  await expect(page.locator('#gallery-title')).toHaveText('内存用尽，又没有交换区');
  await seek(page, 1600);
  const said = await page.locator('.decisions .said').allTextContents();
  expect(said.length).toBeGreaterThan(20);
  expect(said.filter((text) => !/[\u4e00-\u9fff]/.test(text))).toEqual([]);
});

test.describe('a defect', () => {
  test.use({ expected: [/RuntimeError|panicked|unreachable|memory access/] });
  const sabotage = (page: Page) => page.evaluate(() => (window as unknown as { sabotage: () => void }).sabotage());

  test('in a scenario costs no more than a moment: the page says so, and the run is where it was', async ({ page }) => {
    await open(page, '/e2e/index.html');
    await choose(page, /file is streamed/);
    await seek(page, 800);
    const before = await stateHash(page);

    await sabotage(page);
    await page.getByRole('button', { name: 'One jiffy' }).click();
    await expect(page.locator('.notice.bad')).toContainText('put back as it was');
    expect(await clock(page)).toBe(0.8);
    expect(await stateHash(page)).toBe(before);

    // And it goes on, the same way as without the defect.
    await page.locator('.notice.bad button').click();
    await seek(page, 1200);
    const after = await stateHash(page);
    await page.getByRole('button', { name: 'To the start' }).click();
    await seek(page, 1200);
    expect(await stateHash(page)).toBe(after);
    await expect(page.locator('.notice')).toHaveCount(0);
  });

  test('while it plays stops the clock', async ({ page }) => {
    await open(page, '/e2e/index.html');
    await choose(page, /file is streamed/);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expect.poll(() => clock(page)).toBeGreaterThan(0.05);
    await sabotage(page);
    await expect(page.locator('.notice.bad')).toContainText('put back as it was');
    await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
    const stopped = await clock(page);
    await page.getByRole('button', { name: 'One jiffy' }).click();
    await expect.poll(() => clock(page)).toBeGreaterThan(stopped);
  });
});
