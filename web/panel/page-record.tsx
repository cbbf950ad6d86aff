import { useSignal } from '@preact/signals';
import { en } from '../locale/en.ts';
import { hex } from '../locale/format.ts';
import type { Key } from '../locale/index.ts';
import { useApp } from './app-context.ts';
import { zoneName } from './zone-name.ts';

/** What the model knows of the page under the pointer. */
export function PageRecord() {
  const { store, words } = useApp();
  const { t } = words;
  const page = store.page.value;
  if (page === undefined) {
    return (
      <p id="page-record" class="record empty">
        {t('pages.hint')}
      </p>
    );
  }
  const zone = store.zones.value.find(({ id }) => id === page.zone);
  const block = page.head !== page.pfn;
  const facts = [
    zone && zoneName(zone, words),
    stateName(page.state) + (page.head === page.pfn && page.order === 0 ? '' : `, ${t('pages.order')} ${page.order}`),
    page.migratetype !== undefined && page.migratetype >= 0 && t(`type.${page.migratetype as 0}`),
    block && t('pages.record.head', { head: hex(page.head) }),
    page.pageblock !== undefined &&
      page.pageblock >= 0 &&
      t('pages.record.type', { type: t(`type.${page.pageblock as 0}`) }),
    page.flags.join(' '),
    page.allocation !== undefined && t('pages.record.mine', { id: page.allocation }),
  ];
  return (
    <p id="page-record" class="record" aria-live="polite">
      <b>{hex(page.pfn)}</b> {facts.filter(Boolean).join(' · ')}
      {page.buddy && (
        <span class="buddy">
          {t('pages.record.buddy', {
            pfn: hex(page.buddy.pfn),
            state: stateName(page.buddy.state),
            why: page.buddy.why,
          })}
        </span>
      )}
    </p>
  );

  function stateName(state: string): string {
    const key = `state.${state}`;
    return key in en ? t(key as Key) : state;
  }
}

/** A field to go to a page by its number. */
export function Goto({ go }: { go: (pfn: number) => boolean }) {
  const { t } = useApp().words;
  const text = useSignal('');
  const bad = useSignal(false);
  return (
    <form
      class="goto"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const typed = text.value.trim();
        const known = /^(0x[\da-f]{1,12}|\d{1,14})$/i.test(typed);
        bad.value = typed !== '' && !(known && go(Number(typed)));
      }}
    >
      <input
        aria-label={t('pages.goto')}
        aria-invalid={bad.value}
        aria-describedby={bad.value ? 'goto-error' : undefined}
        placeholder="0x1c4e2"
        size={9}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          bad.value = false;
        }}
      />
      {bad.value && (
        <span id="goto-error" class="error" role="alert">
          {t('pages.goto.bad')}
        </span>
      )}
    </form>
  );
}
