// What happens on a machine before a person does anything: enough for every view to have something to say.

import type { Story } from '../worker/api.ts';
import type { AllocForm, MachineForm } from '../worker/model.ts';

export const DEFAULT_PRESET = 'two-node';
export const DEFAULT_SEED = 1;

function request(gfp: string, order: number, cpu: number, more: Partial<AllocForm> = {}): AllocForm {
  return { gfp, order, cpu, policy: 'default', count: 1, ...more };
}

/**
 * A life by seed, a few requests of different kinds, and then a network burst on one node that cannot wait: it digs into
 * the reserves until even those are used up. The request that failed is the one explained.
 */
export function storyOf(form: MachineForm, seed: number = DEFAULT_SEED): Story {
  return {
    form,
    age: Number.isSafeInteger(seed) && seed >= 0 ? seed : DEFAULT_SEED,
    requests: [
      request('GFP_KERNEL', 0, 0),
      request('GFP_HIGHUSER_MOVABLE', 0, 0, { count: 3, lru: true }),
      request('GFP_KERNEL|__GFP_COMP|__GFP_ZERO', 2, 0),
      request('GFP_HIGHUSER_MOVABLE|__GFP_COMP', 9, 0),
      request('GFP_ATOMIC|__GFP_COMP|__GFP_NOWARN|__GFP_THISNODE', 3, 0, { count: 2000 }),
    ],
  };
}
