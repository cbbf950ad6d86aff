import { size } from '../../locale/format.ts';
import type { RunContext, RunView } from '../../worker/model.ts';
import { useRun } from './use-run.ts';

/** Who takes turns: tasks first, then the kernel's own. */
export function Contexts({ view }: { view: RunView }) {
  const { said } = useRun();
  const { t } = said;
  const tasks = view.contexts.filter(({ kind }) => kind === 'task');
  const own = view.contexts.filter(({ kind }) => kind !== 'task');
  return (
    <section class="contexts" aria-labelledby="contexts-title">
      <h3 id="contexts-title">{t('who.title')}</h3>
      <ul>
        {[...tasks, ...own].map((context) => (
          <li
            key={context.id}
            class={`${context.activity} ${context.kind} ${context.id === view.ran ? 'ran' : ''}`}
            aria-current={context.id === view.ran ? 'step' : undefined}
          >
            <span class={`dot ${context.activity}`} />
            <b>{context.name}</b>
            <span class="state">{activity(context)}</span>
            {context.rss !== undefined && <span class="rss">{memory(context)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );

  function activity({ activity: now, wait }: RunContext): string {
    if (now === 'waiting' && wait !== undefined) {
      const key: string = `wait.${wait}`;
      return t('who.waitsFor', { wait: said.has(key) ? t(key) : wait });
    }
    return t(`who.${now}`);
  }

  function memory({ rss = 0, swapped = 0 }: RunContext): string {
    const held = t('who.rss', { rss: size(rss) });
    return swapped === 0 ? held : `${held} · ${t('who.swapped', { swapped: size(swapped) })}`;
  }
}
