import { gzipSync } from 'node:zlib';
import { expect, open, stateHash, test } from './fixtures.ts';

test('a shipped recording is loaded, stepped, played and sought', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Replay' }).click();
  await page.locator('.choices button').first().click();
  const player = page.locator('.transport');
  await expect(player.locator('output')).toContainText(/^0 of/);
  await page.getByRole('button', { name: 'One step' }).click();
  await expect(player.locator('output')).toContainText(/^1 of/);
  await expect(player.locator('.line code')).not.toBeEmpty();
  await page.keyboard.press(']');
  await expect(player.locator('output')).toContainText(/^2 of/);
  await page.getByRole('button', { name: 'One back' }).click();
  await expect(player.locator('output')).toContainText(/^1 of/);

  await page.getByRole('combobox', { name: 'Speed' }).selectOption('100');
  await page.getByRole('button', { name: 'Play' }).click();
  await expect(player.locator('output')).not.toContainText(/^1 of/);
  await page.getByRole('button', { name: 'Pause' }).click();

  await page.getByRole('button', { name: 'To the end' }).click();
  await expect(page.getByRole('button', { name: 'To the end' })).toBeDisabled({ timeout: 30_000 });
  await expect(player.locator('.verdict')).toContainText('✓');
  await expect(player).not.toContainText('differs');

  await player.getByRole('slider').fill('500');
  await expect(player.locator('output')).toContainText(/^500 of/);
  await expect(page.locator('.why .answer')).not.toBeEmpty();
  await page.getByRole('button', { name: 'Close recording' }).click();
  await expect(player).toHaveCount(0);
  await expect(page.locator('#machine-twin tbody tr')).toHaveCount(4);
});

test('files that are no recording are refused, and the machine stays', async ({ page }) => {
  await open(page);
  const before = await stateHash(page);
  await page.getByRole('tab', { name: 'Replay' }).click();
  const files = page.locator('input[name=files]');
  const alert = page.locator('.recordings [role=alert]');
  const text = (name: string, content: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });
  for (const [upload, message] of [
    [[text('notes.txt', 'hello')], /./],
    [[text('ops.txt.xz', 'x')], /xz/],
    [[text('ops.txt.gz', 'not gzip')], /ops\.txt\.gz/],
    [[{ name: 'ops.txt.gz', mimeType: 'application/gzip', buffer: gzipSync('A 0 cpu=x\n') }], /./],
    [[text('meta.json', '{'), text('ops.txt', 'Q\n'), text('state.txt', 'ZONE\n')], /./],
  ] as const) {
    await files.setInputFiles([...upload]);
    await expect(alert).toContainText(message);
    await expect(page.locator('.transport')).toHaveCount(0);
    await files.setInputFiles([]);
  }
  expect(await stateHash(page)).toBe(before);
});
