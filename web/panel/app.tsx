import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Allocations } from './allocations.tsx';
import { AppContext, type App as AppValue } from './app-context.ts';
import { FreeAreasPanel } from './free-areas.tsx';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { createHotkeys } from './hotkeys.ts';
import type { LinkProblem } from './link.ts';
import { MachineFormPanel } from './machine-form.tsx';
import { MachineCanvas } from './machine-view.tsx';
import { Modeled } from './modeled.tsx';
import { Notices } from './notices.tsx';
import { PageMap } from './page-map.tsx';
import { Recordings } from './recordings.tsx';
import { numbered, Request } from './request.tsx';
import { Sysctls } from './sysctls.tsx';
import { Tabs } from './tabs.tsx';
import { Transport } from './transport.tsx';
import { WhyPanel } from './why.tsx';

const TABS = ['request', 'machine', 'sysctl', 'recording'] as const;
type TabName = (typeof TABS)[number];

export function App({ app, problem }: { app: AppValue; problem: Signal<LinkProblem | undefined> }) {
  const { store, words } = app;
  const { t } = words;
  const tab = useSignal<TabName>('request');
  const dialog = useSignal<'help' | 'modeled' | undefined>(undefined);
  const close = () => {
    dialog.value = undefined;
  };
  const hotkeys = useMemo(() => createHotkeys(actions()), []);
  useEffect(() => hotkeys.listen(), [hotkeys]);
  useEffect(() => {
    document.documentElement.lang = words.language === 'zh' ? 'zh-Hans' : words.language;
  }, [words.language]);

  const contents = {
    request: () => (
      <>
        <Request />
        <Allocations />
      </>
    ),
    machine: () => <MachineFormPanel />,
    sysctl: () => <Sysctls />,
    recording: () => <Recordings />,
  };
  const playing = store.state.value?.recording !== undefined;
  return (
    <AppContext.Provider value={app}>
      <div class={playing ? 'page playing' : 'page'}>
        <Header
          openModeled={() => {
            dialog.value = 'modeled';
          }}
          openHelp={() => {
            dialog.value = 'help';
          }}
        />
        <Notices problem={problem.value} />
        <aside class="left" aria-label={t('tabs.label')}>
          <Tabs
            label={t('tabs.label')}
            tabs={TABS.map((name) => ({ name, label: t(`tabs.${name}`), content: contents[name] }))}
            chosen={tab.value}
            choose={(name) => {
              tab.value = name;
            }}
          />
          <Hash />
        </aside>
        <main id="machine">
          {store.state.value === undefined && <p class="loading">{t('app.loading')}</p>}
          <MachineCanvas />
          <div class="lower">
            <FreeAreasPanel />
            <PageMap />
          </div>
        </main>
        <aside class="right" aria-label={t('why.title')}>
          <WhyPanel />
        </aside>
        <Transport />
      </div>
      <Help open={dialog.value === 'help'} close={close} hotkeys={hotkeys} />
      <Modeled open={dialog.value === 'modeled'} close={close} />
    </AppContext.Provider>
  );

  function actions(): Record<string, () => void> {
    const go = (name: TabName) => () => {
      tab.value = name;
    };
    const focus = (selector: string) => () => document.querySelector<HTMLElement>(selector)?.focus();
    return {
      '?': () => {
        dialog.value = 'help';
      },
      a: () => void store.attempt(() => store.model.allocate(numbered(store.request.value))),
      f: () => void store.attempt(() => store.model.freeNewest()),
      g: () => {
        tab.value = 'request';
        requestAnimationFrame(focus('[name=gfp]'));
      },
      m: focus('#page-map'),
      w: focus('section.why'),
      '1': go('request'),
      '2': go('machine'),
      '3': go('sysctl'),
      '4': go('recording'),
      p: () => store.state.value?.recording !== undefined && store.recorder.toggle(),
      '[': () => store.recorder.step(-1),
      ']': () => store.recorder.step(1),
    };
  }

  function Hash() {
    const { hash, version } = store.hash.value;
    const current = version === store.state.value?.machine.version;
    return (
      <p class="hash" title={t('app.hash.gloss')} data-hash={hash} data-current={current}>
        {hash !== '' && t('app.hash', { hash })}
      </p>
    );
  }
}
