import { counts, expect, open, test } from './fixtures.ts';

test('everything has a key, and the keys are listed', async ({ page }) => {
  await open(page);
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  await expect(dialog).toBeVisible();
  await expect(dialog.locator('kbd').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  const rows = page.locator('.allocations li');
  const { live } = await counts(page);
  await page.keyboard.press('a');
  await expect.poll(() => counts(page)).toMatchObject({ live: live + 1 });
  await page.keyboard.press('f');
  await expect(rows.first()).toContainText('freed');
  await page.keyboard.press('g');
  await expect(page.locator('[name=gfp]')).toBeFocused();
  // In a field a letter is a letter.
  await page.keyboard.type('a');
  await page.waitForTimeout(200);
  expect(await counts(page)).toMatchObject({ live });
  await page.locator('#page-map').focus();
  await page.keyboard.press('w');
  await expect(page.locator('section.why')).toBeFocused();
  await page.keyboard.press('m');
  await expect(page.locator('#page-map')).toBeFocused();
});

test('single keys can be switched off', async ({ page }) => {
  await open(page);
  await page.keyboard.press('?');
  await page.getByRole('checkbox', { name: 'Single-key shortcuts' }).uncheck();
  await page.keyboard.press('Escape');
  const before = await counts(page);
  await page.keyboard.press('a');
  await page.waitForTimeout(200);
  expect(await counts(page)).toEqual(before);
});

test('tabs and lists move with the arrow keys, and focus is seen', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Request' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'Machine' })).toBeFocused();
  await expect(page.locator('.machine-form')).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  const chosen = page.locator('.allocations li.chosen input');
  await chosen.focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('.allocations li').nth(1)).toHaveClass(/chosen/);
  await page.keyboard.press('Tab');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
  expect(outline).toBe('solid');
});
