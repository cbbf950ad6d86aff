import { useRef } from 'preact/hooks';
import { grouped } from '../locale/format.ts';
import type { FreeAreas } from '../worker/model.ts';
import { useApp } from './app-context.ts';
import { areaDeltas } from './area-deltas.ts';
import { PcpLists } from './pcp.tsx';
import { zoneName } from './zone-name.ts';

export const TYPE_NAMES = ['unmovable', 'movable', 'reclaimable', 'highatomic', 'cma', 'isolate'] as const;

/** Free blocks of one zone by order and migrate type: what buddyinfo and pagetypeinfo print. */
export function FreeAreasPanel() {
  const { store, words } = useApp();
  const { t } = words;
  const state = store.state.value;
  // Its place is kept while the machine boots.
  if (state === undefined) return <section class="free-areas" />;
  const { areas } = state;
  const zone = store.zones.value.find(({ id }) => id === areas.zone);
  const name = zone === undefined ? '' : zoneName(zone, words);
  return (
    <section class="free-areas" aria-labelledby="free-title">
      <h2 id="free-title">
        {t('free.title')}
        <select
          aria-label={t('free.zone')}
          value={String(areas.zone)}
          onChange={(event) => store.focus({ zone: Number(event.currentTarget.value) })}
        >
          {store.zones.value.map((option) => (
            <option key={option.id} value={String(option.id)}>
              {zoneName(option, words)}
            </option>
          ))}
        </select>
      </h2>
      <AreaTable areas={areas} name={name} version={state.machine.version} />
      <PcpLists areas={areas} name={name} />
    </section>
  );
}

function AreaTable({ areas, name, version }: { areas: FreeAreas; name: string; version: number }) {
  const { t } = useApp().words;
  const seen = useRef<{ version: number; areas: FreeAreas; deltas: Map<string, number> } | undefined>(undefined);
  const before = seen.current;
  if (before?.version !== version || before.areas.zone !== areas.zone) {
    seen.current = { version, areas, deltas: areaDeltas(before?.areas, areas) };
  }
  const deltas = seen.current?.deltas ?? new Map<string, number>();
  const orders = areas.nrFree.map((_, order) => order);
  const largest = Math.max(1, ...areas.counts.flatMap((row, order) => row.map((count) => count * 2 ** order)));
  const cell = (order: number, type: number) => {
    const count = areas.counts[order]?.[type] ?? 0;
    const delta = deltas.get(`${order}/${type}`);
    const share = Math.sqrt((count * 2 ** order) / largest);
    return (
      <td
        key={delta === undefined ? order : `${order} ${version}`}
        class={`${count === 0 ? 'zero' : ''} ${delta === undefined ? '' : 'changed'}`}
        data-order={order}
        data-type={type}
      >
        {grouped(count)}
        {count > 0 && <i class={`bar ${TYPE_NAMES[type]}`} style={{ width: `calc(${share} * (100% - 6px))` }} />}
        {delta !== undefined && deltas.size <= MOST_DELTAS && (
          <ins title={t('free.change', { delta: signed(delta) })} aria-hidden="true">
            {signed(delta)}
          </ins>
        )}
      </td>
    );
  };
  return (
    <table class="areas">
      <caption class="visually-hidden">{t('free.caption', { zone: name })}</caption>
      <thead>
        <tr>
          <th scope="col">{t('free.order')}</th>
          {orders.map((order) => (
            <th key={order} scope="col">
              {order}
            </th>
          ))}
          <th scope="col" class="blocks" title={t('free.blocks.gloss')}>
            {t('free.blocks')}
          </th>
        </tr>
      </thead>
      <tbody>
        {TYPE_NAMES.map((type, index) => (
          <tr key={type}>
            <th scope="row">
              <i class={`swatch ${type}`} />
              {t(`type.${index as 0}`)}
            </th>
            {orders.map((order) => cell(order, index))}
            <td class={areas.blocksByType[index] ? 'blocks' : 'blocks zero'}>
              {grouped(areas.blocksByType[index] ?? 0)}
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{t('free.total')}</th>
          {areas.nrFree.map((count, order) => (
            <td key={order}>{grouped(count)}</td>
          ))}
          <td class="blocks" />
        </tr>
      </tfoot>
    </table>
  );
}

/** With more changes at once the numbers would cover each other; the cells are marked all the same. */
const MOST_DELTAS = 8;

function signed(delta: number): string {
  return delta > 0 ? `+${grouped(delta)}` : `−${grouped(-delta)}`;
}
