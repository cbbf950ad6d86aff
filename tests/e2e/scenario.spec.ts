import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { cellAt, lanesLayout } from '../../web/view/run/lanes-layout.ts';
import { expect, expectAccessible, open, stateHash, test } from './fixtures.ts';
import { apart, colorsAt, themeColor } from './pixels.ts';
import { clock, JIFFY, seek } from './run.ts';

/** A file of more than the machine's memory is read: kswapd has to make room. */
const STREAM = `format = 1
title = "A file larger than memory is read"
about = "Its own pages make room for the rest."
seed = 3
until = "60s"

[machine]
nodes = [{ mib = 112, cpus = 1 }]

[file.data]
size = "1G"

[[task]]
name = "cat"
do = [
  { read = "data", rate = "60M/s" },
]
`;

async function openScenario(page: Page, text: string): Promise<void> {
  await page.getByRole('tab', { name: 'Scenario' }).click();
  await page.getByRole('textbox', { name: 'Scenario file' }).fill(text);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page.locator('.run-bar')).toBeVisible();
}

/** Goes on until kswapd has woken, and to a fixed time after that. */
async function untilAwake(page: Page): Promise<void> {
  const woke = page.locator('#turns li').first();
  for (let ms = 200; (await woke.count()) === 0; ms += 200) await seek(page, ms);
  await seek(page, Math.round(1000 * Number.parseFloat((await woke.textContent()) ?? '')) + 50 * JIFFY);
}

test('a scenario of the gallery is opened and played', async ({ page }) => {
  await open(page);
  const before = await stateHash(page);
  await page.getByRole('tab', { name: 'Scenario' }).click();
  const first = page.locator('.scenarios button').first();
  const title = await first.locator('b').textContent();
  expect(title?.length).toBeGreaterThan(10);
  await first.click();
  await expect(page.locator('.story')).toContainText(/\d nodes?/);
  expect(await clock(page)).toBe(0);
  await page.keyboard.press('p');
  await expect.poll(() => clock(page)).toBeGreaterThan(0.05);
  await page.keyboard.press('p');
  await expect(page.locator('.decisions li').first()).toBeVisible();
  await expect(page.locator('.contexts li').first()).toBeVisible();

  // The machine from before has waited.
  await page.getByRole('button', { name: 'Close scenario' }).click();
  await expect(page.locator('.run-bar')).toHaveCount(0);
  expect(await stateHash(page)).toBe(before);
});

test('free memory falls to the mark, kswapd wakes and gets pages back', async ({ page }) => {
  test.slow();
  await open(page);
  await openScenario(page, STREAM);
  await untilAwake(page);

  // In numbers: free pages have come down to the marks, and pages were looked at and freed.
  const numbers = async (row: 'first' | 'last') => {
    const cells = await page.locator('#timeline-twin tbody tr')[row]().locator('td').allTextContents();
    return cells.map((text) => Number(text.replace(/\u202f/g, '')));
  };
  const [start, end] = [await numbers('first'), await numbers('last')];
  expect(end[0]).toBeLessThan(start[0] ?? 0);
  expect(end[1]).toBeLessThan(end[2] ?? 0);
  expect(end[2]).toBeLessThan(end[3] ?? 0);
  await expect(page.locator('.rungs b').first()).toContainText('kswapd');
  await expect(page.locator('#lanes-twin tbody tr')).toHaveCount(5);
  await expect(page.locator('#lanes-twin tbody tr').nth(2).locator('td').first()).not.toHaveText('0');
  await expect(page.locator('.daemons li').first()).toContainText('kswapd0');

  // And on the canvases: pages in the lane of the inactive file list, the band of kswapd.
  const lanes = page.locator('#lanes');
  const box = await lanes.boundingBox();
  const lane = lanesLayout(box?.width ?? 0, box?.height ?? 0, 4)[2];
  if (lane === undefined) throw new Error('no lane');
  const at = cellAt(lane, 1);
  const [page2, paper] = await colorsAt(lanes, [
    { x: at.x + 3, y: at.y + 3 },
    { x: 2, y: lane.y - 4 },
  ]);
  expect(apart(page2 ?? [0, 0, 0], paper ?? [0, 0, 0])).toBeGreaterThan(20);
  const timeline = page.locator('#timeline');
  const size = await timeline.boundingBox();
  const band = Array.from({ length: Math.floor(size?.width ?? 0) }, (_, x) => ({ x, y: (size?.height ?? 0) - 18 }));
  const warn = await themeColor(page, 'warn');
  const awake = (await colorsAt(timeline, band)).filter((color) => apart(color, warn) < 40);
  expect(awake.length).toBeGreaterThan(0);

  // The record of a page, by the keys.
  await lanes.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('#lane-page b')).toContainText('0x');
  const seen = await page.locator('#lane-page').textContent();
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('#lane-page')).not.toHaveText(seen ?? '');
});

