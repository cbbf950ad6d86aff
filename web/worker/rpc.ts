// Calls across a worker's port: methods by name, answers by number. Small, typed, and all there is.

/** What the other side offers, as seen from here: every method answers with a promise. */
export type Remote<Api> = {
  [Name in keyof Api]: Api[Name] extends (...args: infer Args) => infer Answer
    ? (...args: Args) => Promise<Awaited<Answer>>
    : never;
};

/** The ends of a message channel, a worker or a worker's own scope. */
export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

interface Call {
  call: number;
  name: string;
  args: unknown[];
}

interface Answer {
  answer: number;
  value?: unknown;
  error?: unknown;
}

type Methods = Record<string, (...args: never[]) => unknown>;

/**
 * Answers calls from the other end, as soon as there is something to answer them with; until then they wait. What a
 * method throws arrives there as it is, if it can be cloned.
 */
export function serve(port: Port, offered: object | Promise<object>): void {
  port.addEventListener('message', async ({ data }: MessageEvent<Partial<Call>>) => {
    if (data.call === undefined || data.name === undefined) return;
    const answer: Answer = { answer: data.call };
    try {
      const api = await offered;
      const method = Object.hasOwn(api, data.name) ? (api as Methods)[data.name] : undefined;
      if (method === undefined) throw new Error(`no method ${data.name}`);
      answer.value = await method(...((data.args ?? []) as never[]));
    } catch (error) {
      answer.error = error instanceof Error ? { name: error.name, message: error.message } : error;
    }
    port.postMessage(answer);
  });
}

/** Calls the other end. Canvases and buffers among the arguments move there. */
export function connect<Api>(port: Port): Remote<Api> {
  let calls = 0;
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  port.addEventListener('message', ({ data }: MessageEvent<Partial<Answer>>) => {
    if (data.answer === undefined) return;
    const waiter = waiting.get(data.answer);
    waiting.delete(data.answer);
    if (data.error === undefined) waiter?.resolve(data.value);
    else waiter?.reject(data.error);
  });
  const call = (name: string, args: unknown[]) =>
    new Promise((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve, reject });
      port.postMessage({ call: calls, name, args } satisfies Call, args.filter(isTransferable));
    });
  return new Proxy({} as Remote<Api>, {
    get: (_target, name) => (typeof name === 'string' ? (...args: unknown[]) => call(name, args) : undefined),
  });
}

function isTransferable(value: unknown): value is Transferable {
  return value instanceof ArrayBuffer || (typeof OffscreenCanvas !== 'undefined' && value instanceof OffscreenCanvas);
}
