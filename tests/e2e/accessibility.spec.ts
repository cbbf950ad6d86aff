import { expect, expectAccessible, open, test } from './fixtures.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  for (const language of ['en', 'zh'] as const) {
    test(`axe finds nothing: ${colorScheme}, ${language}`, async ({ page }) => {
      test.slow();
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await open(page, `/#v=1&lang=${language}`);
      await expectAccessible(page);
      for (const key of ['2', '3', '4', '5']) {
        await page.locator('body').press(key);
        await expect(page.getByRole('tab').nth(Number(key) - 1)).toHaveAttribute('aria-selected', 'true');
        await expectAccessible(page);
      }
      await page.locator('body').press('1');
      await page.locator('form.request [name=order]').fill('77');
      await page.locator('form.request [type=submit]').click();
      await expect(page.locator('form.request [name=order]')).toHaveAttribute('aria-invalid', 'true');
      await page.locator('.flag-boxes > button').click();
      await page.locator('details.more summary').click();
      await expectAccessible(page);
      for (const dialog of [0, 3]) {
        const buttons = page.locator('.top .tools > button');
        await buttons.nth(dialog === 0 ? 0 : -1).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await expectAccessible(page);
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toHaveCount(0);
      }
    });
  }
}

test('forced colors keep everything readable', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await open(page);
  await expectAccessible(page);
});

test('a telephone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page);
  await expectAccessible(page);
});
