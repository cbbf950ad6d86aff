import { expect, test } from 'vitest';
import { lineRange, placeInFile } from './place-in-file.ts';

test('an error names its line and field', () => {
  expect(placeInFile('line 12, task[0].do[1].rate')).toEqual({ line: 12, field: 'task[0].do[1].rate' });
  expect(placeInFile('line 3')).toEqual({ line: 3, field: '' });
  expect(placeInFile('run')).toBeUndefined();
});

test('a line is found in its text', () => {
  const text = 'format = 1\nseed = x\n';
  expect(text.slice(...lineRange(text, 2))).toBe('seed = x');
  expect(lineRange(text, 1)).toEqual([0, 10]);
  expect(lineRange(text, 99)).toEqual([20, 20]);
});
