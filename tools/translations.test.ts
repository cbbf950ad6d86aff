import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { model } from '../web/locale/zh.ts';

const SOURCES = ['requests', 'decisions', 'reports'].map((name) => `crates/scenario/src/sentence/${name}.rs`);

/** Key and English template of every sentence that the model can say. */
function sentences(): Map<string, string> {
  const source = SOURCES.map((path) => readFileSync(path, 'utf8')).join('\n');
  const pairs = source.matchAll(/\(\s*"([\w.]+)",\s*"((?:[^"\\]|\\.)*)"\s*,?\s*\)/g);
  const english = new Map([...pairs].map(([, key = '', text = '']) => [key, text]));
  // A line of arithmetic: the same in every language.
  english.delete('split.line');
  return english;
}

/** `{pages#page}` is `{pages}` with its English noun. */
const names = (template: string) => [...new Set(template.match(/(?<=\{)\w+(?=[#}])/g))].sort();

test('every sentence of the model is translated, with the same arguments', () => {
  const english = sentences();
  expect(english.size).toBeGreaterThan(200);
  const wrong = [...english].filter(([key, text]) => {
    const translated = model[key];
    return translated === undefined || names(translated).join() !== names(text).join();
  });
  expect(wrong).toEqual([]);
});

test('every scenario that comes with the page is translated', () => {
  const files = readdirSync('crates/scenario/scenarios').map((file) => file.replace('.toml', ''));
  const missing = files
    .flatMap((name) => ['title', 'about', 'look'].map((part) => `scenarios.${name}.${part}`))
    .filter((key) => model[key] === undefined);
  expect(missing).toEqual([]);
});
