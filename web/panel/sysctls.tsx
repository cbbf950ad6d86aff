import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { en } from '../locale/en.ts';
import { grouped } from '../locale/format.ts';
import type { Key } from '../locale/index.ts';
import type { MarksView, ZoneView } from '../worker/model.ts';
import { useApp } from './app-context.ts';
import { Field } from './field.tsx';
import type { Errors } from './store.ts';
import { useDebounced } from './use-debounced.ts';
import { zoneName } from './zone-name.ts';

/** The files of /proc/sys/vm that the allocator reads; what a change would do is shown before it is made. */
export function Sysctls() {
  const { store, words } = useApp();
  const { t } = words;
  const typed = useSignal<{ name: string; value: string } | undefined>(undefined);
  const errors = useSignal<Errors>({});
  const sysctls = store.state.value?.machine.sysctls ?? {};
  const change = typed.value;

  const preview = async () => {
    if (change === undefined) return;
    errors.value = await store.attempt(async () => {
      const marks = await store.model.previewSysctl(change.name, change.value);
      if (typed.peek() === change) store.preview.value = marks;
    });
  };
  useDebounced(() => void preview(), 80, [change]);
  useEffect(
    () => () => {
      store.preview.value = [];
    },
    [store],
  );
  const edit = (name: string, value: string) => {
    errors.value = {};
    if (value === sysctls[name]) reset();
    else typed.value = { name, value };
  };
  const apply = async (event: Event) => {
    event.preventDefault();
    if (change === undefined) return;
    const found = await store.attempt(() => store.model.setSysctl(change.name, change.value));
    errors.value = found;
    if (Object.keys(found).length === 0) reset();
  };
  return (
    <form class="sysctls" noValidate onSubmit={(event) => void apply(event)}>
      <h2>{t('sysctl.title')}</h2>
      <p class="gloss">{t('sysctl.note')}</p>
      {inOrder(sysctls).map(([name, value]) => {
        const edited = change?.name === name;
        return (
          <div key={name} class={edited ? 'sysctl edited' : 'sysctl'}>
            <Field
              class="mono"
              label={<code>{name}</code>}
              name={name}
              value={edited ? change.value : value}
              error={edited ? message(errors.value) : undefined}
              gloss={gloss(name)}
              spellcheck={false}
              autocomplete="off"
              change={(next) => edit(name, next)}
            />
            {edited && (
              <div class="effect">
                <Effect marks={store.preview.value} zones={store.zones.value} />
                <div class="pair actions">
                  <button type="submit" class="primary" disabled={message(errors.value) !== undefined}>
                    {t('sysctl.apply')}
                  </button>
                  <button type="button" onClick={reset}>
                    {t('sysctl.reset')}
                  </button>
                </div>
              </div>
            )}
          </div>
        );
      })}
    </form>
  );

  function reset(): void {
    typed.value = undefined;
    store.preview.value = [];
  }

  function gloss(name: string): string {
    const key = `sysctl.${name.replace(/^vm\./, '')}`;
    return key in en ? t(key as Key) : '';
  }
}

/** Those that move marks and lists come first. */
const FIRST = [
  'min_free_kbytes',
  'watermark_scale_factor',
  'watermark_boost_factor',
  'lowmem_reserve_ratio',
  'percpu_pagelist_fraction',
  'zone_reclaim_mode',
];

function inOrder(sysctls: Record<string, string>): [name: string, value: string][] {
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return Object.entries(sysctls).sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
}

function message(errors: Errors): string | undefined {
  return Object.values(errors)[0];
}

/** The marks that would move, zone by zone. */
function Effect({ marks, zones }: { marks: MarksView[]; zones: ZoneView[] }) {
  const { words } = useApp();
  const { t } = words;
  const rows = marks.flatMap((after) => {
    const zone = zones.find(({ id }) => id === after.zone);
    if (zone === undefined) return [];
    const moved = (['min', 'low', 'high'] as const).some((mark) => zone[mark] !== after[mark]);
    const reserved = zone.protection.join() !== after.protection.join();
    return moved || reserved ? [{ zone, after, moved }] : [];
  });
  if (rows.length === 0) return <p class="gloss">{t('sysctl.none')}</p>;
  return (
    <table>
      <caption class="visually-hidden">{t('sysctl.effect')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('machine.zone')}</th>
          <th scope="col">{t('machine.min')}</th>
          <th scope="col">{t('machine.low')}</th>
          <th scope="col">{t('machine.high')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, 12).map(({ zone, after, moved }) => (
          <tr key={zone.id}>
            <th scope="row">{zoneName(zone, words)}</th>
            {moved ? (
              (['min', 'low', 'high'] as const).map((mark) => (
                <td key={mark}>
                  <del>{grouped(zone[mark])}</del> {grouped(after[mark])}
                </td>
              ))
            ) : (
              <td colSpan={3}>
                <del>{zone.protection.join(' ')}</del> {after.protection.join(' ')}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
