// Words that are fetched with the panels that need them, as those of the page are with the page.

import { signal } from '@preact/signals';
import { type Args, fill, type Language, type Translator } from './index.ts';

/** `t` for the panels' own words, in the language of the page's. `load` fetches those of another language. */
export function createPanelWords<Key extends string>(
  words: Translator,
  en: Record<Key, string>,
  load: () => Promise<Record<Key, string>>,
) {
  let asked = false;
  const loaded = signal<Partial<Record<Language, Record<Key, string>>>>({ en });

  function messages(): Record<Key, string> {
    const known = loaded.value[words.language];
    if (known !== undefined) return known;
    if (!asked) void fetchOthers();
    return en;
  }

  async function fetchOthers(): Promise<void> {
    asked = true;
    const zh = await load();
    loaded.value = { ...loaded.value, zh };
  }

  return {
    t(key: Key, args: Args = {}): string {
      return fill(messages()[key], args, words.language);
    },
    has: (key: string): key is Key => Object.hasOwn(en, key),
  };
}
