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

test('turns add up to what one call takes', () => {
  const log = new CommandLog();
  log.note('startRun', ['text']);
  for (let i = 0; i < 4; i += 1) log.note('continueRun', [5000, 65_536]);
  for (let i = 0; i < 3; i += 1) log.note('stepRun', ['jiffy', 4000]);
  expect(noted(log).slice(1)).toEqual([
    ['continueRun', 5000, 196_608],
    ['continueRun', 5000, 65_536],
    ['stepRun', 'jiffy', 8000],
    ['stepRun', 'jiffy', 4000],
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
