import { grouped } from '../locale/format.ts';
import type { FreeAreas } from '../worker/model.ts';
import { useApp } from './app-context.ts';

const LISTS = ['unmovable', 'movable', 'reclaimable'] as const;

/** What each CPU holds of a zone: the lists in front of the buddy allocator. */
export function PcpLists({ areas, name }: { areas: FreeAreas; name: string }) {
  const { store, words } = useApp();
  const { t } = words;
  const { drain, fold } = store.model;
  return (
    <>
      <h3>
        {t('pcp.title')}
        <span class="tools" hidden={store.state.value?.recording !== undefined}>
          <button type="button" class="link" title={t('pcp.fold.gloss')} onClick={() => void store.attempt(fold)}>
            {t('pcp.fold')}
          </button>
          <button type="button" class="link" title={t('pcp.drain.gloss')} onClick={() => void store.attempt(drain)}>
            {t('pcp.drain')}
          </button>
        </span>
      </h3>
      <Table areas={areas} name={name} chosen={store.request.value.cpu} />
    </>
  );
}

function Table({ areas, name, chosen }: { areas: FreeAreas; name: string; chosen: string }) {
  const { t } = useApp().words;
  return (
    <table class="pcp-lists">
      <caption class="visually-hidden">{t('pcp.caption', { zone: name })}</caption>
      <thead>
        <tr>
          <th scope="col">{t('pcp.cpu')}</th>
          <th scope="col" class="wide">
            {t('pcp.count')}
          </th>
          <th scope="col" class="types">
            {t('pcp.lists')}
          </th>
          <th scope="col">{t('pcp.batch')}</th>
          <th scope="col" title={t('pcp.drift.gloss')}>
            {t('pcp.drift')}
          </th>
        </tr>
      </thead>
      <tbody>
        {areas.pcp.map((set) => (
          <tr key={set.cpu} class={String(set.cpu) === chosen ? 'chosen' : ''}>
            <th scope="row">{set.cpu}</th>
            <td class="wide">
              <span class="gauge" aria-hidden="true">
                {LISTS.map((list, i) => {
                  const share = (set.lists[i] ?? 0) / Math.max(1, set.high, set.count);
                  return <i key={list} class={list} style={{ width: `${share * 100}%` }} />;
                })}
              </span>
              {grouped(set.count)} / {grouped(set.high)}
            </td>
            <td class="types">{set.lists.map(grouped).join(' · ')}</td>
            <td>{grouped(set.batch)}</td>
            <td>
              {set.deltaFree < 0 ? `−${-set.deltaFree}` : set.deltaFree} / {set.threshold}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
