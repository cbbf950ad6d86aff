import { describe, expect, test } from 'vitest';
import { createTranslator } from '../locale/index.ts';
import type { State } from '../worker/api.ts';
import type { FreeAreas } from '../worker/model.ts';
import { areaDeltas } from './area-deltas.ts';
import { FLAGS } from './gfp-flags.ts';
import { fieldsOf, formOf, withDistance, withNode, withoutNode } from './machine-form-state.ts';
import { walkOf } from './scenes.ts';

test('the flags are the 23 bits of 5.10, each once', () => {
  const bits = FLAGS.map(({ bit }) => bit).sort((a, b) => a - b);
  expect(bits).toEqual(Array.from({ length: 23 }, (_, i) => 2 ** i));
});

describe('changes of free areas', () => {
  const areas = (zone: number, ...counts: number[][]) => ({ zone, counts }) as unknown as FreeAreas;
  test('are by cell', () => {
    const deltas = areaDeltas(areas(2, [4, 0], [7, 1]), areas(2, [3, 0], [7, 3]));
    expect([...deltas]).toEqual([
      ['0/0', -1],
      ['1/1', 2],
    ]);
  });
  test('are none between zones', () => {
    expect(areaDeltas(areas(1, [4]), areas(2, [5])).size).toBe(0);
    expect(areaDeltas(undefined, areas(2, [5])).size).toBe(0);
  });
});

describe('the machine form', () => {
  const form = {
    nodes: [
      { mib: 4096, cpus: 4 },
      { mib: 2048, cpus: 0 },
    ],
    distances: [
      [10, 21],
      [22, 10],
    ],
  };
  const fields = fieldsOf(form, 'two-node', true);

  test('shows a preset as text and gives back what was typed', () => {
    expect(fields.nodes[1]).toEqual({ mib: '2048', cpus: '0', hotpluggable: false });
    const typed = formOf({ ...fields, cmdline: 'mem=lots' });
    expect(typed).toMatchObject({
      preset: 'two-node',
      cmdline: 'mem=lots',
      distances: [
        ['10', '21'],
        ['22', '10'],
      ],
    });
  });

  test('keeps its matrix square', () => {
    const three = withNode(fields);
    expect(three.distances).toEqual([
      ['10', '21', '20'],
      ['22', '10', '20'],
      ['20', '20', '10'],
    ]);
    expect(withoutNode(withDistance(three, 0, 2, '31'), 1).distances).toEqual([
      ['10', '31'],
      ['20', '10'],
    ]);
  });
});

test('a walk stops where pages were asked for, and nowhere between attempts', () => {
  const step = (kind: string, key: string, zone: number) => ({ kind, key, zone, args: { mark: 'low' } });
  const steps = [
    step('fail', 'mark.below', 2),
    step('fail', 'slow.noProspect', 1),
    step('pass', 'slow.prospect', 2),
    step('info', 'slow.unreserve', 3),
  ];
  const state = { why: { steps } } as unknown as State;
  expect(walkOf(state, createTranslator())).toEqual([{ zone: 2, verdict: 'fail', label: 'below low' }]);
});
