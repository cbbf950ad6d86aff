// One session, guarded: what a person gets wrong is passed on, and a defect of the model costs no more than a moment.

import type { Engine, Extra } from './engine.ts';
import { CommandLog } from './log.ts';
import type { ModelError, Session } from './model.ts';

type Method = keyof Session;

/** The model stopped while it ran a call. */
export class Defect extends Error {
  override readonly name = 'Defect';
  readonly restored: boolean;

  constructor(message: string, restored: boolean) {
    super(message);
    this.restored = restored;
  }
}

export class Host {
  private engine: Engine;
  private log = new CommandLog();
  private readonly onDefect: (defect: Defect) => void;

  constructor(engine: Engine, onDefect: (defect: Defect) => void) {
    this.engine = engine;
    this.onDefect = onDefect;
  }

  get memory(): WebAssembly.Memory {
    return this.engine.memory;
  }

  get version(): string {
    return this.engine.version;
  }

  /** Fetches what plays recordings or runs scenarios; needed before one is opened. */
  prepare(extra: Extra): Promise<void> {
    return this.engine.prepare(extra);
  }

  /** Calls the session. Throws a ModelError as it came, and a {@link Defect} once the machine is back as it was. */
  call<Name extends Method>(name: Name, ...args: Parameters<Session[Name]>): ReturnType<Session[Name]> {
    let result: ReturnType<Session[Name]>;
    try {
      result = invoke(this.engine.session, name, args) as ReturnType<Session[Name]>;
    } catch (error) {
      if (isModelError(error)) throw error;
      throw this.recover(error);
    }
    this.log.note(name, args);
    return result;
  }

  /** Lets the next call run into a trap, as a defect would. For tests of the recovery alone. */
  sabotage(): void {
    this.engine.sabotage();
  }

  private recover(cause: unknown): Defect {
    const words = this.lastWords() ?? (cause instanceof Error ? cause.message : String(cause));
    const restored = this.restore();
    const defect = new Defect(words, restored);
    this.onDefect(defect);
    return defect;
  }

  private lastWords(): string | undefined {
    try {
      return this.engine.lastWords();
    } catch {
      return undefined;
    }
  }

  private restore(): boolean {
    this.engine = this.engine.renew();
    try {
      for (const { name, args } of this.log) invoke(this.engine.session, name, args);
      return true;
    } catch {
      this.engine = this.engine.renew();
      this.log = new CommandLog();
      return false;
    }
  }
}

function invoke(session: Session, name: Method, args: unknown[]): unknown {
  const method = session[name] as (...args: unknown[]) => unknown;
  return method.apply(session, args);
}

export function isModelError(error: unknown): error is ModelError {
  if (typeof error !== 'object' || error === null || error instanceof Error) return false;
  return 'field' in error && 'message' in error;
}
