import { useSignal } from '@preact/signals';
import type { GfpView } from '../worker/model.ts';
import { useApp } from './app-context.ts';
import { FLAG_GROUPS, FLAGS, type FlagName, GROUPS } from './gfp-flags.ts';

interface FlagBoxesProps {
  mask: number;
  /** The new flags as text, and what they mean. */
  change: (text: string, view: GfpView) => void;
}

/** The flags as check boxes: those set, and all of them in groups once unfolded. */
export function FlagBoxes({ mask, change }: FlagBoxesProps) {
  const { store, words } = useApp();
  const { t } = words;
  const open = useSignal(false);

  const toggle = async (bit: number) => {
    // The model writes the flags as the kernel would, so that composites keep their names.
    await store.attempt(async () => {
      const view = await store.model.gfp(`0x${(mask ^ bit).toString(16)}`);
      change(view.mask === 0 ? '0' : view.text, view);
    });
  };
  const chip = ({ name, bit }: { name: FlagName; bit: number }) => (
    <label key={name} class="chip" title={t(`flag.${name}`)}>
      <input type="checkbox" name={`flag-${name}`} checked={(mask & bit) !== 0} onChange={() => void toggle(bit)} />
      <span>{name}</span>
    </label>
  );
  const set = FLAGS.filter(({ bit }) => (mask & bit) !== 0);
  return (
    <div class="flag-boxes">
      {!open.value && <div class="flags">{set.map(chip)}</div>}
      <button
        type="button"
        class="link"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {open.value ? '−' : t('request.flags.more', { n: FLAGS.length - set.length })}
        <span class="visually-hidden"> {t('request.flags.all')}</span>
      </button>
      {open.value &&
        GROUPS.map((group) => (
          <fieldset key={group} class="flags">
            <legend>{t(`request.flags.${group}`)}</legend>
            {FLAG_GROUPS[group].map(([name, bit]) => chip({ name, bit }))}
          </fieldset>
        ))}
    </div>
  );
}
