import { grouped } from '../../locale/format.ts';
import type { Access, Diagnosis, Score } from '../../worker/model.ts';
import { CopyButton } from '../copy-button.tsx';
import { Remedies } from '../remedies.tsx';
import { useReader } from './use-reader.ts';

/** What the chosen report comes to; nothing if none is shown. */
export function Report() {
  const { reader, said, words } = useReader();
  const { t } = said;
  const diagnosis = reader.chosen.value;
  if (diagnosis === undefined) return null;
  return (
    <section class="report" aria-labelledby="report-title">
      <h2 id="report-title">
        {t('report.title')}
        <CopyButton text={diagnosis.copy} />
      </h2>
      <p class="title">{words.said(diagnosis.title)}</p>
      {diagnosis.verdict !== undefined && (
        <p class={`answer ${diagnosis.lack === 'nothing' ? 'ok' : 'bad'}`} aria-live="polite">
          {words.said(diagnosis.verdict)}
        </p>
      )}
      <ul class="notes">
        {diagnosis.notes.map((note) => (
          <li key={note.key}>{words.said(note)}</li>
        ))}
      </ul>
      {diagnosis.zones.length > 0 && <Zones diagnosis={diagnosis} />}
      {diagnosis.access.length > 0 && <Reach access={diagnosis.access} />}
      {diagnosis.scores.length > 0 && <Scores scores={diagnosis.scores} />}
      <Remedies remedies={diagnosis.remedies} title={t('report.remedies')} note={t('report.remedies.note')} />
      <Assumed diagnosis={diagnosis} />
    </section>
  );
}

/** Each zone's part, with the check that it failed. */
function Zones({ diagnosis }: { diagnosis: Diagnosis }) {
  const { store, said, words } = useReader();
  const { t } = said;
  const focus = store.state.value?.focus.zone;
  return (
    <>
      <h3>
        {t('report.zones')} <small>{diagnosis.subject !== 'machine' && t('report.zones.note')}</small>
      </h3>
      <ol class="steps">
        {diagnosis.zones.map(({ zone, lack, sentence, sum }) => (
          <li key={zone} class={lack === 'nothing' ? 'pass' : 'fail'}>
            <span class="said">{words.said(sentence)}</span>
            {sum.length > 0 && <pre>{sum.join('\n')}</pre>}
            <span class="fn">
              <span class="lack">{diagnosis.subject !== 'machine' && t(`lack.${lack}`)}</span>
              {zone !== focus && (
                <button type="button" class="link" onClick={() => store.focus({ zone })}>
                  {t('report.look')}
                </button>
              )}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

/** What requests of each kind would still get. */
function Reach({ access }: { access: Access[] }) {
  const { t } = useReader().said;
  const order = (order: number) => (order < 0 ? t('report.nothing') : String(order));
  return (
    <>
      <h3>
        {t('report.access')} <small>{t('report.access.note')}</small>
      </h3>
      <table class="scores">
        <thead>
          <tr>
            <th scope="col">{t('report.gfp')}</th>
            <th scope="col">{t('report.atOnce')}</th>
            <th scope="col">{t('report.atAll')}</th>
          </tr>
        </thead>
        <tbody>
          {access.map(({ gfp, atOnce, atAll }) => (
            <tr key={gfp}>
              <th scope="row">{gfp}</th>
              <td>{order(atOnce)}</td>
              <td>{order(atAll)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Who could be killed. */
function Scores({ scores }: { scores: Score[] }) {
  const { t } = useReader().said;
  return (
    <>
      <h3>
        {t('report.scores')} <small>{t('report.scores.note')}</small>
      </h3>
      <div class="scroll">
        <table class="scores">
          <thead>
            <tr>
              <th scope="col">{t('report.task')}</th>
              <th scope="col">{t('report.points')}</th>
              <th scope="col">{t('report.rss')}</th>
              <th scope="col">{t('report.swap')}</th>
              <th scope="col">{t('report.tables')}</th>
              <th scope="col">{t('report.adj')}</th>
            </tr>
          </thead>
          <tbody>
            {scores.map((score) => (
              <tr key={score.pid} class={score.killed ? 'killed' : ''}>
                <th scope="row">
                  {score.comm} <small>{score.killed ? `${score.pid}, ${t('report.killed')}` : score.pid}</small>
                </th>
                <td>{score.points === undefined ? t('report.never') : grouped(score.points)}</td>
                <td>{grouped(score.rss)}</td>
                <td>{grouped(score.swap)}</td>
                <td>{grouped(score.tables)}</td>
                <td>{score.adj}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Assumed({ diagnosis }: { diagnosis: Diagnosis }) {
  const { said, words } = useReader();
  if (diagnosis.assumptions.length === 0) return null;
  return (
    <details class="assumed">
      <summary>{said.t('report.assumed')}</summary>
      <ul class="notes">
        {diagnosis.assumptions.map((assumption) => (
          <li key={assumption.text}>{words.said(assumption)}</li>
        ))}
      </ul>
    </details>
  );
}
