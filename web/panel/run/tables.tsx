import { grouped, size } from '../../locale/format.ts';
import type { RunMemcg, RunShrinker, RunView } from '../../worker/model.ts';
import { useRun } from './use-run.ts';

export function Shrinkers({ shrinkers }: { shrinkers: readonly RunShrinker[] }) {
  const { said } = useRun();
  const { t } = said;
  if (shrinkers.length === 0) return null;
  return (
    <table class="facts-table" id="shrinkers">
      <caption>{t('shrinker.title')}</caption>
      <thead>
        <tr>
          {(['name', 'objects', 'deferred', 'freed'] as const).map((column) => (
            <th key={column} scope="col">
              {t(`shrinker.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shrinkers.map(({ name, objects, deferred, freed }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{grouped(objects)}</td>
            <td>{grouped(deferred)}</td>
            <td>{grouped(freed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Usage against protection and limits; the root alone says nothing. */
export function Memcgs({ memcgs }: { memcgs: readonly RunMemcg[] }) {
  const { said } = useRun();
  const { t } = said;
  if (memcgs.length < 2) return null;
  return (
    <table class="facts-table" id="memcgs">
      <caption>{t('memcg.title')}</caption>
      <thead>
        <tr>
          {(['path', 'usage', 'min', 'low', 'high', 'max'] as const).map((column) => (
            <th key={column} scope="col">
              {t(`memcg.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {memcgs.map(({ id, path, usage, min, low, high, max }) => (
          <tr key={id}>
            <th scope="row">{path}</th>
            <td>
              {max !== undefined && max > 0 && (
                <span class="gauge" aria-hidden="true">
                  <i style={{ width: `${Math.min(100, (usage / max) * 100)}%` }} />
                </span>
              )}
              {size(usage)}
            </td>
            <td>{min > 0 ? size(min) : '–'}</td>
            <td>{low > 0 ? size(low) : '–'}</td>
            {[high, max].map((limit, i) => (
              <td key={i}>{limit === undefined ? '–' : size(limit)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Counters({ counters }: { counters: RunView['counters'] }) {
  const { said } = useRun();
  const known = Object.entries(counters).filter(([, value]) => value !== 0);
  return (
    <details class="more counters">
      <summary>{said.t('counters.title')}</summary>
      <dl>
        {known.map(([name, value]) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{grouped(value)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