test('time goes by decisions, by contexts, by jiffies, and back', async ({ page }) => {
  await open(page);
  await openScenario(page, STREAM);
  const total = async () => {
    const text = (await page.locator('.log h2 small').textContent()) ?? '';
    return Number(text.replace(/\u202f/g, '').split(' of ')[1]);
  };
  await page.getByRole('button', { name: 'One jiffy' }).click();
  await expect.poll(() => clock(page)).toBe(0.004);
  await page.keyboard.press(']');
  await expect.poll(() => clock(page)).toBe(0.008);
  const before = await total();
  await page.getByRole('button', { name: 'One decision' }).click();
  await expect.poll(total).toBe(before + 1);
  const decided = await stateHash(page);
  await page.getByRole('button', { name: 'One turn of the next context' }).click();
  await expect.poll(() => stateHash(page)).not.toBe(decided);
  await expect(page.locator('.contexts [aria-current=step]')).toHaveCount(1);
  const slider = page.getByRole('slider', { name: 'Virtual time' });
  await slider.fill('200');
  await expect.poll(() => clock(page)).toBe(0.2);
  const hash = await stateHash(page);
  await slider.fill('40');
  await expect.poll(() => clock(page)).toBe(0.04);
  await slider.fill('200');
  await expect.poll(() => clock(page)).toBe(0.2);
  expect(await stateHash(page)).toBe(hash);
  await page.keyboard.press('[');
  await expect.poll(() => clock(page)).toBe(0.196);
  await page.getByRole('button', { name: 'To the start' }).click();
  await expect.poll(() => clock(page)).toBe(0);
});

test('a file that is wrong says where, and what is shown stays', async ({ page }) => {
  await open(page);
  const before = await stateHash(page);
  await page.getByRole('tab', { name: 'Scenario' }).click();
  const text = page.getByRole('textbox', { name: 'Scenario file' });
  await text.fill(STREAM.replace('60M/s', 'fast'));
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(page.locator('#editor-error')).toContainText(/^Line 16, task\[0\]\.do\[0\]\.rate: /);
  await expect(text).toHaveAttribute('aria-invalid', 'true');
  await expect(text).toBeFocused();
  await expect(page.locator('.gutter .bad')).toHaveText('16');
  await expect(page.locator('.run-bar')).toHaveCount(0);
  expect(await stateHash(page)).toBe(before);

  await page.locator('input[name=scenario-file]').setInputFiles({
    name: 'own.toml',
    mimeType: 'text/plain',
    buffer: Buffer.from(STREAM),
  });
  await expect(page.locator('.run-bar')).toBeVisible();
  await expect(page.locator('.story')).toContainText('A file larger than memory');
});

test('the texts of the kernel are read and copied', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page);
  await openScenario(page, STREAM);
  await page.getByRole('button', { name: 'One jiffy' }).click();
  await page.getByRole('button', { name: 'Kernel texts' }).click();
  await page.getByRole('combobox', { name: 'Text' }).selectOption('vmstat');
  await page.locator('.log').getByRole('button', { name: 'Copy' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('pgfault');
});

test('the run is saved for other tools', async ({ page }) => {
  await open(page);
  await openScenario(page, STREAM);
  await page.getByRole('button', { name: 'One jiffy' }).click();
  await page.getByRole('button', { name: 'Kernel texts' }).click();
  const save = async (name: string) => {
    const download = page.waitForEvent('download');
    await page.getByRole('group', { name: 'Save the run as' }).getByRole('button', { name }).click();
    const file = await download;
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  };
  const trace = await save('ftrace text');
  expect(trace.name).toBe('buddyscope-trace.txt');
  expect(trace.text).toMatch(/^# tracer: nop\n/);
  expect(trace.text).toContain('mm_page_alloc: page=');
  const chrome = await save('Chrome trace');
  expect(chrome.name).toBe('buddyscope-trace.json');
  expect(JSON.parse(chrome.text).traceEvents.length).toBeGreaterThan(0);
  const series = await save('CSV');
  expect(series.name).toBe('buddyscope-series.csv');
  expect(series.text).toMatch(/^ms,node0/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const language of ['en', 'zh'] as const) {
    test(`axe finds nothing in a scenario: ${colorScheme}, ${language}`, async ({ page }) => {
      test.slow();
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await open(page, `/#v=1&lang=${language}`);
      await page.getByRole('tab').nth(3).click();
      await page.locator('.scenarios button').first().click();
      await expect(page.locator('.run-bar')).toBeVisible();
      for (let i = 0; i < 4; i += 1) await page.keyboard.press(']');
      await expect(page.locator('.decisions li').first()).toBeVisible();
      await page.locator('details.more summary').last().click();
      await expectAccessible(page);
      await page.locator('.log .sides button').last().click();
      await page.locator('.reclaim-or-areas .sides button').last().click();
      await expectAccessible(page);
      await page.setViewportSize({ width: 360, height: 740 });
      await expectAccessible(page);
    });
  }
}
