import { size } from '../locale/format.ts';
import { LANGUAGES, type Language } from '../locale/index.ts';
import { useApp } from './app-context.ts';
import { CopyButton } from './copy-button.tsx';
import { writeLink } from './link.ts';
import { presetText } from './preset-text.ts';
import { scenarioText } from './scenario-text.ts';
import type { ThemeChoice } from './theme.ts';

interface HeaderProps {
  openModeled: () => void;
  openHelp: () => void;
}

export function Header({ openModeled, openHelp }: HeaderProps) {
  const { store, words, theme } = useApp();
  const { t } = words;
  const preset = store.story.value.form.preset;
  const link = () => {
    const state = { request: store.request.value, theme: theme.choice.value, language: words.language };
    const hash = writeLink(preset === undefined ? state : { ...state, preset });
    history.replaceState(null, '', hash);
    return location.href;
  };
  return (
    <header class="top">
      <button type="button" class="skip" onClick={skip}>
        {t('app.skip')}
      </button>
      <h1>
        <Logo />
        Buddyscope
      </h1>
      <Story />
      <div class="tools">
        <button type="button" onClick={openModeled}>
          {t('app.modeled')}
        </button>
        <CopyButton text={link} label={t('app.share')} done={t('app.shared')} />
        <select
          aria-label={t('app.theme')}
          value={theme.choice.value}
          onChange={(event) => theme.set(event.currentTarget.value as ThemeChoice)}
        >
          {(['auto', 'light', 'dark'] as const).map((choice) => (
            <option key={choice} value={choice}>
              {SIGNS[choice]} {t(`app.theme.${choice}`)}
            </option>
          ))}
        </select>
        <select
          aria-label={t('app.language')}
          value={words.language}
          onChange={(event) => void words.choose(event.currentTarget.value as Language)}
        >
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
        <button type="button" aria-label={t('app.help')} title={t('app.help')} onClick={openHelp}>
          ?
        </button>
      </div>
    </header>
  );
}

const SIGNS = { auto: '◐', light: '○', dark: '●' } as const;

function Story() {
  const { store, words } = useApp();
  const { t } = words;
  const state = store.state.value;
  if (state === undefined) return <p class="story">{t('app.tagline')}</p>;
  const { machine, recording, run } = state;
  const preset = store.story.value.form.preset;
  const title =
    (run && scenarioText(run.view, 'title', words)) ??
    recording?.name ??
    (machine.rebuilt ? t('app.rebuilt') : undefined) ??
    (preset && machine.title ? presetText(preset, machine.title, 'title', words) : machine.title);
  const nodes = t('app.nodes', { n: machine.nodes.filter(({ online }) => online).length });
  const rest = [nodes, size(machine.totalPages), t('app.rules')].join(' · ');
  return (
    <p class="story">
      {title && <b>{title}</b>}
      {title && ' · '}
      {rest}
    </p>
  );
}

function skip(): void {
  document.querySelector<HTMLElement>('section.machine canvas')?.focus();
}

/** A block, split into its buddies. */
function Logo() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <rect x="1" y="1" width="20" height="20" rx="5" fill="var(--accent)" />
      <path d="M11 4.5v13M11 11h6.5M14.3 11v6.5" stroke="var(--accent-ink)" stroke-width="1.7" fill="none" />
    </svg>
  );
}
