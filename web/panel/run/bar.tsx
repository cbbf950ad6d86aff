import { grouped } from '../../locale/format.ts';
import { axisEnd, clock } from '../../view/run/timeline-scale.ts';
import type { StepKind } from '../../worker/run/player.ts';
import { SPEEDS } from './runner.ts';
import { Timeline } from './timeline.tsx';
import { useRun } from './use-run.ts';

/** Under an open scenario: its time, and how it passes. */
export function RunBar() {
  const { runner, said, words, run } = useRun();
  const { t } = said;
  if (run === undefined) return null;
  const { view, timeline } = run;
  const over = view.state !== 'going';
  const step = (what: StepKind) => (
    <button
      type="button"
      aria-label={t(`bar.${what}`)}
      title={t(`bar.${what}`)}
      disabled={over}
      onClick={() => runner.step(what)}
    >
      {t(`bar.${what}.short`)}
    </button>
  );
  const end = axisEnd(Math.max(timeline.ran, view.ms), view.untilMs);
  return (
    <section class="transport run-bar" aria-labelledby="run-bar-title">
      <h2 id="run-bar-title" class="visually-hidden">
        {t('bar.title')}
      </h2>
      <div class="time">
        <p class="clock">
          <output>{t('bar.clock', { now: clock(view.ms) })}</output>
          {view.untilMs !== undefined && <span>{t('bar.of', { until: clock(view.untilMs, 0) })}</span>}
        </p>
        <div class="controls">
          <button type="button" aria-label={t('bar.start')} title={t('bar.start')} onClick={() => runner.seek(0)}>
            ⇤
          </button>
          <button
            type="button"
            class="primary"
            aria-label={t(runner.playing.value ? 'bar.pause' : 'bar.play')}
            title={t(runner.playing.value ? 'bar.pause' : 'bar.play')}
            disabled={over && !runner.playing.value}
            onClick={runner.toggle}
          >
            {runner.playing.value ? '❚❚' : '▶'}
          </button>
          {(['decision', 'context', 'jiffy'] as const).map(step)}
        </div>
        <div class="controls">
          <select
            aria-label={t('bar.speed')}
            value={String(runner.speed.value)}
            onChange={(event) => {
              runner.speed.value = Number(event.currentTarget.value);
            }}
          >
            {SPEEDS.map((speed) => (
              <option key={speed} value={String(speed)}>
                {t('bar.perSecond', { n: grouped(speed) })}
              </option>
            ))}
          </select>
          <button type="button" aria-label={t('bar.close')} onClick={runner.close}>
            {t('bar.close.short')}
          </button>
        </div>
        <p class={`note ${view.state}`} aria-live="polite">
          {over && <b>{t(`bar.state.${view.state}`)} </b>}
          {view.note && words.said(view.note)}
        </p>
      </div>
      <div class="past">
        <Timeline run={run} end={end} />
        <input
          type="range"
          min={0}
          max={end}
          step={4}
          value={view.ms}
          aria-label={t('bar.seek')}
          aria-valuetext={t('bar.clock', { now: clock(view.ms) })}
          onInput={(event) => runner.seek(Number(event.currentTarget.value))}
        />
      </div>
    </section>
  );
}
