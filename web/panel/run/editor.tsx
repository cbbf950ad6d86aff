import { NumberedText } from '../numbered-text.tsx';
import { placeInFile } from '../place-in-file.ts';
import { useRun } from './use-run.ts';

interface EditorProps {
  problem: { field: string; message: string } | undefined;
  busy: boolean;
  open: (text: string) => void;
  own: (files: FileList | null) => Promise<void>;
}

/** A scenario file to write or paste, with the line that is wrong marked. */
export function Editor({ problem, busy, open, own }: EditorProps) {
  const { runner, said } = useRun();
  const { t } = said;
  const place = problem && placeInFile(problem.field);
  return (
    <form
      class="editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        open(runner.text.value);
      }}
    >
      <h3>{t('gallery.own')}</h3>
      <p class="gloss" id="editor-note">
        {t('gallery.own.note')}
      </p>
      {problem !== undefined && (
        <p class="error" role="alert" id="editor-error">
          {explained()}
        </p>
      )}
      <NumberedText
        name="scenario"
        label={t('gallery.text')}
        value={runner.text.value}
        change={(text) => {
          runner.text.value = text;
        }}
        bad={place?.line}
        invalid={problem !== undefined}
        describedBy={problem === undefined ? 'editor-note' : 'editor-error'}
        rows={12}
      />
      <div class="pair actions">
        <button type="submit" class="primary" disabled={busy || runner.text.value.trim() === ''}>
          {t(busy ? 'gallery.opening' : 'gallery.run')}
        </button>
        <label class="button">
          <input
            type="file"
            name="scenario-file"
            accept=".toml,text/plain"
            onChange={(event) => void own(event.currentTarget.files)}
          />
          {t('gallery.file')}
        </label>
      </div>
    </form>
  );

  function explained(): string {
    const message = problem?.message ?? '';
    // A field of the scenario, as opposed to none and to the file as such.
    const named = problem?.field.includes('.');
    if (place === undefined) return named ? `${problem?.field}: ${message}` : message;
    return t(place.field === '' ? 'error.line' : 'error.at', { ...place, message });
  }
}
