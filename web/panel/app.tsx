import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Allocations } from './allocations.tsx';
import { AppContext, type App as AppValue } from './app-context.ts';
import { FreeAreasPanel } from './free-areas.tsx';
import { Header } from './header.tsx';
import { createHotkeys } from './hotkeys.ts';
import { later, useFetched } from './later.tsx';
import type { LinkProblem } from './link.ts';
import { MachineCanvas } from './machine-view.tsx';
import { Notices } from './notices.tsx';
import { PageMap } from './page-map.tsx';
import { numbered, Request } from './request.tsx';
import { Tabs } from './tabs.tsx';
import { WhyPanel } from './why.tsx';

const TABS = ['request', 'machine', 'sysctl', 'scenario', 'report', 'recording'] as const;
// What is not on the first screen.
const MachineFormPanel = later(() => import('./machine-form.tsx').then((panel) => panel.MachineFormPanel));
const Sysctls = later(() => import('./sysctls.tsx').then((panel) => panel.Sysctls));
const Recordings = later(() => import('./recordings.tsx').then((panel) => panel.Recordings));
const Transport = later(() => import('./transport.tsx').then((panel) => panel.Transport));
const Help = later(() => import('./help.tsx').then((panel) => panel.Help));
const Modeled = later(() => import('./modeled.tsx').then((panel) => panel.Modeled));

/** Virtual milliseconds. */
const JIFFY = 4;

type TabName = (typeof TABS)[number];

export function App({ app, problem }: { app: AppValue; problem: Signal<LinkProblem | undefined> }) {
  const { store, words } = app;
  const { t } = words;
  const tab = useSignal<TabName>('request');
  const dialog = useSignal<'help' | 'modeled' | undefined>(undefined);
  const opened = useRef(new Set<string>());
  if (dialog.value !== undefined) opened.current.add(dialog.value);
  const panels = useFetched(tab.value === 'scenario', () => import('./run/index.ts'));
  const reports = useFetched(tab.value === 'report', () => import('./report/index.ts'));
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
    scenario: () => (panels.value === undefined ? <p class="empty">…</p> : <panels.value.Scenarios />),
    report: () => (reports.value === undefined ? <p class="empty">…</p> : <reports.value.OwnText />),
    recording: () => <Recordings />,
  };
  const run = store.state.value?.run === undefined ? undefined : panels.value;
  return (
    <AppContext.Provider value={app}>
      <div class={run === undefined ? 'page' : 'page running'}>
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
            {run === undefined ? <FreeAreasPanel /> : <run.ReclaimPanel />}
            <PageMap />
          </div>
        </main>
        <aside class="right" aria-label={t(run === undefined ? 'why.title' : 'tabs.scenario')}>
          {run === undefined && reports.value !== undefined && <reports.value.Report />}
          {run === undefined ? <WhyPanel /> : <run.DecisionsPanel />}
        </aside>
        {run !== undefined && <run.RunBar />}
        {store.state.value?.recording !== undefined && <Transport />}
      </div>
      {opened.current.has('help') && <Help open={dialog.value === 'help'} close={close} hotkeys={hotkeys} />}
      {opened.current.has('modeled') && <Modeled open={dialog.value === 'modeled'} close={close} />}
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
      '4': go('scenario'),
      '5': go('report'),
      '6': go('recording'),
      p: () => {
        if (running()) store.runner.value?.toggle();
        else if (store.state.value?.recording !== undefined) store.recorder.toggle();
      },
      '[': () => {
        if (running()) store.runner.value?.seek((store.state.value?.run?.view.ms ?? 0) - JIFFY);
        else store.recorder.step(-1);
      },
      ']': () => {
        if (running()) store.runner.value?.step('jiffy');
        else store.recorder.step(1);
      },
      d: () => running() && store.runner.value?.step('decision'),
      c: () => running() && store.runner.value?.step('context'),
    };
  }

  function running(): boolean {
    return store.state.value?.run !== undefined;
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
