import { expect, open, stateHash, test } from './fixtures.ts';
import { apart, colorsAt, themeColor } from './pixels.ts';

test('the page opens on a running machine with a story, and nothing moves while it does', async ({ page }) => {
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await open(page);
  await expect(page.locator('#machine-twin tbody tr')).toHaveCount(4);
  await expect(page.locator('.allocations li')).not.toHaveCount(0);
  await expect(page.locator('.why .answer')).not.toBeEmpty();
  await expect(page.locator('.why .steps li').first()).toBeVisible();
  const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
  expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.02);
});

test('the same steps give the same machine', async ({ page, context }) => {
  await open(page);
  const first = await stateHash(page);
  const other = await context.newPage();
  await open(other);
  expect(await stateHash(other)).toBe(first);
});

test('the machine is drawn: a zone has its composition, and the walk is on it', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  const canvas = page.locator('.machine canvas');
  const box = await canvas.boundingBox();
  const column = Array.from({ length: 40 }, (_, i) => ({ x: 30, y: ((box?.height ?? 0) * (i + 0.5)) / 40 }));
  const across = Array.from({ length: 160 }, (_, i) => ({ x: (((box?.width ?? 0) - 4) * (i + 0.5)) / 160, y: 250 }));
  const movable = await themeColor(page, 'movable');
  const seen = await colorsAt(canvas, [...column, ...across]);
  expect(
    seen.some((color) => apart(color, movable) < 12),
    'pages in use as movable',
  ).toBe(true);
  expect(new Set(seen.map(String)).size).toBeGreaterThan(5);
});

test('a click on a zone chooses it everywhere; so do the arrow keys', async ({ page }) => {
  await open(page);
  const zone = page.getByRole('combobox', { name: 'Zone' });
  const canvas = page.locator('.machine canvas');
  const box = await canvas.boundingBox();
  await canvas.click({ position: { x: (box?.width ?? 0) - 60, y: (box?.height ?? 0) / 2 } });
  await expect(zone).toHaveValue('6');
  await expect(page.locator('.areas caption')).toContainText('node 1 · Normal');
  await canvas.press('ArrowLeft');
  await expect(zone).toHaveValue('2');
  await canvas.press('ArrowRight');
  await canvas.press('ArrowRight');
  await expect(zone).toHaveValue('0');
});

test('the theme follows the system, and the switch overrides it, on canvases too', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await open(page);
  const canvas = page.locator('.machine canvas');
  const at = [{ x: 200, y: 8 }];
  const light = await themeColor(page, 'card');
  await expect.poll(async () => apart((await colorsAt(canvas, at))[0] ?? [0, 0, 0], light)).toBeLessThan(12);
  await page.getByRole('combobox', { name: 'Colors' }).selectOption('dark');
  const dark = await themeColor(page, 'card');
  expect(apart(light, dark)).toBeGreaterThan(300);
  await expect.poll(async () => apart((await colorsAt(canvas, at))[0] ?? [0, 0, 0], dark)).toBeLessThan(12);
});

test('everything is there in Chinese', async ({ page }) => {
  await open(page);
  await page.getByRole('combobox', { name: 'Language' }).selectOption('zh');
  await expect(page.getByRole('button', { name: '分配', exact: true })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
  await expect(page.locator('.why .steps')).toContainText('节点');
  await expect(page.locator('.story')).toContainText('双路');
});

test.describe('on a telephone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });
  test('one column holds it all', async ({ page }) => {
    await open(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(360);
    const machine = await page.locator('.machine canvas').boundingBox();
    const form = await page.locator('form.request').boundingBox();
    expect(machine?.y ?? 0).toBeLessThan(form?.y ?? 0);
    expect(machine?.height ?? 0).toBeGreaterThan(300);
  });
});

test.describe('on a large screen', () => {
  test.use({ viewport: { width: 3840, height: 2160 } });
  test('nothing is left empty or cut off', async ({ page }) => {
    await open(page);
    const canvas = await page.locator('#page-map').boundingBox();
    expect(canvas?.width ?? 0).toBeGreaterThan(1000);
    const overflow = await page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    expect(overflow).toBeLessThanOrEqual(0);
    // Everything is larger here, and still found where it is seen.
    const box = await page.locator('.machine canvas').boundingBox();
    await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) * 0.8, (box?.y ?? 0) + (box?.height ?? 0) / 2);
    await expect(page.getByRole('combobox', { name: 'Zone' })).toHaveValue('6');
  });
});
