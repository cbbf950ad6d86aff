import { useSignal } from '@preact/signals';
import { useApp } from './app-context.ts';
import { FLAG_GROUPS, FLAGS, type FlagName, GROUPS } from './gfp-flags.ts';

interface FlagBoxesProps {
  mask: number;
  /** The new flags as text. */
  change: (text: string) => void;
}

/** The flags as check boxes: those set, and all of them in groups once unfolded. */
export function FlagBoxes({ mask, change }: FlagBoxesProps) {
  const { store, words } = useApp();
  const { t } = words;
  const open = useSignal(false);

  const toggle = async (bit: number) => {
    // The model writes the flags as the kernel would, so that composites keep their names.
    await store.attempt(async () => {
      const next = mask ^ bit;
      change(next === 0 ? '0' : (await store.model.gfp(`0x${next.toString(16)}`)).text);
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
        aria-label={t('request.flags.all')}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {open.value ? '−' : t('request.flags.more', { n: FLAGS.length - set.length })}
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
