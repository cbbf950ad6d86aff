import { grouped, hex } from '../locale/format.ts';
import type { AllocationView } from '../worker/model.ts';
import { useApp } from './app-context.ts';

/** What was asked for, newest first; the chosen one is explained. */
export function Allocations() {
  const { store, words } = useApp();
  const { t } = words;
  const state = store.state.value;
  if (state === undefined) return null;
  const { list, focus } = state;
  const free = (id: number) => void store.attempt(() => store.model.free(id));
  return (
    <section class="allocations" aria-labelledby="allocations-title">
      <h2 id="allocations-title">
        {t('list.title')}
        <small>{t('list.live', { live: grouped(list.live), failed: grouped(list.failed) })}</small>
      </h2>
      {list.items.length === 0 && <p class="empty">{t('list.empty')}</p>}
      <ol>
        {list.items.map((item) => (
          <li key={item.id} class={item.id === focus.allocation ? 'chosen' : ''}>
            <label title={item.gfp}>
              <input
                type="radio"
                name="allocation"
                checked={item.id === focus.allocation}
                onChange={() => choose(item)}
                onClick={() => choose(item)}
                onKeyDown={(event) => event.key === 'Delete' && free(item.id)}
              />
              <i class={`dot ${item.ok ? (item.freed ? 'freed' : 'ok') : 'bad'}`} />
              <span class="what">{t('list.row', { order: item.order, gfp: short(item.gfp) })}</span>
              <span class="where">{whereabouts(item)}</span>
            </label>
            {item.id === focus.allocation && item.ok && !item.freed && (
              <button
                type="button"
                class="link"
                aria-label={t('list.free.this', { id: item.id })}
                onClick={() => free(item.id)}
              >
                {t('list.free')}
              </button>
            )}
          </li>
        ))}
      </ol>
      {list.total > list.items.length && (
        <p class="gloss">{t('list.more', { n: list.items.length, total: grouped(list.total) })}</p>
      )}
    </section>
  );

  function choose(item: AllocationView): void {
    store.focus({ allocation: item.id, back: item.freed, ...(item.zone !== undefined && { zone: item.zone }) });
  }

  function whereabouts(item: AllocationView): string {
    if (!item.ok) return t('list.failed');
    if (item.freed) return t('list.freed');
    return item.pfn === undefined ? '' : hex(item.pfn);
  }
}

/** Flags without what they all begin with. */
function short(gfp: string): string {
  return gfp.replaceAll('__GFP_', '');
}
