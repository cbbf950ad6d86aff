import { useSignal } from '@preact/signals';
import { useApp } from './app-context.ts';
import type { LinkProblem } from './link.ts';

/** What the page has to say about itself: a link it could not read, a model that stopped. */
export function Notices({ problem }: { problem?: LinkProblem | undefined }) {
  const { store, words } = useApp();
  const { t } = words;
  const seen = useSignal(false);
  const defect = store.defect.value;
  const progress = store.progress.value;
  return (
    <div class="notices" role="status">
      {defect !== undefined && (
        <div class="notice bad">
          <p>
            {t(defect.restored ? 'defect.restored' : 'defect.lost')}{' '}
            <span class="detail">
              {t('defect.detail')}: <code>{defect.message.slice(0, 300)}</code>
            </span>
          </p>
          <button
            type="button"
            onClick={() => {
              store.defect.value = undefined;
            }}
          >
            {t('app.close')}
          </button>
        </div>
      )}
      {problem !== undefined && !seen.value && (
        <div class="notice">
          <p>
            {t('link.bad', {
              problem: words.t(`link.${problem.kind}`, 'field' in problem ? { field: problem.field } : {}),
            })}
          </p>
          <button
            type="button"
            onClick={() => {
              seen.value = true;
            }}
          >
            {t('app.close')}
          </button>
        </div>
      )}
      {progress < 1 && (
        <div class="notice">
          <p>{t('app.working', { percent: Math.floor(progress * 100) })}</p>
          <progress value={progress} />
        </div>
      )}
    </div>
  );
}
