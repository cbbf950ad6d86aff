// Words of the scenario panels: like those of the page, but fetched with the panels.

import { signal } from '@preact/signals';
import { type Args, fill, type Language, type Translator } from './index.ts';
import { en } from './run.en.ts';

export type RunKey = keyof typeof en;
export type RunMessages = Record<RunKey, string>;

/** `t` for the panels' own words, in the language of the page's. */
export function createRunWords(words: Translator) {
  let asked = false;
  const loaded = signal<Partial<Record<Language, RunMessages>>>({ en });

  function messages(): RunMessages {
    const { language } = words;
    const known = loaded.value[language];
    if (known !== undefined) return known;
    if (!asked) void load();
    return en;
  }

  async function load(): Promise<void> {
    asked = true;
    const { zh } = await import('./run.zh.ts');
    loaded.value = { ...loaded.value, zh };
  }

  return {
    t(key: RunKey, args: Args = {}): string {
      return fill(messages()[key], args, words.language);
    },
    has: (key: string): key is RunKey => Object.hasOwn(en, key),
  };
}

export type RunWords = ReturnType<typeof createRunWords>;
