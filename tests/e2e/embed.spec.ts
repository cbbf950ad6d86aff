import { expect, test } from './fixtures.ts';

test('the element works from a folder of a plain file server', async ({ page }) => {
  await page.goto('/docs/2.0/host.html');
  await expect(page.locator('buddy-scope')).toContainText('Buddyscope');
});
