import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { en } from '../locale/en.ts';
import { size } from '../locale/format.ts';
import type { Key } from '../locale/index.ts';
import { useApp } from './app-context.ts';
import { type Files, fetchShipped, listShipped, readOwn, type Shipped } from './recording-files.ts';

const BASE = new URL('recordings/', document.baseURI);

/** What a real kernel did, to be stepped through beside the model. */
export function Recordings() {
  const { store, words } = useApp();
  const { t } = words;
  const shipped = useSignal<Shipped[] | undefined>(undefined);
  const problem = useSignal('');
  const loading = useSignal('');
  useEffect(() => {
    listShipped(BASE).then(
      (list) => {
        shipped.value = list;
      },
      () => {
        shipped.value = [];
        problem.value = t('recording.missing');
      },
    );
  }, [shipped, problem, t]);

  const load = async (label: string, read: () => Promise<{ name: string; files: Files }>) => {
    loading.value = label;
    problem.value = '';
    const errors = await store.attempt(async () => {
      const { name, files } = await read();
      store.recorder.pause();
      await store.model.loadRecording(name, files);
    });
    problem.value = Object.entries(errors)
      .map(([field, message]) => explained(field, message))
      .join(' ');
    loading.value = '';
  };
  const own = (files: FileList | null | undefined) => {
    if (files && files.length > 0) void load('own', () => readOwn([...files]));
  };
  const current = store.state.value?.recording?.name;
  return (
    <section
      class="recordings"
      aria-labelledby="recordings-title"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        own(event.dataTransfer?.files);
      }}
    >
      <h2 id="recordings-title">{t('recording.title')}</h2>
      <p class="gloss">{t('recording.note')}</p>
      {problem.value !== '' && (
        <p class="error" role="alert">
          {problem.value}
        </p>
      )}
      {shipped.value?.length === 0 && problem.value === '' && <p class="empty">{t('recording.none')}</p>}
      <ul class="choices">
        {shipped.value?.map((recording) => (
          <li key={recording.name}>
            <button
              type="button"
              aria-pressed={recording.name === current}
              disabled={loading.value !== ''}
              onClick={() =>
                void load(recording.name, async () => ({
                  name: recording.name,
                  files: await fetchShipped(recording, BASE),
                }))
              }
            >
              <b>{recording.name}</b>
              <span>{loading.value === recording.name ? t('recording.loading') : about(recording)}</span>
            </button>
          </li>
        ))}
      </ul>
      <h3>{t('recording.own')}</h3>
      <p class="gloss">{t('recording.own.note')}</p>
      <div class="pair actions">
        <label class="button">
          <input type="file" multiple name="files" onChange={(event) => own(event.currentTarget.files)} />
          {t('recording.files')}
        </label>
        <label class="button">
          <input
            type="file"
            multiple
            name="folder"
            ref={(input) => input?.setAttribute('webkitdirectory', '')}
            onChange={(event) => own(event.currentTarget.files)}
          />
          {t('recording.folder')}
        </label>
      </div>
    </section>
  );

  function about({ scenario = '', nodes, mib }: Shipped): string {
    const key = `scenario.${scenario.replace(/fill$/, '')}`;
    const machine = `${t('app.nodes', { n: nodes })}, ${size(mib * 256)}`;
    return key in en ? `${t(key as Key)} · ${machine}` : machine;
  }

  function explained(field: string, message: string): string {
    if (message === 'xz') return t('recording.xz', { name: field });
    if (message === 'tooLarge') return t('recording.tooLarge', { name: field, size: '192 MiB' });
    return field === 'files' ? message : `${field}: ${message}`;
  }
}
