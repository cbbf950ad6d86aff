import type { Page } from '@playwright/test';
import { counts, expect, open, stateHash, test } from './fixtures.ts';

test.use({ expected: [/RuntimeError|panicked|unreachable|memory access/] });

const sabotage = (page: Page) => page.evaluate(() => (window as unknown as { sabotage: () => void }).sabotage());

test('when the model stops, the page says so and the machine is back', async ({ page }) => {
  await open(page, '/e2e/index.html');
  const { live } = await counts(page);
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect.poll(() => counts(page)).toMatchObject({ live: live + 1 });
  const before = await stateHash(page);
  const made = await counts(page);

  await sabotage(page);
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect(page.locator('.notice.bad')).toContainText('put back as it was');
  expect(await counts(page)).toEqual(made);
  expect(await stateHash(page)).toBe(before);

  // And it goes on.
  await page.locator('.notice.bad button').click();
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect.poll(() => counts(page)).toMatchObject({ live: made.live + 1 });
  await expect(page.locator('.notice')).toHaveCount(0);
});

test('the shipped page has no such switch', async ({ page }) => {
  await open(page);
  expect(await page.evaluate(() => 'sabotage' in window)).toBe(false);
});
