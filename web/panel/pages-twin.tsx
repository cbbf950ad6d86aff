import { grouped } from '../locale/format.ts';
import { bootedPages } from '../view/machine/column.ts';
import { useApp } from './app-context.ts';
import { TYPE_NAMES } from './free-areas.tsx';
import { zoneName } from './zone-name.ts';

/** The page map as a table: what each zone's pages are used for. */
export function PagesTwin() {
  const { store, words } = useApp();
  const { t } = words;
  return (
    <div class="visually-hidden">
      <table id="pages-twin">
        <caption>{t('pages.twin')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('machine.zone')}</th>
            <th scope="col">{t('pages.twin.free')}</th>
            <th scope="col">{t('pages.twin.used')}</th>
            <th scope="col">{t('pages.twin.booted')}</th>
            <th scope="col">{t('pages.twin.pcp')}</th>
          </tr>
        </thead>
        <tbody>
          {store.zones.value.map((zone) => (
            <tr key={zone.id}>
              <th scope="row">{zoneName(zone, words)}</th>
              <td>{grouped(zone.freeByType.reduce((sum, pages) => sum + pages, 0))}</td>
              <td>{grouped(zone.usedByType.reduce((sum, pages) => sum + pages, 0))}</td>
              <td>{grouped(bootedPages(zone))}</td>
              <td>{grouped(zone.pcpPages)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Colors of the page map and of the columns; only types that the machine has. */
export function PagesLegend({ resolution }: { resolution: string }) {
  const { store, words } = useApp();
  const { t } = words;
  const zones = store.zones.value;
  const has = (type: number) => zones.some((zone) => (zone.usedByType[type] ?? 0) + (zone.freeByType[type] ?? 0) > 0);
  return (
    <ul class="legend">
      {TYPE_NAMES.map(
        (type, index) =>
          has(index) && (
            <li key={type}>
              <i class={`swatch ${type}`} />
              {t(`type.${index as 0}`)}
            </li>
          ),
      )}
      <li>
        <i class="swatch free" />
        {t('machine.legend.free')}
      </li>
      <li>
        <i class="swatch pcp" />
        {t('machine.legend.pcp')}
      </li>
      <li>
        <i class="swatch booted" />
        {t('machine.legend.booted')}
      </li>
      {zones.some(({ spanned, present }) => spanned > present) && (
        <li>
          <i class="swatch hole" />
          {t('pages.legend.hole')}
        </li>
      )}
      <li class="resolution">{resolution}</li>
    </ul>
  );
}
