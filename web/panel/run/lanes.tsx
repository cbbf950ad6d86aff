import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { grouped, hex } from '../../locale/format.ts';
import { lanesHeight, lanesLayout, listsShown, placeAt } from '../../view/run/lanes-layout.ts';
import type { CanvasSize, LanesScene } from '../../view/scene.ts';
import type { LanePage } from '../../worker/model.ts';
import type { RunState } from '../../worker/run/player.ts';
import { placeOn } from '../place-on.ts';
import { useCanvas } from '../use-canvas.ts';
import { useRun } from './use-run.ts';

const LISTS = [0, 1, 2, 3, 4] as const;
const VERDICTS = ['freed', 'activated', 'rotated', 'kept', 'written'] as const;
const SIGNS = { freed: '✕', activated: '⌃', rotated: '↻', kept: '–', written: '⌄' } as const;

type Place = NonNullable<LanesScene['chosen']>;

/** The LRU lists as lanes, and the record of the page under the pointer. */
export function Lanes({ run }: { run: RunState }) {
  const { store, runner, said, words } = useRun();
  const { t } = said;
  const view = useSignal<CanvasSize | undefined>(undefined);
  const chosen = useSignal<Place | undefined>(undefined);
  const { frame, canvas } = useCanvas('lanes', (next) => {
    view.value = next;
  });
  const scene = useComputed<LanesScene>(() => ({
    chosen: chosen.value,
    words: {
      lists: LISTS.map((list) => said.t(`list.${list}`)),
      isolated: said.t('lanes.isolated', { n: '#' }),
      empty: said.t('lanes.empty'),
      migrate: said.t('compact.migrate'),
      free: said.t('compact.free'),
    },
  }));
  useEffect(() => void store.model.lanesScene(scene.value), [store, scene.value]);
  const lists = listsShown(run.lanes);
  const layout = useComputed(() => {
    const lanes = store.state.value?.run?.lanes ?? [];
    return view.value && lanesLayout(view.value.width, view.value.height, listsShown(lanes));
  });

  const look = (place: Place | undefined) => {
    if (place?.list === chosen.value?.list && place?.place === chosen.value?.place) return;
    const page = place && run.lanes[place.list]?.pages[place.place];
    chosen.value = page && place;
    if (page !== undefined) store.look(page.pfn);
  };
  const go = (key: string): boolean => {
    const from = chosen.value ?? { list: firstFilled(), place: 0 };
    const rows = layout.value?.[0]?.rows ?? 1;
    const last = (list: number) => Math.max(0, shown(list) - 1);
    const steps: Record<string, () => Place> = {
      ArrowRight: () => ({ ...from, place: Math.max(0, from.place - rows) }),
      ArrowLeft: () => ({ ...from, place: Math.min(last(from.list), from.place + rows) }),
      ArrowDown: () => down(from, rows, 1),
      ArrowUp: () => down(from, rows, -1),
      Home: () => ({ ...from, place: 0 }),
      End: () => ({ ...from, place: last(from.list) }),
    };
    const step = steps[key];
    if (step !== undefined) look(chosen.value === undefined ? from : step());
    return step !== undefined;
  };
  const page = chosen.value && run.lanes[chosen.value.list]?.pages[chosen.value.place];
  return (
    <div class="lanes">
      <div class="frame" ref={frame} style={{ minHeight: `${lanesHeight(lists)}px` }}>
        <canvas
          ref={canvas}
          id="lanes"
          tabIndex={0}
          role="img"
          aria-label={t('lanes.canvas', { node: run.timeline.node })}
          aria-describedby="lane-page lanes-twin"
          onPointerMove={(event) => {
            const { x, y } = placeOn(event);
            const place = layout.value && placeAt(layout.value, x, y);
            if (place !== undefined) look(place);
          }}
          onPointerDown={(event) => {
            const { x, y } = placeOn(event);
            look(layout.value && placeAt(layout.value, x, y));
          }}
          onKeyDown={(event) => {
            if (go(event.key)) event.preventDefault();
          }}
        />
      </div>
      <p
        id="lane-page"
        class={page === undefined ? 'lane-page empty' : 'lane-page'}
        aria-live={runner.playing.value ? 'off' : 'polite'}
      >
        {page === undefined || chosen.value === undefined ? t('lanes.hint') : record(page, chosen.value)}
      </p>
      <ul class="legend">
        {VERDICTS.map((verdict) => (
          <li key={verdict}>
            <span class="sign" aria-hidden="true">
              {SIGNS[verdict]}
            </span>
            {t(`verdict.${verdict}`)}
          </li>
        ))}
        <li>
          <span class="sign" aria-hidden="true">
            ·
          </span>
          {t('flag.referenced')}
        </li>
        <li>
          <span class="sign" aria-hidden="true">
            ◢
          </span>
          {t('flag.dirty')}
        </li>
      </ul>
      <LanesTwin run={run} />
    </div>
  );

  function record(lanePage: LanePage, { list, place }: Place) {
    const flags = lanePage.flags.map((flag) => {
      const key: string = `flag.${flag}`;
      return said.has(key) ? t(key) : flag;
    });
    const where = t('lanes.place', { list: t(`list.${list as 0}`), place: grouped(place + 1) });
    const verdict = lanePage.verdict === undefined ? t('lanes.unseen') : t(`verdict.${lanePage.verdict}`);
    return (
      <>
        <b>{hex(lanePage.pfn)}</b> <em>{lanePage.why === undefined ? verdict : words.said(lanePage.why)}</em> ·{' '}
        {[where, ...flags].join(' · ')}
      </>
    );
  }

  function shown(list: number): number {
    const lane = layout.value?.[list];
    return Math.min(run.lanes[list]?.pages.length ?? 0, lane === undefined ? 1 : lane.rows * lane.columns);
  }

  function firstFilled(): number {
    return Math.max(
      0,
      LISTS.findIndex((list) => shown(list) > 0),
    );
  }

  /** One page down, or to the next list that has pages. */
  function down(from: Place, rows: number, by: 1 | -1): Place {
    const inside = (from.place % rows) + by;
    if (inside >= 0 && inside < rows && from.place + by < shown(from.list)) return { ...from, place: from.place + by };
    for (let list = from.list + by; list >= 0 && list < LISTS.length; list += by) {
      const column = Math.floor(from.place / rows) * rows;
      if (shown(list) > 0) return { list, place: Math.min(shown(list) - 1, column + (by > 0 ? 0 : rows - 1)) };
    }
    return from;
  }
}

/** The lanes as a table. */
function LanesTwin({ run }: { run: RunState }) {
  const { said } = useRun();
  const { t } = said;
  return (
    <div class="visually-hidden">
      <table id="lanes-twin">
        <caption>{t('lanes.twin')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('lanes.list')}</th>
            <th scope="col">{t('lanes.pages')}</th>
            {VERDICTS.map((verdict) => (
              <th key={verdict} scope="col">
                {t(`verdict.${verdict}`)}
              </th>
            ))}
            <th scope="col">{t('lanes.next')}</th>
          </tr>
        </thead>
        <tbody>
          {run.lanes.map(({ total, pages }, list) => (
            <tr key={list}>
              <th scope="row">{t(`list.${list as 0}`)}</th>
              <td>{grouped(total)}</td>
              {VERDICTS.map((verdict) => (
                <td key={verdict}>{pages.filter((page) => page.verdict === verdict).length}</td>
              ))}
              <td>
                {pages
                  .slice(0, 4)
                  .map(({ pfn }) => hex(pfn))
                  .join(' ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
