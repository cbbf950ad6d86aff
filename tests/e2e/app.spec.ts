import { expect, expectAccessible, test } from './fixtures.ts';

test('the page opens and finds its wasm', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByText(/^version \d/)).toBeVisible();
  await expectAccessible(page);
});
