import { expect, open, stateHash, test } from './fixtures.ts';

test('a machine is chosen, changed and booted', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
  await page.getByRole('combobox', { name: 'Machine' }).selectOption('ring');
  await page.getByRole('button', { name: 'Boot' }).click();
  await expect(page.locator('.story')).toContainText('4 nodes');
  await expect(page.locator('#machine-twin tbody')).toContainText('16');

  await page.getByRole('combobox', { name: 'Machine' }).selectOption('two-node');
  await page.getByRole('button', { name: 'Add a node' }).click();
  await page.locator('[name="nodes[2].mib"]').fill('512');
  await page.locator('[name="distances[0][2]"]').fill('31');
  await page.getByRole('textbox', { name: 'Kernel command line' }).fill('kernelcore=50%');
  await page.getByRole('button', { name: 'Boot' }).click();
  await expect(page.locator('.story')).toContainText('3 nodes');
  await expect(page.locator('#machine-twin tbody')).toContainText('Movable');
  await expect(page.locator('#machine-twin tbody')).toContainText('10 21 31');
});

test('a fresh machine has no life before', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
  await page.getByRole('combobox', { name: 'Machine' }).selectOption('tiny');
  await page.getByRole('checkbox', { name: /^aged/ }).uncheck();
  await page.getByRole('button', { name: 'Boot' }).click();
  await page.getByRole('tab', { name: 'Request' }).click();
  await expect(page.locator('.allocations')).toContainText('Nothing has been asked for yet');
  await expect(page.locator('.why')).toContainText('Choose an allocation');
});

test('sixteen tebibytes on 64 nodes are there at once', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
  await page.getByRole('combobox', { name: 'Machine' }).selectOption('giant');
  await page.getByRole('button', { name: 'Boot' }).click();
  await expect(page.locator('.story')).toContainText('64 nodes', { timeout: 20_000 });
  await expect(page.locator('#machine-twin tbody tr')).toHaveCount(66);
});

const BAD: [field: string, value: string][] = [
  ['nodes[0].mib', 'many'],
  ['nodes[1].mib', '99999999999'],
  ['nodes[1].cpus', '-4'],
  ['distances[0][1]', '9'],
  ['distances[1][0]', ''],
  ['cmdline', 'mem=lots'],
  ['cmdline', 'kernelcore=900%'],
  ['lowMib', '1'],
  ['seed', 'x'],
];

test('bad machines mark their field, and the running one stays', async ({ page }) => {
  await open(page);
  const before = await stateHash(page);
  await page.getByRole('tab', { name: 'Machine' }).click();
  for (const [field, value] of BAD) {
    const input = page.locator(`[name="${field}"]`);
    const good = await input.inputValue();
    await input.fill(value);
    await page.getByRole('button', { name: 'Boot' }).click();
    await expect(input, `${field} ${value}`).toHaveAttribute('aria-invalid', 'true');
    await expect(page.locator('.machine-form .error').first()).not.toBeEmpty();
    await input.fill(good);
  }
  expect(await stateHash(page)).toBe(before);
});

test('a sysctl shows what it would move before it moves it', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Sysctls' }).click();
  const before = await stateHash(page);
  const min = page.locator('#machine-twin tr[data-zone="2"] td').nth(3);
  const was = await min.textContent();
  const input = page.locator('[name=min_free_kbytes]');
  await input.fill('200000');
  await expect(page.locator('.effect tbody tr.first')).toHaveCount(4);
  await expect(page.locator('.effect')).toContainText('node 0 · Normal');
  expect(await stateHash(page)).toBe(before);
  await expect(min).toHaveText(was ?? '');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(min).not.toHaveText(was ?? '');
  await expect(input).toHaveValue('200000');
  expect(await stateHash(page)).not.toBe(before);
});

test('a sysctl that the kernel would refuse is refused', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Sysctls' }).click();
  const before = await stateHash(page);
  for (const [name, value] of [
    ['watermark_scale_factor', '0'],
    ['watermark_scale_factor', '1001'],
    ['percpu_pagelist_fraction', '7'],
    ['lowmem_reserve_ratio', '1 2'],
    ['min_free_kbytes', '<b>'],
  ] as const) {
    const input = page.locator(`[name=${name}]`);
    await input.fill(value);
    await expect(input, `${name} ${value}`).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByRole('button', { name: 'Apply' })).toBeDisabled();
    await page.getByRole('button', { name: 'Reset' }).click();
  }
  expect(await stateHash(page)).toBe(before);
});
