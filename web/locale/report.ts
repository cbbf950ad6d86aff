import type { Translator } from './index.ts';
import { createPanelWords } from './panel-words.ts';
import { en } from './report.en.ts';

export type ReportKey = keyof typeof en;
export type ReportMessages = Record<ReportKey, string>;

/** Words of the panels that read a person's own texts. */
export const createReportWords = (words: Translator) =>
  createPanelWords<ReportKey>(words, en, async () => (await import('./report.zh.ts')).zh);

export type ReportWords = ReturnType<typeof createReportWords>;
