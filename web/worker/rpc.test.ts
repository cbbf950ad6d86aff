import { expect, test } from 'vitest';
import { connect, serve } from './rpc.ts';

interface Api {
  add(a: number, b: number): number;
  refuse(): void;
  fail(): void;
}

function pair(): { here: MessagePort; there: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  port1.start();
  port2.start();
  return { here: port1, there: port2 };
}

const api: Api = {
  add: (a, b) => a + b,
  refuse() {
    throw { field: 'order', message: 'no' };
  },
  fail() {
    throw new TypeError('broken');
  },
};

test('calls are answered, refused as they were, and failures told', async () => {
  const { here, there } = pair();
  serve(there, api);
  const remote = connect<Api>(here);
  expect(await Promise.all([remote.add(1, 2), remote.add(3, 4)])).toEqual([3, 7]);
  await expect(remote.refuse()).rejects.toEqual({ field: 'order', message: 'no' });
  await expect(remote.fail()).rejects.toEqual({ name: 'TypeError', message: 'broken' });
  here.close();
});

test('calls wait for what is still to come, in order', async () => {
  const { here, there } = pair();
  const seen: number[] = [];
  let offer: (api: object) => void = () => undefined;
  serve(there, new Promise<object>((resolve) => (offer = resolve)));
  const remote = connect<{ note(n: number): void }>(here);
  const calls = [1, 2, 3].map((n) => remote.note(n));
  offer({ note: (n: number) => void seen.push(n) });
  await Promise.all(calls);
  expect(seen).toEqual([1, 2, 3]);
  here.close();
});

test('only what is offered can be called', async () => {
  const { here, there } = pair();
  serve(there, api);
  const remote = connect<{ toString(): string; constructor(): void }>(here);
  await expect(remote.constructor()).rejects.toMatchObject({ message: 'no method constructor' });
  here.close();
});
