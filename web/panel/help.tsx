import type { Key } from '../locale/index.ts';
import { useApp } from './app-context.ts';
import { Dialog } from './dialog.tsx';
import type { Hotkeys } from './hotkeys.ts';

const KEYS: readonly (readonly [Key, readonly (readonly [string, Key])[]])[] = [
  [
    'help.anywhere',
    [
      ['?', 'help.question'],
      ['A', 'help.a'],
      ['F', 'help.f'],
      ['G', 'help.g'],
      ['M', 'help.m'],
      ['W', 'help.w'],
      ['1 2 3 4 5', 'help.1'],
      ['P', 'help.space'],
      ['[ ]', 'help.brackets'],
      ['D', 'help.d'],
      ['C', 'help.c'],
    ],
  ],
  ['help.machineKeys', [['← →', 'help.zone']]],
  [
    'help.map',
    [
      ['← → ↑ ↓', 'help.arrows'],
      ['Shift + ← → ↑ ↓', 'help.shiftArrows'],
      ['+ −', 'help.plus'],
      ['0', 'help.zero'],
    ],
  ],
];

/** All keys, and the switch for those that are single letters. */
export function Help({ open, close, hotkeys }: { open: boolean; close: () => void; hotkeys: Hotkeys }) {
  const { t } = useApp().words;
  return (
    <Dialog title={t('help.title')} open={open} close={close}>
      {KEYS.map(([group, keys]) => (
        <section key={group} class="keys">
          <h3>{t(group)}</h3>
          <dl>
            {keys.map(([key, meaning]) => (
              <div key={key}>
                <dt>
                  {key
                    .split(' ')
                    .map((part) => (part === '+' && key.length > 5 ? ' + ' : <kbd key={part}>{part}</kbd>))}
                </dt>
                <dd>{t(meaning)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <label class="check">
        <input
          type="checkbox"
          checked={hotkeys.enabled.value}
          onChange={(event) => {
            hotkeys.enabled.value = event.currentTarget.checked;
          }}
        />
        {t('help.enabled')}
      </label>
    </Dialog>
  );
}
