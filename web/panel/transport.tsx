import { grouped } from '../locale/format.ts';
import { useApp } from './app-context.ts';
import { SPEEDS } from './recorder.ts';

/** The bar under a loaded recording: where it is, what the kernel did, what the model did. */
export function Transport() {
  const { store, words } = useApp();
  const { t } = words;
  const { recorder } = store;
  const recording = store.state.value?.recording;
  if (recording === undefined) return null;
  const { position, operations } = recording;
  const close = () => {
    recorder.pause();
    void store.attempt(store.model.closeRecording);
  };
  const at = { position: grouped(position), operations: grouped(operations) };
  const button = (label: string, sign: string, act: () => void, disabled = false) => (
    <button type="button" aria-label={label} title={label} disabled={disabled} onClick={act}>
      {sign}
    </button>
  );
  const problem = recorder.problem.value || recording.mismatch;
  const same = !problem;
  return (
    <section class="transport" aria-labelledby="transport-title">
      <h2 id="transport-title">
        {t('recording.player')} <small>{recording.name}</small>
      </h2>
      <div class="controls">
        {button(t('recording.start'), '⇤', () => recorder.step(-position), position === 0)}
        {button(t('recording.back'), '‹', () => recorder.step(-1), position === 0)}
        {recorder.playing.value
          ? button(t('recording.pause'), '❚❚', recorder.toggle)
          : button(t('recording.play'), '▶', recorder.toggle, position === operations)}
        {button(t('recording.step'), '›', () => recorder.step(1), position === operations)}
        {button(t('recording.end'), '⇥', () => recorder.step(operations - position), position === operations)}
        <select
          aria-label={t('recording.speed')}
          value={String(recorder.speed.value)}
          onChange={(event) => {
            recorder.speed.value = Number(event.currentTarget.value);
          }}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={String(speed)}>
              {t('recording.perSecond', { n: grouped(speed) })}
            </option>
          ))}
        </select>
      </div>
      <div class="seek">
        <input
          type="range"
          min={0}
          max={operations}
          value={position}
          aria-label={t('recording.position')}
          aria-valuetext={t('recording.of', at)}
          onInput={(event) => {
            recorder.pause();
            recorder.seek(Number(event.currentTarget.value));
          }}
        />
        <output>{t('recording.of', at)}</output>
      </div>
      <button type="button" onClick={close}>
        {t('recording.close')}
      </button>
      <dl class={same ? 'beside' : 'beside differs'} aria-live="polite">
        <div class="line">
          <dt class="visually-hidden">{t('recording.position')}</dt>
          <dd>
            <code>{recording.line || t('recording.before')}</code>
          </dd>
        </div>
        <div>
          <dt>{t('recording.kernel')}</dt>
          <dd>
            <code>{recording.kernel || '–'}</code>
          </dd>
        </div>
        <div>
          <dt>{t('recording.model')}</dt>
          <dd>
            <code>{recording.model || '–'}</code>
          </dd>
        </div>
        <div class="verdict">
          <dt class="visually-hidden">{t('recording.same')}</dt>
          <dd>{problem || `✓ ${t('recording.matches', { n: grouped(recording.matches) })}`}</dd>
        </div>
      </dl>
    </section>
  );
}
