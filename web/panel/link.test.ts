import { describe, expect, test } from 'vitest';
import { readLink, writeLink } from './link.ts';
import { FIRST_REQUEST } from './store.ts';

test('what is written is read', () => {
  const request = { ...FIRST_REQUEST, gfp: 'GFP_ATOMIC|__GFP_COMP', order: '3', policy: 'bind:0-1' };
  const hash = writeLink({ preset: 'two-node', request, theme: 'dark', language: 'zh' });
  expect(readLink(hash)).toEqual({
    state: {
      preset: 'two-node',
      request: { gfp: 'GFP_ATOMIC|__GFP_COMP', order: '3', policy: 'bind:0-1' },
      theme: 'dark',
      language: 'zh',
    },
  });
});

test('no link is no problem', () => {
  expect(readLink('')).toEqual({ state: { request: {} } });
  expect(readLink('#')).toEqual({ state: { request: {} } });
});

describe('hostile links are refused, and the rest is used', () => {
  test.each([
    ['gfp', '<img src=x onerror=alert(1)>'],
    ['gfp', 'A'.repeat(301)],
    ['order', '99999999999999999999'],
    ['order', '-1'],
    ['count', '1e9'],
    ['policy', 'bind:0,1;x'],
    ['theme', 'constructor'],
    ['lang', '__proto__'],
    ['__proto__', 'x'],
    ['constructor', 'x'],
    ['preset', '../../etc'],
  ])('%s = %s', (field, value) => {
    const values = new URLSearchParams({ v: '1', cpu: '2' });
    values.append(field, value);
    const { state, problem } = readLink(`#${values}`);
    expect(problem).toEqual({ kind: 'field', field });
    expect(state).toEqual({ request: { cpu: '2' } });
  });

  test('too long, another version, not even text', () => {
    expect(readLink(`#${'v=1&'.repeat(5000)}`).problem).toEqual({ kind: 'tooLong' });
    expect(readLink('#v=2&order=3')).toEqual({ state: { request: {} }, problem: { kind: 'version' } });
    expect(readLink('#%E0%A4%A').problem).toEqual({ kind: 'version' });
  });
});
