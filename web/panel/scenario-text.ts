import type { Translator } from '../locale/index.ts';
import type { Sentence } from '../worker/model.ts';

/** What a scenario says about itself. */
type Part = 'title' | 'about' | 'look';

/** A scenario's title, what it is about, or what to look for: translated if it came with the page. */
export function scenarioText<P extends Part>(
  scenario: { name?: string } & Record<P, string>,
  part: P,
  words: Translator,
): string {
  const sentence: Sentence = { key: `scenarios.${scenario.name ?? ''}.${part}`, args: {}, text: scenario[part] };
  return words.said(sentence);
}
