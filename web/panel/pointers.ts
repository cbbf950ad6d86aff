import { useRef } from 'preact/hooks';
import { placeOn } from './place-on.ts';

interface Gestures {
  /** By CSS pixels. */
  pan: (dx: number, dy: number) => void;
  zoom: (factor: number, at: { x: number; y: number }) => void;
  hover: (x: number, y: number) => void;
  /** Whether a drag moves the view rather than the page. */
  grabs: () => boolean;
}

interface Pointer {
  x: number;
  y: number;
}

interface Target {
  currentTarget: HTMLElement;
}

/** Wheel, drag and pinch on one element. */
export function usePointers({ pan, zoom, hover, grabs }: Gestures) {
  const down = useRef(new Map<number, Pointer>());
  return {
    style: { touchAction: grabs() ? 'none' : 'pan-y' },
    onWheel(event: WheelEvent & Target) {
      // At the whole machine, scrolling on goes to the page.
      if (event.deltaY > 0 && !grabs()) return;
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
      zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0018)), placeOn(event));
    },
    onPointerDown(event: PointerEvent & Target) {
      if (event.pointerType !== 'mouse' || grabs()) event.currentTarget.setPointerCapture(event.pointerId);
      down.current.set(event.pointerId, placeOn(event));
      const { x, y } = placeOn(event);
      hover(x, y);
    },
    onPointerMove(event: PointerEvent & Target) {
      const before = down.current.get(event.pointerId);
      const now = placeOn(event);
      if (before === undefined) {
        hover(now.x, now.y);
        return;
      }
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      if (other !== undefined) {
        const factor = distance(now, other) / Math.max(1, distance(before, other));
        zoom(factor, { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      } else if (grabs()) {
        pan(before.x - now.x, before.y - now.y);
      }
      down.current.set(event.pointerId, now);
    },
    onPointerUp: release,
    onPointerCancel: release,
    onPointerLeave: release,
    onDblClick(event: MouseEvent & Target) {
      zoom(event.shiftKey ? 1 / 4 : 4, placeOn(event));
    },
  };

  function release(event: PointerEvent): void {
    down.current.delete(event.pointerId);
  }
}

function distance(a: Pointer, b: Pointer): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
