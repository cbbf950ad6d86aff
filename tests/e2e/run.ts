// Moving a scenario through its virtual time.

import type { Page } from '@playwright/test';
import { expect } from './fixtures.ts';

/** Virtual milliseconds. */
export const JIFFY = 4;

/** Where a run is, in virtual seconds. */
export async function clock(page: Page): Promise<number> {
  return Number.parseFloat((await page.locator('.clock output').textContent()) ?? '');
}

/** Goes to a moment in virtual milliseconds. */
export async function seek(page: Page, ms: number): Promise<void> {
  for (let now = await step(page, ms); now !== ms; now = await step(page, ms)) {
    // The axis grows with the time that has passed: a jiffy beyond its end there is more of it.
    for (const _ of [1, 2]) await page.keyboard.press(']');
    await expect.poll(() => clock(page)).toBe((now + 2 * JIFFY) / 1000);
  }
}

/** As far as the slider reaches. */
async function step(page: Page, ms: number): Promise<number> {
  const slider = page.getByRole('slider').last();
  const now = Math.min(ms, Math.floor(Number(await slider.getAttribute('max')) / JIFFY) * JIFFY);
  await slider.fill(String(now));
  await expect.poll(() => clock(page), { timeout: 30_000 }).toBe(now / 1000);
  return now;
}
