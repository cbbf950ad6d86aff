import { useRef } from 'preact/hooks';

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

/** Wheel, drag and pinch on one element. */
export function usePointers({ pan, zoom, hover, grabs }: Gestures) {
  const place = (event: MouseEvent) => ({ x: event.offsetX, y: event.offsetY });
  const down = useRef(new Map<number, Pointer>());
  return {
    style: { touchAction: grabs() ? 'none' : 'pan-y' },
    onWheel(event: WheelEvent) {
      // At the whole machine, scrolling on goes to the page.
      if (event.deltaY > 0 && !grabs()) return;
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
      zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0018)), place(event));
    },
    onPointerDown(event: PointerEvent & { currentTarget: HTMLElement }) {
      if (event.pointerType !== 'mouse' || grabs()) event.currentTarget.setPointerCapture(event.pointerId);
      down.current.set(event.pointerId, place(event));
      const { x, y } = place(event);
      hover(x, y);
    },
    onPointerMove(event: PointerEvent) {
      const before = down.current.get(event.pointerId);
      const now = place(event);
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
    onDblClick(event: MouseEvent) {
      zoom(event.shiftKey ? 1 / 4 : 4, place(event));
    },
  };

  function release(event: PointerEvent): void {
    down.current.delete(event.pointerId);
  }
}

function distance(a: Pointer, b: Pointer): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
