import { useSignal } from '@preact/signals';
import { FreeAreasPanel } from '../free-areas.tsx';
import { Daemons } from './daemons.tsx';
import { Ladder, reclaimers } from './ladder.tsx';
import { Lanes } from './lanes.tsx';
import { Sides } from './sides.tsx';
import { Counters, Memcgs, Shrinkers } from './tables.tsx';
import { useRun } from './use-run.ts';

const VIEWS = ['lists', 'areas'] as const;

/** Beside the page map while a scenario is shown: reclaim on one node, or the free areas of a zone. */
export function ReclaimPanel() {
  const { store, said, run } = useRun();
  const { t } = said;
  const shown = useSignal<(typeof VIEWS)[number]>('lists');
  if (run === undefined) return null;
  const { view, timeline } = run;
  const [last, ...others] = reclaimers(view.ladder, timeline.node);
  const ladder = { passes: view.ladder, node: timeline.node };
  return (
    <div class="reclaim-or-areas">
      <Sides
        label={t('reclaim.views')}
        sides={VIEWS.map((name) => [name, t(`reclaim.${name}`)])}
        chosen={shown.value}
        choose={(name) => {
          shown.value = name;
        }}
      />
      {shown.value === 'areas' ? (
        <FreeAreasPanel />
      ) : (
        <section class="reclaim" aria-labelledby="reclaim-title">
          <h2 id="reclaim-title">
            {t('reclaim.title')}
            <select
              aria-label={t('reclaim.node', { node: '' }).trim()}
              value={String(timeline.node)}
              onChange={(event) => toNode(Number(event.currentTarget.value))}
            >
              {view.nodes.map(({ id }) => (
                <option key={id} value={String(id)}>
                  {t('reclaim.node', { node: id })}
                </option>
              ))}
            </select>
            {view.memcgs.length > 1 && (
              <select
                aria-label={t('reclaim.memcg')}
                value={String(run.memcg)}
                onChange={(event) => store.focus({ memcg: Number(event.currentTarget.value) })}
              >
                {view.memcgs.map(({ id, path }) => (
                  <option key={id} value={String(id)}>
                    {path}
                  </option>
                ))}
              </select>
            )}
          </h2>
          <Ladder {...ladder} whos={last === undefined ? [] : [last]} />
          <Lanes run={run} />
          <div class="beside-lanes">
            {others.length > 0 && <Ladder {...ladder} whos={others.slice(0, 3)} />}
            <Daemons view={view} node={timeline.node} />
            <Shrinkers shrinkers={view.shrinkers} />
            <Memcgs memcgs={view.memcgs} />
            <Counters counters={view.counters} />
          </div>
        </section>
      )}
    </div>
  );

  /** Its largest zone is looked at: that is where its marks matter. */
  function toNode(node: number): void {
    const zones = store.zones.value.filter((zone) => zone.node === node);
    const largest = zones.reduce((a, b) => (b.managed > a.managed ? b : a), zones[0] as (typeof zones)[number]);
    if (largest !== undefined) store.focus({ zone: largest.id });
  }
}
