import { expect, test } from 'vitest';
import { fits } from './check-licenses.mjs';

test.each([
  'MIT',
  'GPL-2.0-only',
  'MIT OR Apache-2.0',
  'MIT/Apache-2.0',
  '(MIT OR Apache-2.0) AND Unicode-3.0',
  'Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT',
])('%s fits', (license) => {
  expect(fits(license)).toBe(true);
});

test.each(['Apache-2.0', 'GPL-3.0-only', 'MIT AND Apache-2.0', 'MPL-2.0', 'SEE LICENSE IN file', undefined])(
  '%s does not fit',
  (license) => {
    expect(fits(license)).toBe(false);
  },
);
