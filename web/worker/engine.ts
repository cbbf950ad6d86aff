// The wasm module, and how to get a new instance of it when one has died.

import init, {
  __wbg_reset_state,
  type InitOutput,
  initSync,
  lastPanic,
  version,
  Session as WasmSession,
} from '../wasm/buddyscope.js';
import type { Session } from './model.ts';

export interface Engine {
  version: string;
  session: Session;
  memory: WebAssembly.Memory;
  /** What the model said before it stopped, if it did. */
  lastWords(): string | undefined;
  /** A fresh instance in place of this one. */
  renew(): Engine;
}

export async function loadEngine(): Promise<Engine> {
  return engineOf(await init());
}

function engineOf({ memory }: InitOutput): Engine {
  return {
    version: version(),
    session: new WasmSession() as unknown as Session,
    memory,
    lastWords: lastPanic,
    renew() {
      __wbg_reset_state();
      return engineOf(currentExports());
    },
  };
}

/** Once loaded, the bindings answer with the instance that they have. */
const currentExports = initSync as unknown as () => InitOutput;
