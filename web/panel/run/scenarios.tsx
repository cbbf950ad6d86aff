import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { scenarioText } from '../scenario-text.ts';
import { Contexts } from './contexts.tsx';
import { Editor } from './editor.tsx';
import { useRun } from './use-run.ts';

/** A scenario file of more than this is none. */
const MAX_BYTES = 1 << 20;

/** The scenarios that come with the page, and a person's own. */
export function Scenarios() {
  const { store, runner, said, words, run } = useRun();
  const { t } = said;
  const problem = useSignal<{ field: string; message: string } | undefined>(undefined);
  const opening = useSignal('');
  useEffect(() => {
    if (runner.scenarios.value !== undefined) return;
    store.model.scenarios().then(
      (scenarios) => {
        runner.scenarios.value = scenarios;
      },
      () => {
        runner.scenarios.value = [];
        problem.value = { field: '', message: said.t('gallery.missing') };
      },
    );
  }, [runner, store, said, problem]);

  const open = async (label: string, text: string) => {
    opening.value = label;
    const [error] = Object.entries(await runner.open(text));
    problem.value = error && { field: error[0], message: error[1] };
    opening.value = '';
  };
  const own = async (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file === undefined) return;
    if (file.size <= MAX_BYTES) await open('own', await file.text());
    else problem.value = { field: 'file', message: t('gallery.tooLarge', { size: '1 MiB' }) };
  };
  const gallery = (
    <ul class="choices scenarios">
      {runner.scenarios.value?.map((scenario) => (
        <li key={scenario.name}>
          <button
            type="button"
            aria-pressed={run !== undefined && runner.text.value === scenario.text}
            disabled={opening.value !== ''}
            onClick={() => void open(scenario.name, scenario.text)}
          >
            <b>{scenarioText(scenario, 'title', words)}</b>
            <span>
              {opening.value === scenario.name ? t('gallery.opening') : scenarioText(scenario, 'about', words)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
  const editor = (
    <Editor problem={problem.value} busy={opening.value !== ''} open={(text) => void open('own', text)} own={own} />
  );
  return (
    <section
      class="gallery"
      aria-labelledby="gallery-title"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void own(event.dataTransfer?.files);
      }}
    >
      {run === undefined ? (
        <>
          <h2 id="gallery-title">{t('gallery.title')}</h2>
          <p class="gloss">{t('gallery.note')}</p>
          {runner.scenarios.value?.length === 0 && problem.value === undefined && (
            <p class="empty">{t('gallery.none')}</p>
          )}
          {runner.scenarios.value === undefined && <p class="empty">{t('gallery.opening')}</p>}
          {gallery}
          {editor}
        </>
      ) : (
        <>
          <h2 id="gallery-title">{scenarioText(run.view, 'title', words)}</h2>
          <p class="about">{scenarioText(run.view, 'about', words)}</p>
          {run.view.look !== '' && <p class="look">{scenarioText(run.view, 'look', words)}</p>}
          <Contexts view={run.view} />
          <details class="more">
            <summary>{t('gallery.others')}</summary>
            {gallery}
          </details>
          <details class="more" open={problem.value !== undefined}>
            <summary>{t('gallery.edit')}</summary>
            {editor}
          </details>
        </>
      )}
    </section>
  );
}
