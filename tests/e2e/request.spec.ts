import type { Page } from '@playwright/test';
import { counts, expect, open, stateHash, test } from './fixtures.ts';

const rows = (page: Page) => page.locator('.allocations li');
const gfp = (page: Page) => page.getByRole('combobox', { name: 'gfp flags' });

test('pages are asked for and given back with the real controls', async ({ page }) => {
  await open(page);
  const { live } = await counts(page);
  await gfp(page).fill('GFP_KERNEL | __GFP_ZERO');
  await page.getByRole('spinbutton', { name: 'Order' }).fill('2');
  await expect(page.locator('form.request')).toContainText('4 pages, 16');
  await page.getByRole('spinbutton', { name: 'Times' }).fill('3');
  await page.getByRole('combobox', { name: 'CPU' }).selectOption('5');
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect.poll(() => counts(page)).toMatchObject({ live: live + 3 });
  await expect(rows(page).first()).toContainText('order 2 · GFP_KERNEL|ZERO');
  await expect(page.locator('.why .steps li').first()).toContainText('on CPU 5');
  // The zone of the pages is shown now; what changes in it is seen from then on.
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect(page.locator('.areas .changed').first()).toBeVisible();
  await expect.poll(() => counts(page)).toMatchObject({ live: live + 6 });

  await page.getByRole('button', { name: 'Free newest' }).click();
  await expect(rows(page).first()).toContainText('freed');
  await expect(page.locator('.why .answer')).toContainText('freed');
  await page.getByRole('button', { name: 'How it was taken' }).click();
  await expect(page.locator('.why .answer')).toContainText('pages');

  await rows(page).nth(1).getByRole('radio').check();
  await page.getByRole('button', { name: /^Free allocation/ }).click();
  await expect(rows(page).nth(1)).toContainText('freed');
  await rows(page).nth(2).getByRole('radio').check();
  await page.keyboard.press('Delete');
  await expect(rows(page).nth(2)).toContainText('freed');
});

test('flags are typed in any spelling or ticked, and both agree', async ({ page }) => {
  await open(page);
  await gfp(page).fill('0xcc0');
  await expect(page.getByRole('checkbox', { name: 'DIRECT_RECLAIM' })).toBeChecked();
  await page.getByRole('button', { name: 'All flags' }).click();
  await page.getByRole('checkbox', { name: 'ZERO' }).check();
  await expect(gfp(page)).toHaveValue('GFP_KERNEL|__GFP_ZERO');
  await page.getByRole('checkbox', { name: 'FS' }).uncheck();
  await expect(gfp(page)).toHaveValue('GFP_NOFS|__GFP_ZERO');
  await gfp(page).fill('mode:0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO)');
  await expect(page.getByRole('checkbox', { name: 'MOVABLE' })).toBeChecked();
  await expect(page.getByRole('checkbox', { name: 'COMP' })).toBeChecked();
  await expect(page.locator('form.request')).toContainText('Movable and below · Movable · 0x140dca');
});

test('the context and the task change the walk', async ({ page }) => {
  await open(page);
  await page.getByText('Context and task').click();
  await gfp(page).fill('GFP_KERNEL');
  await page.getByRole('checkbox', { name: 'PF_MEMALLOC', exact: true }).check();
  await page.getByRole('combobox', { name: 'Context' }).selectOption('task');
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect(page.locator('.why .answer')).not.toBeEmpty();
  await page
    .getByRole('textbox', { name: 'Policy' })
    .or(page.getByRole('combobox', { name: 'Policy' }))
    .fill('bind:1');
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect(page.locator('.why .steps')).toContainText('binds the task to nodes 1');
});

const BAD: [field: string, value: string, message: RegExp][] = [
  ['gfp', 'GFP_KERNAL', /GFP_KERNAL|KERNAL/i],
  ['gfp', '__GFP_DMA|__GFP_DMA32', /DMA/],
  ['order', '11', /0 to 10/],
  ['order', '-1', /0 to 10/],
  ['order', '2.5', /0 to 10/],
  ['count', '0', /1 to/],
  ['count', '99999999', /1 to/],
  ['policy', 'bind:7', /./],
  ['policy', 'sometimes', /policy/],
];

test('bad input marks its field and changes nothing', async ({ page }) => {
  await open(page);
  const before = await stateHash(page);
  const made = await counts(page);
  for (const [field, value, message] of BAD) {
    const input = page.locator(`form.request [name=${field}]`);
    const good = await input.inputValue();
    await input.fill(value);
    await page.getByRole('button', { name: 'Allocate' }).click();
    await expect(input, `${field} ${value}`).toHaveAttribute('aria-invalid', 'true');
    const error = page.locator('form.request .error').first();
    await expect(error).toContainText(message);
    await input.fill(good);
    await expect(input).toHaveAttribute('aria-invalid', 'false');
  }
  expect(await stateHash(page)).toBe(before);
  expect(await counts(page)).toEqual(made);
});

test('a failure says what would have let it pass', async ({ page }) => {
  await open(page);
  await gfp(page).fill('GFP_NOWAIT|__GFP_THISNODE');
  await page.getByRole('spinbutton', { name: 'Order' }).fill('10');
  await page.getByRole('spinbutton', { name: 'Times' }).fill('2000');
  await page.getByRole('button', { name: 'Allocate' }).click();
  await expect(rows(page).first()).toContainText('failed');
  await expect(page.locator('.remedies dt').first()).not.toBeEmpty();
  await expect(page.locator('.remedies .ok').first()).toBeVisible();
  await expect(page.locator('.why .fail pre').first()).toContainText('free');
  await expect(page.locator('#machine-twin')).toContainText('refused');
});

test('the explanation can be copied as text', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page);
  await page.locator('.why').getByRole('button', { name: 'Copy' }).click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text.length).toBeGreaterThan(100);
  expect(text).toContain((await page.locator('.why .answer').textContent()) ?? 'an answer');
});

test('lists are drained and counters folded', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Drain all' }).click();
  await expect(page.locator('.pcp-lists tbody tr').first()).toContainText(/^0\s*0 \//);
  await page.getByRole('button', { name: 'Fold' }).click();
  for (const row of await page.locator('.pcp-lists tbody tr').all()) await expect(row).toContainText(/0 \/ \d+$/);
});
