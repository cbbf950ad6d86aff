import { expect, expectAccessible, test } from './fixtures.ts';
import { apart, colorsAt } from './pixels.ts';

test('several elements work from a folder of a plain file server', async ({ page }) => {
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await page.goto('/docs/2.0/host.html');
  const element = (view: string) => page.locator(`buddy-scope[view=${view}]`).first();
  await expect(element('machine').locator('#machine-twin tbody tr')).toHaveCount(4);
  expect(fetched.every((path) => path.startsWith('/docs/2.0/'))).toBe(true);

  // What is below the fold has not been started.
  await expect(element('why').locator('.answer')).toHaveCount(0);
  await element('why').scrollIntoViewIfNeeded();
  await expect(element('why').locator('.answer')).not.toBeEmpty();
  await element('free').scrollIntoViewIfNeeded();
  await expect(element('free').locator('.areas tbody tr')).toHaveCount(6);
  await element('pages').scrollIntoViewIfNeeded();
  await expect(element('pages').locator('#pages-twin tbody tr')).not.toHaveCount(0);

  const canvas = element('machine').locator('canvas');
  await canvas.scrollIntoViewIfNeeded();
  const points = Array.from({ length: 60 }, (_, i) => ({ x: 10 + i * 8, y: 200 }));
  const colors = await colorsAt(canvas, points);
  expect(colors.some((color) => apart(color, colors[0] ?? [0, 0, 0]) > 60)).toBe(true);
  await expectAccessible(page);
});

test('each element has its own machine, and lets go of it', async ({ page }) => {
  await page.goto('/docs/2.0/host.html');
  const machines = page.locator('buddy-scope[view=machine]');
  await expect(machines.nth(0).locator('#machine-twin tbody tr')).toHaveCount(4);
  await machines.nth(1).scrollIntoViewIfNeeded();
  await expect(machines.nth(1).locator('#machine-twin tbody tr')).not.toHaveCount(4);
  await expect.poll(() => page.workers().length).toBeGreaterThanOrEqual(2);
  await page.evaluate(() => {
    for (const element of document.querySelectorAll('buddy-scope')) element.remove();
  });
  await expect.poll(() => page.workers().length).toBe(0);
});

test('attributes can change, and bad ones are told of', async ({ page }) => {
  await page.goto('/docs/2.0/host.html');
  const element = page.locator('buddy-scope').first();
  await expect(element.locator('#machine-twin tbody tr')).toHaveCount(4);
  await element.evaluate((it) => it.setAttribute('machine', 'tiny'));
  await expect(element.locator('#machine-twin tbody tr')).toHaveCount(2);
  await element.evaluate((it) => it.setAttribute('machine', '<img src=x>'));
  await expect(element.locator('.error')).toContainText('preset');
  expect(await element.locator('img').count()).toBe(0);
});

test('the script may come from another origin', async ({ page, elsewhere }) => {
  await page.goto('/docs/2.0/host.html');
  await page.setContent(`
    <!doctype html><html lang="en"><title>Another origin</title><h1>Another origin</h1>
    <buddy-scope machine="two-node" view="free"></buddy-scope>`);
  await page.addScriptTag({ type: 'module', url: `${elsewhere}/docs/2.0/buddyscope/buddy-scope.js` });
  await expect(page.locator('buddy-scope .areas tbody tr')).toHaveCount(6);
});
