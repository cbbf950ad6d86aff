import { expect, test, vi } from 'vitest';
import type { Engine } from './engine.ts';
import { type Defect, Host } from './host.ts';
import type { Session } from './model.ts';

/** A session that notes its calls and traps on a free of 13. */
function engine(calls: string[], generation = 1): Engine {
  const note = (name: string) => (arg: unknown) => {
    calls.push(`${generation} ${name} ${JSON.stringify(arg)}`);
    if (arg === 13) throw new WebAssembly.RuntimeError('unreachable');
    if (arg === 'bad') throw { field: 'id', message: 'bad' };
    return name;
  };
  const names = [
    'boot',
    'age',
    'free',
    'machine',
    'stepRecording',
    'loadRecording',
    'rewindRecording',
    'closeRecording',
  ];
  const session = Object.fromEntries(names.map((name) => [name, note(name)])) as unknown as Session;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const renew = () => engine(calls, generation + 1);
  const lastWords = () => 'panicked at free';
  return { version: 'x', session, memory, lastWords, renew, prepare: async () => {}, sabotage: () => {} };
}

test('a trap starts a new instance and does everything again but what trapped', () => {
  const calls: string[] = [];
  const heard = vi.fn<(defect: Defect) => void>();
  const host = new Host(engine(calls), heard);
  host.call('boot', {});
  host.call('age', 7);
  host.call('machine');
  expect(() => host.call('free', 13)).toThrow('panicked at free');
  expect(calls.slice(4)).toEqual(['2 boot {}', '2 age 7']);
  expect(heard.mock.calls[0]?.[0]).toMatchObject({ message: 'panicked at free', restored: true });
  host.call('free', 1);
  expect(calls.at(-1)).toBe('2 free 1');
});

test('what a person got wrong is passed on, and not done again', () => {
  const calls: string[] = [];
  const host = new Host(engine(calls), vi.fn());
  host.call('boot', {});
  expect(() => host.call('free', 'bad' as unknown as number)).toThrow(expect.objectContaining({ field: 'id' }));
  expect(() => host.call('free', 13)).toThrow();
  expect(calls.slice(3)).toEqual(['2 boot {}']);
});

test('a recording that was closed is not loaded again', () => {
  const calls: string[] = [];
  const host = new Host(engine(calls), vi.fn());
  host.call('boot', {});
  host.call('loadRecording', 'rec', {});
  host.call('stepRecording', 5);
  host.call('closeRecording');
  host.call('free', 2);
  expect(() => host.call('free', 13)).toThrow();
  expect(calls.filter((call) => call.startsWith('2'))).toEqual(['2 boot {}', '2 free 2']);
});

test('steps of a recording are run again as one, from its start', () => {
  const calls: string[] = [];
  const host = new Host(engine(calls), vi.fn());
  host.call('boot', {});
  host.call('loadRecording', 'rec', {});
  host.call('stepRecording', 5);
  host.call('rewindRecording');
  for (let i = 0; i < 3; i += 1) host.call('stepRecording', 64);
  expect(() => host.call('free', 13)).toThrow();
  expect(calls.filter((call) => call.startsWith('2'))).toEqual([
    '2 boot {}',
    '2 loadRecording "rec"',
    '2 stepRecording 192',
  ]);
});
