import type { Translator } from './index.ts';
import { createPanelWords } from './panel-words.ts';
import { en } from './run.en.ts';

export type RunKey = keyof typeof en;
export type RunMessages = Record<RunKey, string>;

/** Words of the scenario panels. */
export const createRunWords = (words: Translator) =>
  createPanelWords<RunKey>(words, en, async () => (await import('./run.zh.ts')).zh);

export type RunWords = ReturnType<typeof createRunWords>;
