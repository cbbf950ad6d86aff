import { NumberedText } from '../numbered-text.tsx';
import { placeInFile } from '../place-in-file.ts';
import { EXAMPLE } from './example.ts';
import { MAX_BYTES } from './reader.ts';
import { useReader } from './use-reader.ts';

/** A text of the kernel, pasted, dropped or opened, and the reports in it. */
export function OwnText() {
  const { reader, said, words } = useReader();
  const { t } = said;
  const problem = reader.problem.value;
  const place = problem && placeInFile(problem.field);
  const busy = reader.reading.value;
  const own = async (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file === undefined) return;
    if (file.size <= MAX_BYTES) await reader.explain(await file.text());
    else reader.problem.value = { field: 'file', message: t('own.tooLarge', { size: '8 MiB' }) };
  };
  return (
    <section
      class="own-text"
      aria-labelledby="own-title"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const text = event.dataTransfer?.getData('text/plain');
        void (text ? reader.explain(text) : own(event.dataTransfer?.files));
      }}
    >
      <h2 id="own-title">{t('own.title')}</h2>
      <form
        class="editor"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void reader.explain();
        }}
      >
        <p class="gloss" id="own-note">
          {t('own.note')}
        </p>
        {problem !== undefined && (
          <p class="error" role="alert" id="own-error">
            {place === undefined
              ? problem.message
              : t(place.field === '' ? 'error.line' : 'error.at', { ...place, message: problem.message })}
          </p>
        )}
        <NumberedText
          name="report"
          label={t('own.text')}
          value={reader.text.value}
          change={(text) => {
            reader.text.value = text;
            reader.problem.value = undefined;
          }}
          bad={place?.line}
          invalid={problem !== undefined}
          describedBy={problem === undefined ? 'own-note' : 'own-error'}
          placeholder={t('own.placeholder')}
          rows={10}
        />
        <div class="pair actions">
          <button type="submit" class="primary" disabled={busy || reader.text.value.trim() === ''}>
            {t(busy ? 'own.reading' : 'own.read')}
          </button>
          <label class="button">
            <input
              type="file"
              name="report-file"
              accept=".txt,.log,text/plain"
              onChange={(event) => void own(event.currentTarget.files)}
            />
            {t('own.file')}
          </label>
        </div>
        {reader.text.value === '' && (
          <button type="button" class="link" onClick={() => void reader.explain(EXAMPLE)}>
            {t('own.example')}
          </button>
        )}
      </form>
      <Found />
    </section>
  );

  function Found() {
    const found = reader.found.value;
    if (found === undefined || problem !== undefined) return null;
    if (found.length === 0) return <p class="empty">{t('own.nothing')}</p>;
    return (
      <>
        <h3 aria-live="polite">{t('own.found', { n: found.length })}</h3>
        <ul class="choices">
          {found.map((diagnosis, nth) => (
            <li key={nth}>
              <button
                type="button"
                aria-pressed={reader.chosen.value === diagnosis}
                onClick={() => void reader.open(nth)}
              >
                <b>{t('own.line', { line: diagnosis.line })}</b>
                <span>{words.said(diagnosis.title)}</span>
              </button>
            </li>
          ))}
        </ul>
      </>
    );
  }
}
