// Pictures of the built site in the sizes and colors that people have, into shots/: to be looked at, not compared.

import { chromium } from '@playwright/test';
import { preview } from 'vite';
import { launchOptions } from './chromium.mjs';

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1920, height: 1080 },
  { width: 390, height: 844 },
];

const server = await preview({ preview: { port: 0 } });
const browser = await chromium.launch(launchOptions);
for (const viewport of SIZES) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' });
    await page.goto(server.resolvedUrls.local[0]);
    // The machine runs and its state has been told: everything is drawn.
    await page.locator('.hash[data-current=true]').waitFor();
    const name = `shots/${viewport.width}x${viewport.height}-${colorScheme}`;
    await shot(page, `${name}.png`);
    await explainReport(page);
    await shot(page, `${name}-report.png`);
    await playScenario(page);
    await shot(page, `${name}-scenario.png`);
    await page.close();
  }
}

async function shot(page, path) {
  await page.screenshot({ path });
  console.log(path);
}

/** The example of a failure report. */
async function explainReport(page) {
  await page.getByRole('tab').nth(4).click();
  await page.getByRole('button', { name: 'Example' }).click();
  await page.locator('.report .answer').waitFor();
  await page.locator('.hash[data-current=true]').waitFor();
}

/** The first scenario, until kswapd has worked for a while. */
async function playScenario(page) {
  await page.getByRole('tab').nth(3).click();
  await page.locator('.scenarios button').first().click();
  await page.locator('.run-bar select').selectOption('5000');
  await page.locator('.run-bar .primary').click();
  await page.locator('#turns li').nth(20).waitFor({ state: 'attached', timeout: 120_000 });
  await page.locator('.run-bar .primary').click();
  await page.locator('.hash[data-current=true]').waitFor();
}

await browser.close();
await server.close();
