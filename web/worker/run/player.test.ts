import { expect, test, vi } from 'vitest';
import type { Host } from '../host.ts';
import type { RunView } from '../model.ts';
import { RunPlayer } from './player.ts';

/** A run in which every turn takes a millisecond and every fourth is a jiffy, until somebody is stuck. */
function host(stuckAt = Number.POSITIVE_INFINITY) {
  const calls: string[] = [];
  let turns = 0;
  const view = () =>
    ({ ms: Math.floor(turns / 4) * 4, decisions: turns, state: turns < stuckAt ? 'going' : 'stuck' }) as RunView;
  const call = (name: string, ...args: unknown[]) => {
    calls.push(name === 'startRun' ? name : `${name} ${args.join(' ')}`);
    if (name === 'startRun') turns = 0;
    if (name === 'stepRun') turns += 1;
    if (name === 'continueRun') turns = Math.min(stuckAt, Number(args[0]), turns + Number(args[1]));
    return view();
  };
  return { host: { call } as unknown as Host, calls };
}

const player = (made: Host) => new RunPlayer(made, 'text', vi.fn(), vi.fn());

test('it goes on to a time, in slices', async () => {
  const { host: made, calls } = host();
  const run = player(made);
  await run.seek(200);
  expect(run.view.ms).toBe(200);
  expect(calls[0]).toBe('startRun');
  expect(calls.length).toBeGreaterThan(2);
});

test('times are whole jiffies, and going back is beginning again', async () => {
  const { host: made, calls } = host();
  const run = player(made);
  await run.seek(101);
  expect(run.view.ms).toBe(104);
  await run.seek(40);
  expect(run.view.ms).toBe(40);
  expect(calls.filter((call) => call === 'startRun')).toHaveLength(2);
});

test('it ends where nobody can go on', async () => {
  const { host: made } = host(50);
  const run = player(made);
  await run.seek(10_000);
  expect(run.view).toMatchObject({ ms: 48, state: 'stuck' });
});

test('nothing to do before a time ends the search for it', async () => {
  const still = { ms: 8, decisions: 3, state: 'going' } as RunView;
  const run = player({ call: () => still } as unknown as Host);
  await run.seek(100);
  expect(run.view.ms).toBe(8);
});

test('a step ends what is under way', async () => {
  const { host: made } = host();
  const run = player(made);
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 7;
    return now;
  });
  const going = run.seek(1_000_000);
  run.step('decision', 1);
  await going;
  expect(run.view.ms).toBeLessThan(1_000_000);
  vi.restoreAllMocks();
});
