import { useSignal } from '@preact/signals';
import { grouped } from '../../locale/format.ts';
import { clock } from '../../view/run/timeline-scale.ts';
import type { RunDecision } from '../../worker/model.ts';
import type { RunState } from '../../worker/run/player.ts';
import { CopyButton } from '../copy-button.tsx';
import { KernelTexts } from './kernel-texts.tsx';
import { Sides } from './sides.tsx';
import { useRun } from './use-run.ts';

const VIEWS = ['title', 'texts'] as const;
const MORE = 240;

/** What has been decided, newest first; or what the kernel would have written. */
export function DecisionsPanel() {
  const { said, run } = useRun();
  const { t } = said;
  const shown = useSignal<(typeof VIEWS)[number]>('title');
  if (run === undefined) return null;
  return (
    <section class="why log" tabIndex={-1}>
      <Sides
        label={t('log.views')}
        sides={VIEWS.map((name) => [name, t(`log.${name}`)])}
        chosen={shown.value}
        choose={(name) => {
          shown.value = name;
        }}
      />
      {shown.value === 'title' ? (
        <Decisions run={run} />
      ) : (
        <KernelTexts version={run.view.decisions} ms={run.view.ms} />
      )}
    </section>
  );
}

function Decisions({ run }: { run: RunState }) {
  const { store, runner, said, words } = useRun();
  const { t } = said;
  const whose = useSignal('all');
  const { items, total } = run.decisions;
  const chosen = items.filter(({ context }) => whose.value === 'all' || String(context) === whose.value);
  const name = (id: number) => run.view.contexts.find((context) => context.id === id)?.name ?? t('log.context', { id });
  const newest = chosen.at(-1);
  return (
    <>
      <h2>
        <select
          aria-label={t('log.who')}
          value={whose.value}
          onChange={(event) => {
            whose.value = event.currentTarget.value;
          }}
        >
          <option value="all">{t('log.everybody')}</option>
          {run.view.contexts.map((context) => (
            <option key={context.id} value={String(context.id)}>
              {context.name}
            </option>
          ))}
        </select>
        <small>{t('log.count', { shown: grouped(chosen.length), total: grouped(total) })}</small>
        <CopyButton text={() => chosen.map((decision) => line(decision)).join('\n')} />
      </h2>
      {total === 0 && <p class="empty">{t('log.none')}</p>}
      <p class="visually-hidden" aria-live="polite">
        {newest !== undefined && !runner.playing.value && line(newest)}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and is to be scrolled with the keyboard */}
      <section class="decisions" tabIndex={0} aria-label={t('log.title')}>
        <ol>
          {chosen.toReversed().map((decision) => (
            <li key={decision.seq} data-kind={decision.kind}>
              <span class="when">
                <time>{clock(decision.ms)}</time> <b>{name(decision.context)}</b>
              </span>
              <span class="said">{words.said(decision)}</span>
              <span class="fn">
                <code>{decision.fn}</code>
                {where(decision)}
              </span>
            </li>
          ))}
        </ol>
      </section>
      {items.length < total && items.length > 0 && (
        <button type="button" class="link" onClick={() => store.focus({ decisions: items.length + MORE })}>
          {t('log.earlier')}
        </button>
      )}
    </>
  );

  function line(decision: RunDecision): string {
    const { ms, context, fn } = decision;
    return `${clock(ms)} ${name(context)}: ${words.said(decision)} (${fn})`;
  }

  function where({ pfn, zone }: RunDecision) {
    if (pfn !== undefined) {
      return (
        <button type="button" class="link" onClick={() => store.goto(pfn)}>
          {t('log.page')}
        </button>
      );
    }
    if (zone === undefined || zone === run.timeline.zone) return null;
    return <ShowZone zone={zone} />;
  }
}

function ShowZone({ zone }: { zone: number }) {
  const { store, words } = useRun();
  return (
    <button type="button" class="link" onClick={() => store.focus({ zone })}>
      {words.t('why.zone')}
    </button>
  );
}
