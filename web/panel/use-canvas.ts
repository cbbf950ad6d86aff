import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { CanvasName, CanvasSize } from '../view/scene.ts';
import { useApp } from './app-context.ts';

/**
 * Hands a canvas to the worker and tells it every new size. The canvas fills its frame, which alone decides the size.
 */
export function useCanvas(
  name: CanvasName,
  sized: (size: CanvasSize) => void,
): { frame: RefObject<HTMLDivElement>; canvas: RefObject<HTMLCanvasElement> } {
  const { store, theme } = useApp();
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const tell = useRef(sized);
  tell.current = sized;
  const palette = theme.palette.value;
  useEffect(() => void store.model.colors(palette), [store, palette]);
  useEffect(() => {
    if (frame.current === null || canvas.current === null) return;
    let attached = false;
    const resize = () => {
      if (frame.current === null || canvas.current === null) return;
      const { clientWidth: width, clientHeight: height } = frame.current;
      if (width === 0 || height === 0) return;
      // On large screens the style sheet enlarges the page; the drawing is to be as sharp there.
      const ratio = Math.min(4, devicePixelRatio * (frame.current.currentCSSZoom ?? 1));
      const size = { width, height, ratio };
      tell.current(size);
      if (attached) void store.model.resize(name, size);
      else void store.model.attach(name, canvas.current.transferControlToOffscreen(), size);
      attached = true;
    };
    const observer = new ResizeObserver(resize);
    observer.observe(frame.current);
    addEventListener('resize', resize);
    return () => {
      observer.disconnect();
      removeEventListener('resize', resize);
    };
  }, [name, store]);
  return { frame, canvas };
}
