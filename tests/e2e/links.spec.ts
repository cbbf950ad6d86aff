import { expect, open, test } from './fixtures.ts';

test('a link brings back machine, request and colors', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '/#v=1&preset=tiny&theme=dark');
  await expect(page.locator('.story')).toContainText('64');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.locator('[name=gfp]').fill('GFP_ATOMIC|__GFP_COMP');
  await page.locator('[name=order]').fill('3');
  await page.getByRole('button', { name: 'Copy link' }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await context.newPage();
  await open(other, link);
  await expect(other.locator('[name=gfp]')).toHaveValue('GFP_ATOMIC|__GFP_COMP');
  await expect(other.locator('[name=order]')).toHaveValue('3');
  await expect(other.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('hostile links are told of, run nothing and cost nothing', async ({ page }) => {
  page.on('dialog', () => expect(false, 'a script ran').toBe(true));
  for (const hash of [
    'v=1&gfp=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E',
    'v=1&preset=%22%3E%3Cscript%3Ealert(1)%3C/script%3E',
    'v=1&__proto__=x&constructor=y',
    `v=1&gfp=${'A'.repeat(200_000)}`,
    'v=99',
    'javascript:alert(1)',
    'v=1&count=99999999999&order=-3',
    '%E0%A4%A',
  ]) {
    await page.goto('about:blank');
    await open(page, `/#${hash}`);
    await expect(page.locator('.notice')).toContainText('The link could not be read as a whole');
    expect(await page.locator('.notice script, .notice img').count()).toBe(0);
  }
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(page.locator('.notice')).toHaveCount(0);
});

test('a machine that does not exist is told of too', async ({ page }) => {
  await open(page, '/#v=1&preset=no-such-machine');
  await expect(page.locator('#machine-twin tbody tr')).toHaveCount(4);
  await expect(page.locator('.notice')).toContainText('preset');
});

test('the page runs nobody else’s scripts', async ({ page }) => {
  await open(page);
  const policy = page.locator('meta[http-equiv="Content-Security-Policy"]');
  await expect(policy).toHaveAttribute('content', /script-src 'self' 'wasm-unsafe-eval'/);
  const inline = await page.evaluate(() => [...document.scripts].filter(({ src }) => src === '').length);
  expect(inline).toBe(0);
});
