import { expect, test } from 'vitest';
import { once } from './once.ts';

test('what is asked for twice before it is there is loaded once', async () => {
  const loads: string[] = [];
  let arrive = () => {};
  const load = once((key: string) => {
    loads.push(key);
    return new Promise<void>((resolve) => {
      arrive = resolve;
    });
  });
  const both = [load('a'), load('a')];
  arrive();
  await Promise.all(both);
  await load('a');
  expect(loads).toEqual(['a']);
});

test('what failed is loaded anew', async () => {
  let tries = 0;
  const load = once(async (_key: string) => {
    tries += 1;
    if (tries === 1) throw new Error('offline');
  });
  await expect(load('a')).rejects.toThrow('offline');
  await load('a');
  expect(tries).toBe(2);
});
