import { grouped } from '../../locale/format.ts';
import type { RunPass } from '../../worker/model.ts';
import { useRun } from './use-run.ts';

const RUNGS = Array.from({ length: 13 }, (_, i) => 12 - i);

/** Who has reclaimed on a node: the one that passed last first. */
export function reclaimers(passes: readonly RunPass[], node: number): string[] {
  return [
    ...new Set(
      passes
        .filter((pass) => pass.node === node)
        .map(({ who }) => who)
        .reverse(),
    ),
  ];
}

interface LadderProps {
  passes: readonly RunPass[];
  node: number;
  whos: readonly string[];
}

/** The priorities from 12, a first look, to 0, everything: what the latest passes of reclaimers did. */
export function Ladder({ passes, node, whos }: LadderProps) {
  const { said } = useRun();
  const { t } = said;
  const here = passes.filter((pass) => pass.node === node);
  return (
    <section class="ladder" aria-label={t('ladder.title')}>
      {whos.length === 0 && <Empty text={t('ladder.none')} />}
      {whos.map((who) => (
        <Rungs key={who} who={who} passes={here.filter((pass) => pass.who === who)} />
      ))}
    </section>
  );
}

function Empty({ text }: { text: string }) {
  const { said } = useRun();
  return (
    <div class="rungs">
      <p>
        <b>{said.t('ladder.title')}</b> <span>{text}</span>
      </p>
      <ol aria-hidden="true">
        {RUNGS.map((priority) => (
          <li key={priority}>
            <span class="bars" />
            <span>{priority}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Rungs({ who, passes }: { who: string; passes: readonly RunPass[] }) {
  const { said } = useRun();
  const { t } = said;
  const last = passes.at(-1);
  if (last === undefined) return null;
  const most = Math.log2(1 + Math.max(...passes.map(({ scanned, reclaimed }) => Math.max(scanned, reclaimed))));
  const height = (pages: number) => `${most > 0 ? Math.round((Math.log2(1 + pages) / most) * 100) : 0}%`;
  return (
    <div class="rungs">
      <p title={t('ladder.gloss')}>
        <b>{who}</b> {t('ladder.at', { priority: last.priority })}
        <span>{t('ladder.pass', { scanned: grouped(last.scanned), reclaimed: grouped(last.reclaimed) })}</span>
      </p>
      <ol aria-label={`${t('ladder.title')}, ${who}`}>
        {RUNGS.map((priority) => {
          const pass = passes.findLast((candidate) => candidate.priority === priority);
          const spoken =
            pass === undefined
              ? t('ladder.unused', { priority })
              : t('ladder.rung', { ...pass, scanned: grouped(pass.scanned), reclaimed: grouped(pass.reclaimed) });
          return (
            <li key={priority} class={priority === last.priority ? 'now' : ''} title={spoken}>
              <span class="visually-hidden">{spoken}</span>
              <span class="bars" aria-hidden="true">
                <i class="scanned" style={{ height: height(pass?.scanned ?? 0) }} />
                <i class="reclaimed" style={{ height: height(pass?.reclaimed ?? 0) }} />
              </span>
              <span aria-hidden="true">{priority}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
