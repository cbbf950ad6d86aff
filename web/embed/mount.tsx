import { useSignal } from '@preact/signals';
// biome-ignore lint/suspicious/noDeprecatedImports: only its form with three arguments is
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { createTranslator } from '../locale/index.ts';
import { type App, AppContext } from '../panel/app-context.ts';
import { FreeAreasPanel } from '../panel/free-areas.tsx';
import { MachineCanvas } from '../panel/machine-view.tsx';
import { Notices } from '../panel/notices.tsx';
import { PageMap } from '../panel/page-map.tsx';
import { startWorker } from '../panel/start-worker.ts';
import { createStore } from '../panel/store.ts';
import { DEFAULT_PRESET, DEFAULT_SEED, storyOf } from '../panel/stories.ts';
import { createTheme } from '../panel/theme.ts';
import { WhyPanel } from '../panel/why.tsx';
import base from '../style/base.css?inline';
import embedded from '../style/embedded.css?inline';
import tokens from '../style/tokens.css?inline';
import views from '../style/views.css?inline';
import why from '../style/why.css?inline';

export type View = 'machine' | 'pages' | 'free' | 'why';

interface Options {
  view: View;
  machine: string | undefined;
  seed: string | undefined;
  theme: string | undefined;
  language: string;
}

export interface Mounted {
  close(): void;
}

const VIEWS = { machine: MachineCanvas, pages: PageMap, free: FreeAreasPanel, why: WhyPanel } as const;

/** Fills the element's shadow root with one view of a machine of its own. */
export function mount(host: HTMLElement, root: ShadowRoot, options: Options): Mounted {
  root.adoptedStyleSheets = [sheet([tokens, base, views, why, embedded].join('\n'))];
  const words = createTranslator(options.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
  const theme = createTheme(host);
  if (options.theme === 'light' || options.theme === 'dark') theme.set(options.theme);
  const store = createStore(startWorker());
  render(<Embedded app={{ store, words, theme }} options={options} />, root);
  return {
    close() {
      render(null, root);
      store.client.close();
      theme.close();
    },
  };
}

function Embedded({ app, options }: { app: App; options: Options }) {
  const { store } = app;
  const problem = useSignal('');
  useEffect(() => {
    void store.started.then(async () => {
      const seed = options.seed === undefined ? DEFAULT_SEED : Number(options.seed);
      const story = storyOf({ preset: options.machine ?? DEFAULT_PRESET }, seed);
      const errors = await store.attempt(() => store.begin(story));
      problem.value = Object.entries(errors)
        .map(([field, message]) => `${field}: ${message}`)
        .join(' ');
    });
  }, [store, options, problem]);
  const Shown = VIEWS[options.view];
  return (
    <AppContext.Provider value={app}>
      <div class={`embedded ${options.view}-view`}>
        <Notices />
        {problem.value === '' ? (
          <Shown />
        ) : (
          <p class="error" role="alert">
            {problem.value}
          </p>
        )}
      </div>
    </AppContext.Provider>
  );
}

function sheet(css: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}
