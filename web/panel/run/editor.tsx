import { useEffect, useRef } from 'preact/hooks';
import { lineRange, placeInFile } from './place-in-file.ts';
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
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const place = problem && placeInFile(problem.field);
  useEffect(() => {
    if (place === undefined || area.current === null) return;
    area.current.focus();
    area.current.setSelectionRange(...lineRange(area.current.value, place.line));
    const height = Number.parseFloat(getComputedStyle(area.current).lineHeight);
    area.current.scrollTop = Math.max(0, (place.line - 3) * height);
  }, [problem]);
  const lines = runner.text.value.split('\n').length;
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
      <div class="text">
        <div class="gutter" aria-hidden="true">
          <div ref={gutter}>
            {Array.from({ length: lines }, (_, i) => (
              <span key={i} class={place?.line === i + 1 ? 'bad' : ''}>
                {i + 1}
              </span>
            ))}
          </div>
        </div>
        <textarea
          ref={area}
          name="scenario"
          aria-label={t('gallery.text')}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? 'editor-note' : 'editor-error'}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          wrap="off"
          rows={12}
          value={runner.text.value}
          onInput={(event) => {
            runner.text.value = event.currentTarget.value;
          }}
          onScroll={(event) => {
            if (gutter.current) gutter.current.style.translate = `0 ${-event.currentTarget.scrollTop}px`;
          }}
        />
      </div>
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
