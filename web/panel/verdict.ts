import type { Key, Translator } from '../locale/index.ts';
import type { WhyStep } from '../worker/model.ts';

/** The verdict of a step, by the key of its sentence; a key that is not here says `taken` or `skipped`. */
const LABELS: Record<string, Key> = {
  'mark.pass': 'verdict.pass',
  'mark.unboosted': 'verdict.pass',
  'mark.negative': 'verdict.pass',
  'mark.below': 'verdict.below',
  'mark.noBlock': 'verdict.noBlock',
  nothing: 'verdict.nothing',
  'nothing.nofragment': 'verdict.nothing',
  'pcp.take': 'verdict.pcp',
  'block.exact': 'verdict.exact',
  'block.split': 'verdict.block',
  'block.cma': 'verdict.block',
  'block.highatomic': 'verdict.block',
};

/** A step in a word or two, for the canvas: under the zone it is about. */
export function verdictLabel(step: WhyStep, { t }: Translator): string {
  const other = step.kind === 'fail' ? 'verdict.skip' : 'verdict.taken';
  return t(LABELS[step.key] ?? other, step.args);
}
