// The wasm modules, and how to get new instances of them when one has died. The first boots machines; the others play
// recordings and run scenarios, and are fetched when one is first opened. Together they are one session.

import * as machineModule from '../wasm/machine.js';
import type { ModelError, Session } from './model.ts';
import { once } from './once.ts';

/** What plays recordings, what runs scenarios, and what reads texts. */
export type Extra = 'recorder' | 'workload' | 'reader';

export interface Engine {
  version: string;
  session: Session;
  /** The memory that addresses answered by the session are in. */
  readonly memory: WebAssembly.Memory;
  /** What the model said before it stopped, if it did. */
  lastWords(): string | undefined;
  /** Fresh instances in place of these. */
  renew(): Engine;
  /** Fetches a module that is not always needed. */
  prepare(module: Extra): Promise<void>;
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

/** What is asked of the recording or the run while one is shown, and of the machine otherwise. */
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

/** What one of the other modules answers: what opens it, what closes it, and everything between. */
const OTHERS = {
  recorder: {
    field: 'recording',
    open: 'loadRecording',
    close: 'closeRecording',
    between: ['stepRecording', 'rewindRecording', 'recordingWhy'],
    shown: 'a recording is shown; close it first',
  },
  workload: {
    field: 'run',
    open: 'startRun',
    close: 'closeRun',
    between: ['scenarios', 'stepRun', 'continueRun', 'runSamples', 'runLane', 'runDecisions', 'runTexts', 'exportRun'],
    shown: 'a scenario is shown; close it first',
  },
} as const satisfies Record<
  Exclude<Extra, 'reader'>,
  { field: string; open: keyof Session; close: keyof Session; between: (keyof Session)[]; shown: string }
>;

type Other = keyof typeof OTHERS;

const PLAYERS = Object.keys(OTHERS) as Other[];
const EXTRAS: readonly Extra[] = [...PLAYERS, 'reader'];

/** What the reader alone answers. The machine that it opens takes the place of the booted one. */
const READER = ['readText', 'openText'] satisfies (keyof Session)[] as string[];

const LOAD: Record<Extra, () => Promise<unknown>> = {
  recorder: () => import('../wasm/recorder.js'),
  workload: () => import('../wasm/workload.js'),
  reader: () => import('../wasm/reader.js'),
};

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

function engineOf(machine: Part, loaded: Partial<Record<Extra, Part>> = {}): Engine {
  const others = { ...loaded };
  let showing: Other | undefined;
  let colors: unknown[] | undefined;
  /** Whether the machine is the reader's. */
  let read = false;

  const base = () => (read ? others.reader : undefined) ?? machine;
  const shown = () => (showing && others[showing]) ?? base();

  function call(name: string, args: unknown[]): unknown {
    if (name === 'mapColors') colors = args;
    if (READER.includes(name)) return callReader(name, args);
    const other = PLAYERS.find((candidate) => owns(candidate, name));
    if (other !== undefined) return callOther(other, name, args);
    if (SHOWN.includes(name)) return invoke(shown(), name, args);
    if (showing !== undefined && !ALWAYS.includes(name)) throw refusal(showing, OTHERS[showing].shown);
    const result = invoke(ALWAYS.includes(name) ? machine : base(), name, args);
    if (name === 'boot') read = false;
    return result;
  }

  function callReader(name: string, args: unknown[]): unknown {
    const part = others.reader;
    if (part === undefined) throw { field: 'text', message: 'no text is loaded' } satisfies ModelError;
    const result = invoke(part, name, args);
    if (name === 'openText' && colors !== undefined) invoke(part, 'mapColors', colors);
    if (name === 'openText') read = true;
    return result;
  }

  function callOther(extra: Other, name: string, args: unknown[]): unknown {
    const part = others[extra];
    const { open, close } = OTHERS[extra];
    if (part === undefined) throw refusal(extra, `no ${OTHERS[extra].field} is loaded`);
    const result = invoke(part, name, args);
    if (name === open && colors !== undefined) invoke(part, 'mapColors', colors);
    if (name === open) showing = extra;
    if (name === close && showing === extra) showing = undefined;
    return result;
  }

  // Started twice, a module would have two instances, and sessions of the first would be looked for in the second.
  const prepare = once(async (extra: Extra) => {
    others[extra] ??= await start((await LOAD[extra]()) as Bindings);
  });

  const parts = () => [machine, ...EXTRAS.flatMap((extra) => others[extra] ?? [])];
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
    lastWords: () => parts().flatMap(({ bindings }) => bindings.lastPanic() ?? [])[0],
    renew: () => engineOf(restart(machine), Object.fromEntries(loadedParts())),
    prepare,
    sabotage: () => void Object.assign(shown().session, { __wbg_ptr: 0xffff_fff0 }),
  };

  function loadedParts(): [Extra, Part][] {
    return EXTRAS.flatMap((extra) => {
      const part = others[extra];
      return part === undefined ? [] : [[extra, restart(part)] as [Extra, Part]];
    });
  }
}

function owns(extra: Other, name: string): boolean {
  const { open, close, between } = OTHERS[extra];
  return name === open || name === close || (between as readonly string[]).includes(name);
}

function invoke(part: Part, name: string, args: unknown[]): unknown {
  const method = part.session[name];
  if (method === undefined) throw new Error(`the session has no method ${name}`);
  return method.apply(part.session, args);
}

function refusal(extra: Other, message: string): ModelError {
  return { field: OTHERS[extra].field, message };
}
