import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, open, stateHash, test } from './fixtures.ts';

const report = (name: string) => readFileSync(`crates/procfs/tests/reports/${name}.txt`, 'utf8');

async function paste(page: Page, text: string): Promise<void> {
  await page.getByRole('tab', { name: 'Report' }).click();
  await page.getByRole('textbox', { name: 'Text from a kernel' }).fill(text);
  await page.getByRole('button', { name: 'Explain' }).click();
}

test('a failure report becomes a machine and an explanation', async ({ page }) => {
  await open(page);
  const before = await stateHash(page);
  await paste(page, report('failure_order_10'));
  const shown = page.locator('section.report');
  await expect(shown.locator('.answer')).toContainText('no block of order 10');
  await expect(shown.locator('.steps li').first()).toContainText('2061 > min 458 + 0 reserve');
  await expect(shown.locator('.remedies .ok dt').first()).toContainText('one more free block of order 10');
  await expect(shown.locator('.assumed li').first()).toBeAttached();

  // The machine is that of the report: its counter, and the request made again in it.
  await expect(page.locator('.why .answer')).toContainText('No page');
  await expect(page.locator('.story')).toContainText('1 node');
  expect(await stateHash(page)).not.toBe(before);
  await expectAccessible(page);

  // It is a machine like any other.
  await page.getByRole('tab', { name: 'Request' }).click();
  const requests = page.locator('.allocations li');
  const made = await requests.count();
  await page.getByRole('combobox', { name: 'gfp flags' }).fill('GFP_KERNEL');
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect(requests).toHaveCount(made + 1);
});

test('an OOM report shows the scores and who was killed', async ({ page }) => {
  await open(page);
  await paste(page, report('oom_two_nodes'));
  await expect(page.locator('.report .scores .killed')).toContainText('memhog');
  await expect(page.locator('.report .notes').first()).toContainText('highest score');
  await expectAccessible(page);
});

test('a text that cannot be read is marked, and the machine stays', async ({ page }) => {
  await open(page);
  const before = await stateHash(page);
  const lines = report('failure_atomic').split('\n');
  const at = lines.findIndex((line) => line.includes('lowmem_reserve'));
  lines[at] = 'lowmem_reserve[]: x';
  await paste(page, lines.join('\n'));
  await expect(page.getByRole('alert')).toContainText(`Line ${at + 1}`);
  await expect(page.locator('.own-text .gutter .bad')).toHaveText(String(at + 1));
  expect(await stateHash(page)).toBe(before);
});

test('a report of two thousand lines is explained, in a time that is told', async ({ page }) => {
  await open(page);
  await paste(page, report('failure_atomic'));
  await expect(page.locator('.report .answer')).toBeVisible();
  const noise = Array.from({ length: 1900 }, (_, n) => `[ ${n}.000000] systemd[1]: Started Session ${n} of user.`);
  const text = [...noise, report('failure_order_10')].join('\n');
  await page.getByRole('textbox', { name: 'Text from a kernel' }).fill(text);
  const took = await page.evaluate(async () => {
    const start = performance.now();
    document.querySelector<HTMLElement>('.own-text .primary')?.click();
    while (!document.querySelector('.report .answer')?.textContent?.includes('order 10')) {
      await new Promise((resume) => requestAnimationFrame(resume));
    }
    return performance.now() - start;
  });
  console.log(`a report of 2000 lines: ${took.toFixed(0)} ms`);
});

test('a text without a report says so', async ({ page }) => {
  await open(page);
  await paste(page, 'nothing of the kind\n');
  await expect(page.locator('.own-text .empty')).toContainText('No report');
});

test('a trace of page allocation is made again', async ({ page }) => {
  await open(page);
  const line = (event: string) => `  sh-7 [000] ....     1.000000: ${event}\n`;
  const page0 = 'page=(____ptrval____) pfn=9000 order=0';
  await paste(
    page,
    line(`mm_page_alloc: ${page0} migratetype=0 gfp_flags=GFP_KERNEL`) + line(`mm_page_free: ${page0}`),
  );
  const shown = page.locator('section.report');
  await expect(shown.locator('.title')).toContainText('1 request and 1 free');
  await expect(shown.locator('.notes li').first()).toContainText('1 of 1 requests got a page of the same zone here');
});
