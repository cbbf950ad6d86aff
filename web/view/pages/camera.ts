// What part of the page map is on the canvas.

import type { Camera } from '../scene.ts';
import type { PagesLayout } from './layout.ts';

export const MAX_SCALE = 48;

interface View {
  width: number;
  height: number;
}

/** The whole machine, centered. */
export function fitted(layout: PagesLayout, view: View): Camera {
  const scale = fitScale(layout, view);
  return clamped({ x: 0, y: 0, scale }, layout, view);
}

export function fitScale(layout: PagesLayout, view: View): number {
  return Math.min(MAX_SCALE, view.width / layout.width, view.height / layout.height);
}

/** Zoomed by a factor around a point of the canvas. */
export function zoomed(camera: Camera, factor: number, at: { x: number; y: number }, layout: PagesLayout, view: View) {
  const scale = Math.min(MAX_SCALE, Math.max(fitScale(layout, view), camera.scale * factor));
  const x = camera.x + at.x / camera.scale - at.x / scale;
  const y = camera.y + at.y / camera.scale - at.y / scale;
  return clamped({ x, y, scale }, layout, view);
}

/** Moved by CSS pixels. */
export function panned(camera: Camera, dx: number, dy: number, layout: PagesLayout, view: View): Camera {
  return clamped({ ...camera, x: camera.x + dx / camera.scale, y: camera.y + dy / camera.scale }, layout, view);
}

/** A cell in view, the camera moved no more than needed. */
export function showing(camera: Camera, cell: { x: number; y: number }, layout: PagesLayout, view: View): Camera {
  const [width, height] = [view.width / camera.scale, view.height / camera.scale];
  const margin = Math.min(2, width / 4, height / 4);
  const x = Math.min(Math.max(camera.x, cell.x + 1 + margin - width), cell.x - margin);
  const y = Math.min(Math.max(camera.y, cell.y + 1 + margin - height), cell.y - margin);
  return clamped({ ...camera, x, y }, layout, view);
}

/** A cell in the middle, at a scale. */
export function centered(cell: { x: number; y: number }, scale: number, layout: PagesLayout, view: View): Camera {
  const kept = Math.min(MAX_SCALE, Math.max(fitScale(layout, view), scale));
  const camera = { x: cell.x - view.width / kept / 2, y: cell.y - view.height / kept / 2, scale: kept };
  return clamped(camera, layout, view);
}

function clamped({ x, y, scale }: Camera, layout: PagesLayout, view: View): Camera {
  return {
    x: clampedAxis(x, layout.width, view.width / scale),
    y: clampedAxis(y, layout.height, view.height / scale),
    scale,
  };
}

/** The world fills the view, or is centered in it. */
function clampedAxis(at: number, world: number, seen: number): number {
  return seen >= world ? (world - seen) / 2 : Math.min(Math.max(0, at), world - seen);
}
