import type { Translator } from '../locale/index.ts';

/** A preset's title or gloss: translated where it is known, as the model says it otherwise. */
export function presetText(name: string, text: string, part: 'title' | 'gloss', words: Translator): string {
  return words.said({ key: `preset.${name}.${part}`, args: {}, text });
}
