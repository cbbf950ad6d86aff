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
    const path = `shots/${viewport.width}x${viewport.height}-${colorScheme}.png`;
    await page.screenshot({ path });
    console.log(path);
    await page.close();
  }
}
await browser.close();
await server.close();
