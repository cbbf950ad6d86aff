import { expect, test } from 'vitest';
import { type MachineView, pageCode } from './model.ts';
import { presentSpans } from './spans.ts';
import type { Sampler } from './stage.ts';

/** Memory from page 4096 to 30 000 and from 900 000 to 1 048 576. */
const present = (pfn: number) => (pfn >= 4096 && pfn < 30_000) || (pfn >= 900_000 && pfn < 1_048_576);

const sample: Sampler = (count, fill) => {
  const pfns = new Uint32Array(count);
  fill(pfns);
  return { pfns, codes: Uint16Array.from(pfns, (pfn) => (present(pfn) ? pageCode.free : pageCode.hole)) };
};

function machine(startPfn: number, spanned: number, pages: number): MachineView {
  return { nodes: [{ zones: [{ id: 1, startPfn, spanned, present: pages }] }] } as unknown as MachineView;
}

test('long holes are left out, whatever else is shown', () => {
  const spans = presentSpans(machine(4096, 1_044_480, 174_480), sample);
  expect(spans).toHaveLength(2);
  expect(spans[0]).toMatchObject({ zone: 1, start: 4096 });
  expect(spans[0]?.end).toBeGreaterThanOrEqual(30_000);
  expect(spans[1]?.start).toBeLessThanOrEqual(900_000);
  expect(spans[1]?.end).toBe(1_048_576);
});

test('a zone without long holes is one span', () => {
  expect(presentSpans(machine(4096, 25_904, 25_000), sample)).toEqual([{ zone: 1, start: 4096, end: 30_000 }]);
});
