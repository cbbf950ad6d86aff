import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RunText } from '../../worker/model.ts';
import { CopyButton } from '../copy-button.tsx';
import { useDebounced } from '../use-debounced.ts';
import { SaveRun } from './save-run.tsx';
import { useRun } from './use-run.ts';

/** Files of /proc and the kernel's log, as they are now. */
export function KernelTexts({ version, ms }: { version: number; ms: number }) {
  const { store, said } = useRun();
  const { t } = said;
  const texts = useSignal<RunText[]>([]);
  const name = useSignal('');
  const read = () =>
    void store.attempt(async () => {
      texts.value = await store.model.runTexts();
    });
  useEffect(read, [store]);
  useDebounced(read, 250, [version, ms]);
  const shown = texts.value.find((text) => text.name === name.value) ?? texts.value[0];
  if (shown === undefined) return <p class="empty">{t('log.empty')}</p>;
  return (
    <>
      <h2>
        <select
          aria-label={t('log.text')}
          value={shown.name}
          onChange={(event) => {
            name.value = event.currentTarget.value;
          }}
        >
          {texts.value.map((text) => (
            <option key={text.name} value={text.name}>
              {text.name}
            </option>
          ))}
        </select>
        <CopyButton text={() => shown.text} />
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and is to be scrolled with the keyboard */}
      <section class="kernel-text" tabIndex={0} aria-label={shown.name}>
        <pre>{shown.text === '' ? t('log.empty') : shown.text}</pre>
      </section>
      <SaveRun />
    </>
  );
}
