import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Translator } from '../locale/index.ts';
import type { Store } from './store.ts';
import type { Theme } from './theme.ts';

/** What every panel needs. */
export interface App {
  store: Store;
  words: Translator;
  theme: Theme;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('a panel outside of its app');
  return app;
}
