import type { Translator } from '../locale/index.ts';
import type { ZoneView } from '../worker/model.ts';

export function zoneName(zone: ZoneView, { t }: Translator): string {
  return t('free.zone.option', { node: zone.node, zone: zone.name });
}
