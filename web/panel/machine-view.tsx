import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { grouped, size } from '../locale/format.ts';
import { kswapdState, ranges } from '../view/machine/header.ts';
import { machineHeight, machineLayout, nodeAt, populated, zoneAt } from '../view/machine/layout.ts';
import type { CanvasSize } from '../view/scene.ts';
import { useApp } from './app-context.ts';
import { placeOn } from './place-on.ts';
import { machineScene, walkOf } from './scenes.ts';
import { useCanvas } from './use-canvas.ts';

/** The machine: its canvas, and the same in a table for those who do not see it. */
export function MachineCanvas() {
  const { store, words } = useApp();
  const { t } = words;
  const canvasSize = useSignal<CanvasSize | undefined>(undefined);
  const { frame, canvas } = useCanvas('machine', (next) => {
    canvasSize.value = next;
  });
  const state = store.state.value;
  const scene = useComputed(() => machineScene(store, words));
  useEffect(() => void store.model.machineScene(scene.value), [store, scene.value]);

  const layout = useComputed(() => {
    const { width, height } = canvasSize.value ?? { width: 1, height: 1 };
    const machine = store.state.value?.machine;
    return machine && machineLayout(machine, width, height);
  });
  const at = (event: MouseEvent & { currentTarget: HTMLElement }) => {
    const { x, y } = placeOn(event);
    return layout.value && zoneAt(layout.value, x, y);
  };
  const point = (event: PointerEvent & { currentTarget: HTMLCanvasElement }) => {
    const { x, y } = placeOn(event);
    const node = layout.value && nodeAt(layout.value, x, y);
    const list = node?.distances.join(' ') ?? '';
    event.currentTarget.title = node === undefined ? '' : t('machine.distancesFrom', { node: node.id, list });
    event.currentTarget.style.cursor = at(event) === undefined ? '' : 'pointer';
  };
  const step = (by: number) => {
    const zones = store.zones.value;
    const here = zones.findIndex(({ id }) => id === state?.focus.zone);
    const next = zones[(here + by + zones.length) % zones.length];
    if (next !== undefined) store.focus({ zone: next.id });
  };
  const width = canvasSize.value?.width ?? 600;
  return (
    <section class="machine" aria-labelledby="machine-title">
      <h2 id="machine-title" class="visually-hidden">
        {t('machine.title')} {state?.machine.title}
      </h2>
      <div class="scroll">
        <div
          class="frame"
          ref={frame}
          style={{ minHeight: `${state === undefined ? 0 : machineHeight(state.machine, width)}px` }}
        >
          <canvas
            ref={canvas}
            tabIndex={0}
            role="img"
            aria-label={`${t('machine.canvas', { nodes: t('app.nodes', { n: state?.machine.nodes.filter(({ online }) => online).length ?? 0 }) })}. ${t('machine.keys')}`}
            aria-describedby="machine-twin"
            onClick={(event) => {
              const zone = at(event);
              if (zone !== undefined) store.focus({ zone: zone.id });
            }}
            onPointerMove={point}
            onKeyDown={(event) => {
              if (event.key === 'ArrowRight') step(1);
              else if (event.key === 'ArrowLeft') step(-1);
              else return;
              event.preventDefault();
            }}
          />
        </div>
      </div>
      <MachineTwin />
    </section>
  );
}

/** Everything the canvas shows, as a table. */
function MachineTwin() {
  const { store, words } = useApp();
  const { t } = words;
  const state = store.state.value;
  if (state === undefined) return null;
  const walk = walkOf(state, words);
  const columns = [
    'node',
    'zone',
    'size',
    'free',
    'min',
    'low',
    'high',
    'boost',
    'verdict',
    'distances',
    'cpus',
    'kswapd',
  ] as const;
  return (
    <div class="visually-hidden">
      <table id="machine-twin">
        <caption>{t('machine.twin')}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {t(`machine.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {state.machine.nodes.flatMap((node) =>
            populated(node).map((zone) => {
              const stop = walk.findIndex((candidate) => candidate.zone === zone.id);
              const verdict =
                stop < 0 ? '' : `${stop + 1}. ${t(`why.${walk[stop]?.verdict ?? 'info'}`)} ${walk[stop]?.label ?? ''}`;
              return (
                <tr key={zone.id} data-zone={zone.id}>
                  <td>{node.id}</td>
                  <th scope="row">{zone.name}</th>
                  <td>{size(zone.managed)}</td>
                  <td>{grouped(zone.free)}</td>
                  <td>{grouped(zone.min + zone.boost)}</td>
                  <td>{grouped(zone.low + zone.boost)}</td>
                  <td>{grouped(zone.high + zone.boost)}</td>
                  <td>{grouped(zone.boost)}</td>
                  <td>{verdict.trim()}</td>
                  <td>{node.distances.join(' ')}</td>
                  <td>{ranges(node.cpus)}</td>
                  <td>{t(`machine.${kswapdState(node)}`)}</td>
                </tr>
              );
            }),
          )}
        </tbody>
      </table>
    </div>
  );
}
