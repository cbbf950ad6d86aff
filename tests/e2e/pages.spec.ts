import { expect, open, test } from './fixtures.ts';
import { apart, colorsAt, themeColor } from './pixels.ts';

test('a page is found, drawn and described', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
  await open(page);
  await page.getByRole('combobox', { name: 'gfp flags' }).fill('GFP_HIGHUSER_MOVABLE');
  await page.getByRole('spinbutton', { name: 'Order' }).fill('6');
  await page.getByRole('button', { name: 'Allocate' }).click();
  const row = page.locator('.allocations li').first();
  await expect(row).toContainText('order 6');
  const pfn = await row.locator('.where').textContent();
  await page.getByRole('textbox', { name: 'Page frame number' }).fill(pfn ?? '');
  await page.keyboard.press('Enter');
  const record = page.locator('#page-record');
  await expect(record).toContainText(pfn ?? '');
  await expect(record).toContainText('in use, order 6');
  await expect(record).toContainText('Movable');
  await expect(record).toContainText('Buddy');

  // The block's first page lies in the middle of the canvas; inside it, away from lines and names, is its color.
  const canvas = page.locator('#page-map');
  const box = await canvas.boundingBox();
  const middle = { x: (box?.width ?? 0) / 2 + 50, y: (box?.height ?? 0) / 2 + 60 };
  const movable = await themeColor(page, 'movable');
  const ink = await themeColor(page, 'ink');
  const drawn = movable.map((part, i) => part + ((ink[i] ?? 0) - part) * 0.28) as [number, number, number];
  await expect.poll(async () => apart((await colorsAt(canvas, [middle]))[0] ?? [0, 0, 0], drawn)).toBeLessThan(24);

  await page.getByRole('button', { name: 'Free newest' }).click();
  await expect.poll(async () => apart((await colorsAt(canvas, [middle]))[0] ?? [0, 0, 0], drawn)).toBeGreaterThan(60);
  await expect(record).not.toContainText('in use, order 6');
});

test('the map is walked with the arrow keys and zoomed with keys and wheel', async ({ page }) => {
  await open(page);
  const canvas = page.locator('#page-map');
  const resolution = page.locator('.resolution');
  await expect(resolution).toContainText('1 pixel ≈');
  await canvas.focus();
  await page.keyboard.press('ArrowRight');
  const record = page.locator('#page-record b');
  await expect(record).toContainText('0x');
  const seen = new Set([await record.textContent()]);
  for (const key of ['ArrowRight', 'ArrowDown', 'Shift+ArrowLeft', 'ArrowUp']) {
    const before = await record.textContent();
    await page.keyboard.press(key);
    await expect(record).not.toHaveText(before ?? '');
    seen.add(await record.textContent());
  }
  expect(seen.size).toBeGreaterThan(3);
  for (let i = 0; i < 8; i += 1) await page.keyboard.press('+');
  await expect(resolution).toContainText('1 page =');
  await page.keyboard.press('0');
  await expect(resolution).toContainText('1 pixel ≈');
  await canvas.hover();
  for (let i = 0; i < 6; i += 1) await page.mouse.wheel(0, -600);
  await expect(resolution).toContainText('1 page =');
  await expect(record).toContainText('0x');
});

test('a number that no page has is refused', async ({ page }) => {
  await open(page);
  const field = page.getByRole('textbox', { name: 'Page frame number' });
  for (const bad of ['0xffffffffff', 'page', '-1', '1e3']) {
    await field.fill(bad);
    await field.press('Enter');
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(page.locator('#goto-error')).toBeVisible();
  }
});

test('the table under the map says what the map shows', async ({ page }) => {
  await open(page);
  const cells = page.locator('#pages-twin tbody tr').last().locator('td');
  await expect(cells).toHaveCount(4);
  await expect(cells.first()).toHaveText(/^[\d\s]+$/);
});
