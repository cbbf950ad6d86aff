import { describe, expect, test } from 'vitest';
import { en } from './en.ts';
import { grouped, hex, size } from './format.ts';
import { createTranslator, fill, type Key } from './index.ts';
import { en as reportEn } from './report.en.ts';
import type { ReportKey } from './report.ts';
import { zh as reportZh } from './report.zh.ts';
import { en as runEn } from './run.en.ts';
import type { RunKey } from './run.ts';
import { zh as runZh } from './run.zh.ts';
import { zh } from './zh.ts';

const names = (template: string) => [...new Set(template.match(/\{\w+\}/g))].sort();

test('translations take the same arguments', () => {
  for (const key of Object.keys(en) as Key[]) expect([key, names(zh[key])]).toEqual([key, names(en[key])]);
  for (const key of Object.keys(runEn) as RunKey[]) expect([key, names(runZh[key])]).toEqual([key, names(runEn[key])]);
  for (const key of Object.keys(reportEn) as ReportKey[])
    expect([key, names(reportZh[key])]).toEqual([key, names(reportEn[key])]);
});

describe('messages', () => {
  test('are filled in, and choose their number', () => {
    expect(fill('{n} page of {total}|{n} pages of {total}', { n: 1, total: 7 }, 'en')).toBe('1 page of 7');
    expect(fill('{n} page|{n} pages', { n: 0 }, 'en')).toBe('0 pages');
    expect(fill('{unknown} stays', {}, 'en')).toBe('{unknown} stays');
  });

  test('change with the language; sentences of the model fall back to their own', async () => {
    const words = createTranslator();
    await words.choose('zh');
    expect(words.t('request.allocate')).toBe('分配');
    expect(words.said({ key: 'preset.tiny.title', args: {}, text: 'Tiny' })).toBe('64 MiB');
    expect(words.said({ key: 'unheard.of', args: {}, text: 'As it is.' })).toBe('As it is.');
    await words.choose('en');
    expect(words.t('request.allocate')).toBe('Allocate');
  });
});

test('numbers and sizes', () => {
  expect(grouped(1234567)).toBe('1\u202f234\u202f567');
  expect(grouped(12)).toBe('12');
  expect(hex(115938)).toBe('0x1c4e2');
  expect([1, 8, 256, 3977, 2 ** 20, 2 ** 32].map(size)).toEqual([
    '4\u202fKiB',
    '32\u202fKiB',
    '1\u202fMiB',
    '15.5\u202fMiB',
    '4\u202fGiB',
    '16\u202fTiB',
  ]);
});
