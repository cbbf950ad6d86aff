import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { grouped } from '../../locale/format.ts';
import { clock } from '../../view/run/timeline-scale.ts';
import type { TimelineScene } from '../../view/scene.ts';
import type { RunState } from '../../worker/run/player.ts';
import { placeOn } from '../place-on.ts';
import { useCanvas } from '../use-canvas.ts';
import { zoneName } from '../zone-name.ts';
import { useRun } from './use-run.ts';

/** Virtual milliseconds that an arrow key moves. */
const STEP = 4;

/** Free pages against the marks, and what reclaim did about it. */
export function Timeline({ run, end }: { run: RunState; end: number }) {
  const { store, runner, said, words } = useRun();
  const { t } = said;
  const cursor = useSignal<number | undefined>(undefined);
  const { frame, canvas } = useCanvas('timeline', () => undefined);
  const { zone, node } = run.timeline;
  const scene = useComputed<TimelineScene>(() => ({
    zone: store.state.value?.focus.zone ?? 0,
    cursor: cursor.value,
    words: {
      free: said.t('timeline.free'),
      min: said.t('timeline.min'),
      low: said.t('timeline.low'),
      high: said.t('timeline.high'),
      scanned: said.t('timeline.scanned'),
      reclaimed: said.t('timeline.reclaimed'),
    },
  }));
  useEffect(() => void store.model.timelineScene(scene.value), [store, scene.value]);
  const shown = store.zones.value.find(({ id }) => id === zone);
  const name = shown === undefined ? '' : zoneName(shown, words);
  const at = (event: MouseEvent & { currentTarget: HTMLElement }) =>
    (placeOn(event).x / Math.max(1, event.currentTarget.clientWidth)) * end;
  return (
    <>
      <ul class="legend">
        <li>
          <i class="free-line" />
          {t('timeline.legend.free', { zone: name })}
        </li>
        <li>
          <i class="scanned" />
          {t('timeline.legend.scanned')}
        </li>
        <li>
          <i class="reclaimed" />
          {t('timeline.legend.reclaimed')}
        </li>
        <li>
          <i class="awake" />
          {t('timeline.legend.awake', { node })}
        </li>
      </ul>
      <div class="frame" ref={frame}>
        <canvas
          ref={canvas}
          id="timeline"
          tabIndex={0}
          role="img"
          aria-label={t('timeline.canvas', { zone: name })}
          aria-describedby="timeline-twin"
          onPointerMove={(event) => {
            cursor.value = at(event);
          }}
          onPointerLeave={() => {
            cursor.value = undefined;
          }}
          onClick={(event) => runner.seek(at(event))}
          onKeyDown={(event) => {
            if (event.key === 'ArrowRight') runner.step('jiffy');
            else if (event.key === 'ArrowLeft') runner.seek(run.view.ms - STEP);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <TimelineTwin run={run} />
    </>
  );
}

const COLUMNS = ['free', 'min', 'low', 'high', 'scanned', 'reclaimed'] as const;

/** The timeline as a table, and when kswapd woke and slept as a list. */
function TimelineTwin({ run }: { run: RunState }) {
  const { said } = useRun();
  const { t } = said;
  const { rows, turns, node } = run.timeline;
  return (
    <div class="visually-hidden">
      <table id="timeline-twin">
        <caption>{t('timeline.twin')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('timeline.time')}</th>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {t(`timeline.${column}`)}
              </th>
            ))}
            <th scope="col">{t('timeline.kswapd')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.ms}>
              <th scope="row">{clock(row.ms)}</th>
              {COLUMNS.map((column) => (
                <td key={column}>{grouped(row[column])}</td>
              ))}
              <td>{t(row.awake ? 'timeline.awake' : 'timeline.asleep')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3 id="turns-title">{t('timeline.turns', { node })}</h3>
      {turns.length === 0 && <p>{t('timeline.never')}</p>}
      <ol id="turns" aria-labelledby="turns-title">
        {turns.map(({ ms, awake }) => (
          <li key={`${ms} ${awake}`}>{t(awake ? 'timeline.woke' : 'timeline.slept', { ms: clock(ms) })}</li>
        ))}
      </ol>
    </div>
  );
}
