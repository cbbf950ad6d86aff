// What a run adds to the stage: its own two canvases, and the scanners over the page map.

import { paintLanes } from '../../view/run/lanes.ts';
import { paintScanners } from '../../view/run/scanners.ts';
import { paintTimeline } from '../../view/run/timeline.ts';
import type { LanesScene, TimelineScene } from '../../view/scene.ts';
import type { Guest } from '../stage.ts';
import type { RunPlayer, RunState } from './player.ts';

export interface RunScenes {
  lanes: LanesScene | undefined;
  timeline: TimelineScene | undefined;
}

/** `shown` is what the page has been told last, so that canvases and tables agree. */
export function runPainters(player: RunPlayer, scenes: RunScenes, shown: () => RunState | undefined): Guest {
  return {
    paint(name, c, { size, palette, machine }) {
      const state = shown();
      if (state === undefined) return;
      const { view, lanes, timeline } = state;
      const node = view.nodes.find(({ id }) => id === timeline.node);
      if (name === 'lanes' && scenes.lanes !== undefined) {
        const pass = view.ladder.findLast((candidate) => candidate.node === timeline.node);
        const working = node?.kswapd.asleep === false || (node?.isolated ?? []).some((pages) => pages > 0);
        const isolated = node?.isolated ?? [];
        paintLanes(c, { lanes, isolated, pass: working ? pass : undefined, scene: scenes.lanes, palette, size });
      }
      if (name === 'timeline' && scenes.timeline !== undefined) {
        const zones = machine.nodes.flatMap(({ zones }) => zones);
        paintTimeline(c, {
          samples: player.samples,
          before: player.before,
          ms: view.ms,
          until: view.untilMs,
          node: timeline.node,
          managed: zones.find(({ id }) => id === timeline.zone)?.managed ?? 0,
          scene: scenes.timeline,
          palette,
          size,
        });
      }
    },
    overPages(c, input) {
      const state = shown();
      if (state !== undefined && scenes.lanes !== undefined)
        paintScanners(c, input, state.view.compaction, scenes.lanes.words);
    },
  };
}
