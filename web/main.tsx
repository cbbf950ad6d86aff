import './style/tokens.css';
import './style/base.css';
import './style/page.css';
import './style/forms.css';
import './style/views.css';
import './style/why.css';
import './style/dialogs.css';
import { signal } from '@preact/signals';
// biome-ignore lint/suspicious/noDeprecatedImports: only its form with three arguments is
import { render } from 'preact';
import { createTranslator } from './locale/index.ts';
import { App } from './panel/app.tsx';
import { type LinkProblem, type LinkState, readLink } from './panel/link.ts';
import { startWorker } from './panel/start-worker.ts';
import { createStore, type Store } from './panel/store.ts';
import { DEFAULT_PRESET, storyOf } from './panel/stories.ts';
import { createTheme } from './panel/theme.ts';

const root = document.querySelector('#app');
const supported = 'OffscreenCanvas' in window && 'WebAssembly' in window && 'Worker' in window;
if (root !== null && supported) open(root);
else if (root !== null) root.textContent = createTranslator().t('app.nowasm');

function open(root: Element): void {
  const { state, problem } = readLink(location.hash);
  const words = createTranslator(state.language ?? preferredLanguage());
  const theme = createTheme(document.documentElement);
  if (state.theme !== undefined) theme.set(state.theme);
  const store = createStore(startWorker());
  store.request.value = { ...store.request.value, ...state.request };
  if (import.meta.env.MODE === 'e2e') Object.assign(window, { sabotage: store.client.sabotage });
  // Another link in the address bar of an open page is another visit.
  addEventListener('hashchange', () => location.reload());
  const unread = signal(problem);
  render(<App app={{ store, words, theme }} problem={unread} />, root);
  void begin(store, state).then((told) => {
    unread.value ??= told;
  });
}

/** Boots the machine of the link. One that this version does not have is a problem of the link. */
async function begin(store: Store, { preset }: LinkState): Promise<LinkProblem | undefined> {
  await store.started;
  store.presets.value = await store.model.presets();
  const known = store.presets.value.some(({ name }) => name === preset);
  await store.attempt(() => store.begin(storyOf({ preset: known && preset ? preset : DEFAULT_PRESET })));
  return preset === undefined || known ? undefined : { kind: 'field', field: 'preset' };
}

function preferredLanguage(): 'en' | 'zh' {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
