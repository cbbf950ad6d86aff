import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { size } from '../locale/format.ts';
import type { GfpView } from '../worker/model.ts';
import { useApp } from './app-context.ts';
import { Field, Select } from './field.tsx';
import { FlagBoxes } from './flags.tsx';
import { COMPOSITES } from './gfp-flags.ts';
import type { Errors, RequestForm } from './store.ts';
import { useDebounced } from './use-debounced.ts';

/** What the page begins with: known before the model is here, so that nothing moves when it is. */
const KERNEL: GfpView = { mask: 0xcc0, text: 'GFP_KERNEL', zone: 'Normal', migratetype: 0, ignored: [] };

/** Fields that show their own errors. */
const SHOWN = ['gfp', 'order', 'count', 'cpu', 'policy', 'context'];

const CONTEXTS = ['task', 'softirq', 'hardirq'] as const;
const TASK_FLAGS = ['PF_MEMALLOC', 'PF_MEMALLOC_NOCMA', 'rt', 'oom_victim'] as const;

/** The form that asks for pages. */
export function Request() {
  const { store, words } = useApp();
  const { t } = words;
  const form = store.request.value;
  const errors = useSignal<Errors>({});
  const gfp = useSignal<GfpView | undefined>(form.gfp === KERNEL.text ? KERNEL : undefined);
  const lists = useId();

  const set = (change: Partial<RequestForm>) => {
    store.request.value = { ...store.request.value, ...change };
    const left = { ...errors.value };
    for (const field of Object.keys(change)) delete left[field];
    errors.value = left;
  };
  const readFlags = async () => {
    const text = store.request.value.gfp;
    const found = await store.attempt(async () => {
      gfp.value = await store.model.gfp(text);
    });
    if (text === store.request.value.gfp) errors.value = found.gfp ? { ...errors.value, gfp: found.gfp } : errors.value;
  };
  useDebounced(() => void readFlags(), 90, [form.gfp]);

  const allocate = async (event: Event) => {
    event.preventDefault();
    errors.value = await store.attempt(() => store.model.allocate(numbered(store.request.value)));
  };
  const freeNewest = async () => {
    errors.value = await store.attempt(() => store.model.freeNewest());
  };

  const pages = 2 ** Number(form.order);
  const orderKnown = form.order !== '' && Number(form.order) >= 0 && Number(form.order) <= 10;
  const elsewhere = Object.entries(errors.value).filter(([field]) => !SHOWN.includes(field));
  const below = gfp.value && meaning(gfp.value, words);
  return (
    <form class="request" noValidate onSubmit={(event) => void allocate(event)}>
      <h2>{t('request.title')}</h2>
      <Field
        class="mono"
        label={t('request.gfp')}
        name="gfp"
        value={form.gfp}
        error={errors.value.gfp}
        gloss={below ?? '\u00a0'}
        list={`${lists}-gfp`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        change={(value) => set({ gfp: value })}
      />
      <datalist id={`${lists}-gfp`}>
        {COMPOSITES.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <FlagBoxes
        mask={gfp.value?.mask ?? 0}
        change={(text, view) => {
          gfp.value = view;
          set({ gfp: text });
        }}
      />
      <div class="pair">
        <Field
          class="mono"
          label={t('request.order')}
          name="order"
          type="number"
          min={0}
          max={10}
          value={form.order}
          error={errors.value.order}
          gloss={orderKnown ? t('request.order.gloss', { n: pages, size: size(pages) }) : '\u00a0'}
          change={(order) => set({ order })}
        />
        <Field
          class="mono"
          label={t('request.count')}
          name="count"
          type="number"
          min={1}
          value={form.count}
          error={errors.value.count}
          change={(count) => set({ count })}
        />
      </div>
      <div class="pair">
        <Select
          label={t('request.cpu')}
          value={form.cpu}
          options={cpus(store.state.value?.machine.nodes ?? []).map(({ cpu, node }) => [
            String(cpu),
            t('request.cpu.option', { cpu, node }),
          ])}
          error={errors.value.cpu}
          change={(cpu) => set({ cpu })}
        />
        <Field
          class="mono"
          label={t('request.policy')}
          name="policy"
          value={form.policy}
          error={errors.value.policy}
          list={`${lists}-policy`}
          autocomplete="off"
          change={(policy) => set({ policy })}
        />
        <datalist id={`${lists}-policy`}>
          {['default', 'local', 'preferred:1', 'bind:0', 'interleave:0-1', 'node:1'].map((policy) => (
            <option key={policy} value={policy} />
          ))}
        </datalist>
      </div>
      <details class="more">
        <summary>{t('request.more')}</summary>
        <Select
          label={t('request.context')}
          value={form.context}
          options={CONTEXTS.map((context) => [context, t(`request.context.${context}`)])}
          error={errors.value.context}
          change={(context) => set({ context })}
        />
        <fieldset class="flags">
          <legend>{t('request.taskFlags')}</legend>
          {TASK_FLAGS.map((flag) => (
            <label key={flag} class="chip">
              <input
                type="checkbox"
                checked={form.taskFlags.includes(flag)}
                onChange={({ currentTarget: { checked } }) => {
                  const others = form.taskFlags.filter((other) => other !== flag);
                  set({ taskFlags: checked ? [...others, flag] : others });
                }}
              />
              <span>{flag}</span>
            </label>
          ))}
        </fieldset>
        <label class="check">
          <input type="checkbox" checked={form.lru} onChange={(event) => set({ lru: event.currentTarget.checked })} />
          {t('request.lru')}
        </label>
      </details>
      <div class="pair actions">
        <button type="submit" class="primary">
          {t('request.allocate')}
        </button>
        <button type="button" onClick={() => void freeNewest()}>
          {t('request.freeNewest')}
        </button>
      </div>
      {elsewhere.map(([field, message]) => (
        <p key={field} class="error" role="alert">
          {message}
        </p>
      ))}
    </form>
  );
}

/** The form as the model takes it: numbers stay as they were typed, it reads them itself. */
export function numbered({ order, cpu, count, ...rest }: RequestForm) {
  const number = (text: string) => (/^\d+$/.test(text) ? Number(text) : (text as unknown as number));
  return { ...rest, order: number(order), cpu: number(cpu), count: number(count) };
}

function cpus(nodes: { id: number; cpus: number[] }[]): { cpu: number; node: number }[] {
  const all = nodes.flatMap(({ id, cpus }) => cpus.map((cpu) => ({ cpu, node: id })));
  return all.sort((a, b) => a.cpu - b.cpu);
}

function meaning(gfp: GfpView, { t }: ReturnType<typeof useApp>['words']): string {
  const type = t(`type.${gfp.migratetype as 0}`);
  const text = t('request.gfp.means', { zone: gfp.zone, type, mask: `0x${gfp.mask.toString(16)}` });
  return [text, ...gfp.ignored].join(' · ');
}
