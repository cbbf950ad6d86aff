import type { Translator } from '../locale/index.ts';
import type { Camera, PagesScene } from '../view/scene.ts';
import type { Store } from './store.ts';
import { zoneName } from './zone-name.ts';

export function pagesScene(store: Store, words: Translator, camera: Camera): PagesScene {
  const state = store.state.value;
  const page = store.page.value;
  const blocks: PagesScene['blocks'] = [];
  const chosen = state?.list.items.find(({ id }) => id === state.focus.allocation);
  if (chosen?.pfn !== undefined && !chosen.freed) blocks.push({ pfn: chosen.pfn, order: chosen.order, role: 'chosen' });
  if (page !== undefined) {
    if (page.buddy !== undefined) blocks.push({ pfn: page.buddy.pfn, order: page.order, role: 'buddy' });
    blocks.push({ pfn: page.head, order: page.order, role: 'page' });
  }
  return {
    camera,
    pfn: page?.pfn,
    blocks,
    zone: state?.focus.zone,
    words: {
      order: words.t('pages.order'),
      zones: Object.fromEntries(store.zones.value.map((zone) => [zone.id, zoneName(zone, words)])),
    },
  };
}
