// The wasm modules, and how to get new instances of them when one has died. The first boots machines; the second plays
// recordings and is fetched when one is first opened. Together they are one session.

import * as machineModule from '../wasm/machine.js';
import type { ModelError, Session } from './model.ts';

export interface Engine {
  version: string;
  session: Session;
  /** The memory that addresses answered by the session are in. */
  readonly memory: WebAssembly.Memory;
  /** What the model said before it stopped, if it did. */
  lastWords(): string | undefined;
  /** Fresh instances in place of these. */
  renew(): Engine;
  /** Fetches what plays recordings. */
  prepareRecordings(): Promise<void>;
  /** Lets the next call run into a trap, as a defect would. For tests of the recovery alone. */
  sabotage(): void;
}

/** What the bindings of both modules have in common. */
interface Bindings {
  default: () => Promise<{ memory: WebAssembly.Memory }>;
  initSync: unknown;
  __wbg_reset_state(): void;
  lastPanic(): string | undefined;
  Session: new () => object;
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** One module with its instance and session. */
interface Part {
  bindings: Bindings;
  memory: WebAssembly.Memory;
  session: Methods;
}

/** What is asked of the recording while one is shown, and of the machine otherwise. */
const SHOWN = [
  'machine',
  'freeAreas',
  'allocations',
  'previewSysctl',
  'page',
  'samplePfns',
  'sample',
  'mapTiles',
  'mapColors',
  'mapCodes',
  'mapDraw',
  'mapPfn',
  'mapCell',
  'hash',
] satisfies (keyof Session)[] as string[];

const PLAYING = [
  'loadRecording',
  'stepRecording',
  'rewindRecording',
  'recordingWhy',
  'closeRecording',
] satisfies (keyof Session)[] as string[];

/** What the machine answers whether it is shown or not. */
const ALWAYS = ['boot', 'presets', 'gfp'] satisfies (keyof Session)[] as string[];

export async function loadEngine(): Promise<Engine> {
  return engineOf(await start(machineModule as unknown as Bindings));
}

async function start(bindings: Bindings): Promise<Part> {
  const { memory } = await bindings.default();
  return { bindings, memory, session: new bindings.Session() as Methods };
}

function restart({ bindings }: Part): Part {
  bindings.__wbg_reset_state();
  // Once loaded, the bindings answer with the instance that they have.
  const { memory } = (bindings.initSync as () => { memory: WebAssembly.Memory })();
  return { bindings, memory, session: new bindings.Session() as Methods };
}

function engineOf(machine: Part, recorder?: Part): Engine {
  let playing = false;
  let colors: unknown[] | undefined;

  const shown = () => (playing && recorder !== undefined ? recorder : machine);

  function call(name: string, args: unknown[]): unknown {
    if (name === 'mapColors') colors = args;
    if (PLAYING.includes(name)) return play(name, args);
    if (SHOWN.includes(name)) return invoke(shown(), name, args);
    if (playing && !ALWAYS.includes(name)) throw refusal('a recording is shown; close it first');
    return invoke(machine, name, args);
  }

  function play(name: string, args: unknown[]): unknown {
    if (recorder === undefined) throw refusal('no recording is loaded');
    const result = invoke(recorder, name, args);
    if (name === 'loadRecording' && colors !== undefined) invoke(recorder, 'mapColors', colors);
    if (name === 'loadRecording') playing = true;
    if (name === 'closeRecording') playing = false;
    return result;
  }

  return {
    version: machineModule.version(),
    session: new Proxy({} as Session, {
      get:
        (_target, name) =>
        (...args: unknown[]) =>
          call(String(name), args),
    }),
    get memory() {
      return shown().memory;
    },
    lastWords: () => machine.bindings.lastPanic() ?? recorder?.bindings.lastPanic(),
    renew: () => engineOf(restart(machine), recorder && restart(recorder)),
    async prepareRecordings() {
      recorder ??= await start((await import('../wasm/recorder.js')) as unknown as Bindings);
    },
    sabotage: () => void Object.assign(shown().session, { __wbg_ptr: 0xffff_fff0 }),
  };
}

function invoke(part: Part, name: string, args: unknown[]): unknown {
  const method = part.session[name];
  if (method === undefined) throw new Error(`the session has no method ${name}`);
  return method.apply(part.session, args);
}

function refusal(message: string): ModelError {
  return { field: 'recording', message };
}
