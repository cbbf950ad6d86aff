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
  const before = useSignal<MarksView[]>([]);
  const errors = useSignal<Errors>({});
  const sysctls = store.state.value?.machine.sysctls ?? {};
  const change = typed.value;

  const preview = async () => {
    if (change === undefined) return;
    errors.value = await store.attempt(async () => {
      const now = await store.model.previewSysctl(change.name, sysctls[change.name] ?? '');
      const then = await store.model.previewSysctl(change.name, change.value);
      if (typed.peek() !== change) return;
      before.value = now;
      store.preview.value = then;
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
                <Effect before={before.value} after={store.preview.value} zones={store.zones.value} />
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

/** What would move, zone by zone: marks, reserves, per-CPU limits. */
function Effect({ before, after, zones }: { before: MarksView[]; after: MarksView[]; zones: ZoneView[] }) {
  const { words } = useApp();
  const { t } = words;
  const rows = after.flatMap((then) => {
    const zone = zones.find(({ id }) => id === then.zone);
    const now = before.find((marks) => marks.zone === then.zone);
    if (zone === undefined || now === undefined) return [];
    const changes = (['min', 'low', 'high', 'boost', 'pcpHigh', 'pcpBatch', 'protection'] as const).flatMap((what) =>
      String(now[what]) === String(then[what]) ? [] : [{ what, from: shown(now[what]), to: shown(then[what]) }],
    );
    return changes.length === 0 ? [] : [{ zone, changes }];
  });
  if (rows.length === 0) return <p class="gloss">{t('sysctl.none')}</p>;
  return (
    <table>
      <caption class="visually-hidden">{t('sysctl.effect')}</caption>
      <tbody>
        {rows.slice(0, MOST_ZONES).map(({ zone, changes }) =>
          changes.map(({ what, from, to }, i) => (
            <tr key={`${zone.id} ${what}`} class={i === 0 ? 'first' : ''}>
              <th scope="row">{i === 0 && zoneName(zone, words)}</th>
              <td>{t(`sysctl.effect.${what}`)}</td>
              <td>
                <del>{from}</del>
              </td>
              <td>{to}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}

const MOST_ZONES = 12;

function shown(value: number | number[]): string {
  return typeof value === 'number' ? grouped(value) : value.map(grouped).join(' ');
}
