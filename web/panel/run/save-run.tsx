import type { RunFormat } from '../../worker/model-run.ts';
import { useRun } from './use-run.ts';

const FILES = [
  ['ftrace', 'buddyscope-trace.txt'],
  ['chrome', 'buddyscope-trace.json'],
  ['csv', 'buddyscope-series.csv'],
  ['json', 'buddyscope-series.json'],
  ['report', 'buddyscope-dmesg.txt'],
] as const satisfies [RunFormat, string][];

/** The whole run as files for other tools. */
export function SaveRun() {
  const { store, said } = useRun();
  const { t } = said;
  const save = (format: RunFormat, name: string) =>
    void store.attempt(async () => {
      const text = await store.model.exportRun(format);
      const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
      Object.assign(document.createElement('a'), { href: address, download: name }).click();
      URL.revokeObjectURL(address);
    });
  return (
    <fieldset class="save-run">
      <legend>{t('log.save')}</legend>
      {FILES.map(([format, name]) => (
        <button key={format} type="button" class="link" onClick={() => save(format, name)}>
          {t(`save.${format}`)}
        </button>
      ))}
    </fieldset>
  );
}
