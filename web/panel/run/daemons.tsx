import { grouped, hex } from '../../locale/format.ts';
import type { RunNode, RunView } from '../../worker/model.ts';
import { zoneName } from '../zone-name.ts';
import { useRun } from './use-run.ts';

const ZONES = ['DMA', 'DMA32', 'Normal', 'Movable'];
/** MAX_RECLAIM_RETRIES: after so many failures kswapd leaves it to direct reclaim. */
const HOPELESS = 16;

/** kswapd and kcompactd of every node. */
export function Daemons({ view, node }: { view: RunView; node: number }) {
  const { store, said, words } = useRun();
  const { t } = said;
  return (
    <section class="daemons" aria-labelledby="daemons-title">
      <h3 id="daemons-title">{t('daemon.title')}</h3>
      <ul>
        {view.nodes.map((one) => (
          <li key={one.id} class={one.id === node ? 'chosen' : ''}>
            <p class={one.kswapd.asleep ? '' : 'awake'}>
              <b>kswapd{one.id}</b> {kswapd(one)}
            </p>
            <p class={one.kcompactd.asleep ? '' : 'awake'}>
              <b>kcompactd{one.id}</b>{' '}
              {one.kcompactd.asleep ? t('daemon.asleep') : t('daemon.compacting', { order: one.kcompactd.order })}
            </p>
            <p class="facts">{facts(one)}</p>
          </li>
        ))}
      </ul>
      {view.compaction.map((compaction) => {
        const zone = store.zones.value.find(({ id }) => id === compaction.zone);
        const put = compaction.shift > 0 && {
          considered: compaction.considered,
          limit: 2 ** compaction.shift,
        };
        return (
          <p key={compaction.zone} class="compaction">
            <b>{t('compact.title')}</b>{' '}
            {t('compact.row', {
              zone: zone === undefined ? String(compaction.zone) : zoneName(zone, words),
              migrate: hex(compaction.migratePfn),
              free: hex(compaction.freePfn),
            })}
            {put && ` · ${t('compact.deferred', put)}`}
          </p>
        );
      })}
    </section>
  );

  function kswapd({ kswapd: { asleep, order, highestZone, failures, priority } }: RunNode): string {
    const zone = ZONES[highestZone] ?? String(highestZone);
    return [
      asleep ? t('daemon.asleep') : t('daemon.awake', { order, zone }),
      priority !== undefined && t('daemon.priority', { priority }),
      failures >= HOPELESS && t('daemon.hopeless', { n: failures }),
      failures > 0 && failures < HOPELESS && t('daemon.failures', { n: failures }),
    ]
      .filter(Boolean)
      .join(' · ');
  }

  function facts({ costs, refaults, dirty, writeback }: RunNode): string {
    const both = ([anon = 0, file = 0]: number[]) =>
      `${t('node.anon')} ${grouped(anon)}, ${t('node.file')} ${grouped(file)}`;
    return [
      `${t('node.costs')}: ${both(costs)}`,
      `${t('node.refaults')}: ${both(refaults)}`,
      `${t('node.dirty')} ${grouped(dirty)}`,
      `${t('node.writeback')} ${grouped(writeback)}`,
    ].join(' · ');
  }
}
