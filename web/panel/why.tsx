import type { Why, WhyStep } from '../worker/model.ts';
import { useApp } from './app-context.ts';
import { CopyButton } from './copy-button.tsx';
import { Remedies } from './remedies.tsx';

/** The walk of the chosen request, a sentence a step. */
export function WhyPanel() {
  const { store, words } = useApp();
  const { t } = words;
  const why = store.state.value?.why;
  return (
    <section class="why" aria-labelledby="why-title" tabIndex={-1}>
      <h2 id="why-title">
        {t('why.title')}
        {why !== undefined && <CopyButton text={why.copy} />}
      </h2>
      <Sides />
      {why === undefined ? (
        <p class="empty">{t(store.state.value?.recording ? 'why.none' : 'why.empty')}</p>
      ) : (
        <Walk why={why} />
      )}
    </section>
  );
}

/** An allocation that was freed has two stories. */
function Sides() {
  const { store, words } = useApp();
  const { t } = words;
  const state = store.state.value;
  const chosen = state?.list.items.find(({ id }) => id === state.focus.allocation);
  if (state === undefined || !chosen?.freed) return null;
  const side = (back: boolean, key: 'why.taken' | 'why.back') => (
    <button type="button" aria-pressed={(state.focus.back ?? false) === back} onClick={() => store.focus({ back })}>
      {t(key)}
    </button>
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: two buttons, not a form
    <div class="sides" role="group" aria-label={t('why.side')}>
      {side(false, 'why.taken')}
      {side(true, 'why.back')}
    </div>
  );
}

function Walk({ why }: { why: Why }) {
  const { words } = useApp();
  const { t, said } = words;
  return (
    <>
      <p class={`answer ${why.ok ? 'ok' : 'bad'}`} aria-live="polite">
        {said(why.answer)}
      </p>
      <ol class="steps">
        {why.steps.map((step, index) => (
          <Step key={index} step={step} />
        ))}
      </ol>
      <Remedies remedies={why.remedies} title={t('why.remedies')} note={t('why.remedies.note')} />
    </>
  );
}

/** Flags joined by bars may be broken after each. */
function breakable(text: string): string {
  return text.replaceAll('|', '|\u200b');
}

function Step({ step }: { step: WhyStep }) {
  const { store, words } = useApp();
  const { t, said } = words;
  const { zone } = step;
  return (
    <li class={step.kind}>
      <span class="visually-hidden">{t(`why.${step.kind}`)}: </span>
      <span class="said">{breakable(said(step))}</span>
      {step.sum !== undefined && step.sum.length > 0 && <pre>{breakable(step.sum.join('\n'))}</pre>}
      <span class="fn">
        <code>{step.fn}</code>
        {zone !== undefined && zone !== store.state.value?.focus.zone && (
          <button type="button" class="link" onClick={() => store.focus({ zone })}>
            {t('why.zone')}
          </button>
        )}
      </span>
    </li>
  );
}
