import { expect, test } from 'vitest';
import { CommandLog } from './log.ts';

const noted = (log: CommandLog) => [...log].map(({ name, args }) => [name, ...args]);

test('a run is noted as it went, slices towards the same end as one', () => {
  const log = new CommandLog();
  log.note('boot', [{}]);
  log.note('startRun', ['first']);
  log.note('continueRun', [100, 64]);
  log.note('startRun', ['second']);
  log.note('continueRun', [100, 64]);
  log.note('continueRun', [100, 128]);
  log.note('stepRun', ['decision', 1]);
  log.note('stepRun', ['decision', 1]);
  log.note('stepRun', ['jiffy', 1]);
  log.note('continueRun', [200, 64]);
  expect(noted(log)).toEqual([
    ['boot', {}],
    ['startRun', 'second'],
    ['continueRun', 100, 192],
    ['stepRun', 'decision', 2],
    ['stepRun', 'jiffy', 1],
    ['continueRun', 200, 64],
  ]);
});

test('a run that was closed is forgotten', () => {
  const log = new CommandLog();
  log.note('boot', [{}]);
  log.note('startRun', ['text']);
  log.note('continueRun', [100, 64]);
  log.note('runDecisions', [0, 10]);
  log.note('closeRun', []);
  log.note('free', [2]);
  expect(noted(log)).toEqual([
    ['boot', {}],
    ['free', 2],
  ]);
});
