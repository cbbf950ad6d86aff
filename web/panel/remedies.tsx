import type { Why } from '../worker/model.ts';
import { useApp } from './app-context.ts';

interface RemediesProps {
  remedies: Why['remedies'];
  title: string;
  note: string;
}

/** Changes that were tried, what helps first. */
export function Remedies({ remedies, title, note }: RemediesProps) {
  const { said } = useApp().words;
  if (remedies.length === 0) return null;
  return (
    <section class="remedies">
      <h3>
        {title} <small>{note}</small>
      </h3>
      <dl>
        {remedies.map((remedy) => (
          <div key={remedy.text} class={remedy.ok ? 'ok' : 'no'}>
            <dt>{said(remedy)}</dt>
            <dd>{said(remedy.outcome)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
