import type { Translator } from '../locale/index.ts';
import type { WhyStep } from '../worker/model.ts';

/** A step in a word or two, for the canvas: under the zone it is about. */
export function verdictLabel(step: WhyStep, _words: Translator): string {
  return step.kind;
}
