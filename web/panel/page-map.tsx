import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { grouped } from '../locale/format.ts';
import { centered, fitScale, fitted, panned, showing, zoomed } from '../view/pages/camera.ts';
import { cellOf, pageAt, pagesLayout } from '../view/pages/layout.ts';
import type { Camera, CanvasSize } from '../view/scene.ts';
import { useApp } from './app-context.ts';
import { Goto, PageRecord } from './page-record.tsx';
import { pagesScene } from './pages-scene.ts';
import { PagesLegend, PagesTwin } from './pages-twin.tsx';
import { usePointers } from './pointers.ts';
import { useCanvas } from './use-canvas.ts';

/** Every page of the machine, from all of them at once to one. */
export function PageMap() {
  const { store, words } = useApp();
  const { t } = words;
  const view = useSignal<CanvasSize | undefined>(undefined);
  const moved = useSignal<Camera | undefined>(undefined);
  const { frame, canvas } = useCanvas('pages', (next) => {
    view.value = next;
  });
  const state = store.state.value;
  const machine = state?.machine;
  const shape = useComputed(() =>
    (store.state.value?.spans ?? []).map(({ zone, start, end }) => `${zone}:${start}-${end}`).join(),
  );
  const aspect = (view.value?.width ?? 2) / (view.value?.height ?? 1);
  const layout = useComputed(() => {
    const known = shape.value !== '' && store.state.peek();
    const { width, height } = view.value ?? { width: 2, height: 1 };
    return known ? pagesLayout(known.spans, width / height) : undefined;
  });
  const camera = useComputed(() => {
    if (layout.value === undefined || view.value === undefined) return { x: 0, y: 0, scale: 1 };
    return moved.value ?? fitted(layout.value, view.value);
  });
  // Another machine or another shape of the canvas is another plane: back to the whole of it.
  useEffect(() => {
    moved.value = undefined;
  }, [shape.value, aspect, moved]);
  const scene = useComputed(() => pagesScene(store, words, camera.value));
  useEffect(() => void store.model.pagesScene(scene.value), [store, scene.value]);

  const cursor = useRef<number | undefined>(undefined);
  const ready = layout.value !== undefined && view.value !== undefined && machine !== undefined;
  const pan = (dx: number, dy: number) => {
    if (layout.value && view.value) moved.value = panned(camera.value, dx, dy, layout.value, view.value);
  };
  const zoom = (factor: number, at?: { x: number; y: number }) => {
    if (!layout.value || !view.value) return;
    const middle = { x: view.value.width / 2, y: view.value.height / 2 };
    moved.value = zoomed(camera.value, factor, at ?? cursorPlace() ?? middle, layout.value, view.value);
  };
  const pageUnder = (x: number, y: number) => {
    const { x: left, y: top, scale } = camera.value;
    return layout.value && pageAt(layout.value, left + x / scale, top + y / scale);
  };
  const look = (pfn: number | undefined) => {
    if (pfn === cursor.current) return;
    cursor.current = pfn;
    store.look(pfn);
  };
  const goto = (pfn: number): boolean => {
    const cell = layout.value && cellOf(layout.value, pfn);
    if (!cell || !layout.value || !view.value) return false;
    moved.value = centered(cell, Math.max(camera.value.scale, 14), layout.value, view.value);
    look(pfn);
    return true;
  };
  useEffect(() => {
    if (store.wanted.value !== undefined) goto(store.wanted.value.pfn);
  }, [store.wanted.value]);
  const pointers = usePointers({
    pan,
    zoom,
    hover: (x, y) => look(pageUnder(x, y)),
    // One finger scrolls the page as long as there is nothing to pan.
    grabs: () =>
      view.value !== undefined &&
      layout.value !== undefined &&
      camera.value.scale > fitScale(layout.value, view.value) * 1.01,
  });

  return (
    <section class="page-map" aria-labelledby="pages-title">
      <h2 id="pages-title">
        {t('pages.title')}
        <span class="tools">
          <Goto go={goto} />
          <button type="button" aria-label={t('pages.out')} title={t('pages.out')} onClick={() => zoom(1 / 2)}>
            −
          </button>
          <button type="button" aria-label={t('pages.in')} title={t('pages.in')} onClick={() => zoom(2)}>
            +
          </button>
          <button
            type="button"
            aria-label={t('pages.fit')}
            title={t('pages.fit')}
            onClick={() => {
              moved.value = undefined;
            }}
          >
            ⤢
          </button>
        </span>
      </h2>
      <div class="frame" ref={frame}>
        <canvas
          ref={canvas}
          id="page-map"
          tabIndex={0}
          role="img"
          aria-label={t('pages.canvas')}
          aria-describedby="page-record pages-twin"
          onKeyDown={(event) => {
            if (ready && key(event.key, event.shiftKey ? 16 : 1)) event.preventDefault();
          }}
          {...pointers}
        />
      </div>
      <PageRecord />
      <PagesLegend resolution={resolution()} />
      <PagesTwin />
    </section>
  );

  function cursorPlace(): { x: number; y: number } | undefined {
    const cell = cursor.current !== undefined && layout.value && cellOf(layout.value, cursor.current);
    if (!cell) return undefined;
    const { x, y, scale } = camera.value;
    return { x: (cell.x + 0.5 - x) * scale, y: (cell.y + 0.5 - y) * scale };
  }

  function key(name: string, by: number): boolean {
    const directions: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    };
    const direction = directions[name];
    if (direction !== undefined) return step(direction[0] * by, direction[1] * by);
    if (name === '+' || name === '=') zoom(2);
    else if (name === '-') zoom(1 / 2);
    else if (name === '0') moved.value = undefined;
    else return false;
    return true;
  }

  /** To the neighbor on the map; when a pixel is many pages, to the neighboring pixel's page. */
  function step(dx: number, dy: number): boolean {
    if (!layout.value || !view.value) return false;
    const { x, y, scale } = camera.value;
    const width = Math.max(1, Math.round(1 / scale));
    const from = cursor.current === undefined ? undefined : cellOf(layout.value, cursor.current);
    const start = { x: Math.floor(x + view.value.width / scale / 2), y: Math.floor(y + view.value.height / scale / 2) };
    const cell = from === undefined ? start : { x: from.x + dx * width, y: from.y + dy * width };
    let pfn = pageAt(layout.value, cell.x, cell.y);
    // Over the gap between zones.
    for (let i = 0; pfn === undefined && dy !== 0 && i < 400; i += 1) {
      pfn = pageAt(layout.value, cell.x, cell.y + Math.sign(dy) * width * i);
    }
    const found = pfn === undefined ? undefined : cellOf(layout.value, pfn);
    if (pfn === undefined || found === undefined) return true;
    look(pfn);
    if (moved.value !== undefined) moved.value = showing(camera.value, found, layout.value, view.value);
    return true;
  }

  function resolution(): string {
    const cell = camera.value.scale * (view.value?.ratio ?? 1);
    if (cell >= 1) return t('pages.perPage', { n: Math.round(cell) });
    return t('pages.perPixel', { n: grouped(Math.round(1 / (cell * cell))) });
  }
}
