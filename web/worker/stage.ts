// The canvases that the page handed over, and when they are drawn: once a frame at most, and only if something changed.

import type { Context } from '../view/draw.ts';
import { paintMachine } from '../view/machine/paint.ts';
import { colorTable, type Rgb } from '../view/pages/colors.ts';
import { type PagesLayout, pagesLayout, type Span } from '../view/pages/layout.ts';
import { type PagesInput, PagesPainter } from '../view/pages/paint.ts';
import { fillPfns, type Grid, sampleGrid } from '../view/pages/sample.ts';
import type { CanvasName, CanvasSize, MachineScene, PagesScene, Palette } from '../view/scene.ts';
import { Easing } from './easing.ts';
import { Defect } from './host.ts';
import type { MachineView } from './model.ts';

interface Surface {
  canvas: OffscreenCanvas;
  context: Context;
  size: CanvasSize;
  stale: boolean;
}

/** Codes of the pages with these numbers. */
export type Sampler = (count: number, fill: (pfns: Uint32Array) => void) => { pfns: Uint32Array; codes: Uint16Array };

/** Something that is shown for a while and paints for itself: on canvases of its own, and over the page map. */
export interface Guest {
  paint(name: CanvasName, c: Context, has: { size: CanvasSize; palette: Palette; machine: MachineView }): void;
  overPages(c: Context, input: PagesInput): void;
}

export class Stage {
  private readonly surfaces = new Map<CanvasName, Surface>();
  private readonly easing = new Easing();
  private readonly pagesPainter = new PagesPainter();
  private readonly sample: Sampler;
  private machine: MachineView | undefined;
  private spans: Span[] = [];
  private palette: Palette | undefined;
  private colors: Uint32Array | undefined;
  private machineScene: MachineScene | undefined;
  private pagesScene: PagesScene | undefined;
  private layout: { spans: Span[]; aspect: number; layout: PagesLayout } | undefined;
  private waiting = false;
  private guest: Guest | undefined;

  constructor(sample: Sampler) {
    this.sample = sample;
  }

  attach(name: CanvasName, canvas: OffscreenCanvas, size: CanvasSize): void {
    const context = canvas.getContext('2d', { alpha: name !== 'pages' });
    if (context === null) return;
    this.surfaces.set(name, { canvas, context, size, stale: true });
    this.resize(name, size);
  }

  resize(name: CanvasName, size: CanvasSize): void {
    const surface = this.surfaces.get(name);
    if (surface === undefined) return;
    surface.size = size;
    surface.canvas.width = Math.max(1, Math.round(size.width * size.ratio));
    surface.canvas.height = Math.max(1, Math.round(size.height * size.ratio));
    // At once: a canvas that changed its size is empty until it is drawn.
    this.drawOrTell(name, surface, performance.now());
  }

  show(machine: MachineView, spans: Span[]): void {
    this.machine = machine;
    this.spans = spans;
    const still = this.palette?.still ?? true;
    for (const { zones } of machine.nodes) for (const { id, free } of zones) this.easing.set(id, free, still);
    this.touch('machine', 'pages', 'lanes', 'timeline');
  }

  invite(guest: Guest | undefined): void {
    this.guest = guest;
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.colors = colorTable(palette, readColor);
    this.touch('machine', 'pages', 'lanes', 'timeline');
  }

  setMachineScene(scene: MachineScene): void {
    const same = JSON.stringify(scene.walk) === JSON.stringify(this.machineScene?.walk);
    this.machineScene = scene;
    if (!same) this.easing.restart(this.palette?.still ?? true);
    this.touch('machine');
  }

  setPagesScene(scene: PagesScene): void {
    this.pagesScene = scene;
    this.touch('pages');
  }

  /** These have something new to show. */
  touch(...names: CanvasName[]): void {
    for (const name of names) {
      const surface = this.surfaces.get(name);
      if (surface !== undefined) surface.stale = true;
    }
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame((now) => this.frame(now));
  }

  private frame(now: number): void {
    this.waiting = false;
    const moving = this.easing.moving(now);
    for (const [name, surface] of this.surfaces) {
      if (surface.stale || (moving && name === 'machine')) this.drawOrTell(name, surface, now);
    }
    if (moving) this.touch('machine');
  }

  /** A defect has been told by whoever met it, and the machine is back: what it is like is drawn with the next state. */
  private drawOrTell(name: CanvasName, surface: Surface, now: number): void {
    try {
      this.draw(name, surface, now);
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
    }
  }

  private draw(name: CanvasName, surface: Surface, now: number): void {
    const { machine, palette } = this;
    surface.stale = false;
    if (machine === undefined || palette === undefined) return;
    const { context, size } = surface;
    context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    if (name !== 'pages') context.clearRect(0, 0, size.width, size.height);
    if (name === 'machine' && this.machineScene !== undefined) {
      const free = (zone: number) => this.easing.value(zone, now);
      const walked = this.easing.walked(now);
      paintMachine(context, { machine, scene: this.machineScene, palette, size, free, walked });
    }
    if (name === 'pages' && this.pagesScene !== undefined) this.drawPages(context, size, this.pagesScene, palette);
    this.guest?.paint(name, context, { size, palette, machine });
  }

  private drawPages(context: Context, size: CanvasSize, scene: PagesScene, palette: Palette): void {
    const layout = this.pagesLayout(size);
    const grid: Grid = sampleGrid(scene.camera, size);
    const { pfns, codes } = this.sample(grid.columns * grid.rows, (into) => fillPfns(into, grid, layout));
    const colors = this.colors ?? new Uint32Array();
    const input = { layout, scene, palette, size, grid, pfns, codes, colors };
    this.pagesPainter.paint(context, input);
    this.guest?.overPages(context, input);
  }

  private pagesLayout({ width, height }: CanvasSize): PagesLayout {
    const { spans } = this;
    const aspect = width / height;
    if (this.layout?.spans !== spans || this.layout.aspect !== aspect) {
      this.layout = { spans, aspect, layout: pagesLayout(spans, aspect) };
    }
    return this.layout.layout;
  }
}

/** Any CSS color as numbers: the canvas knows them all. */
function readColor(color: string): Rgb {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  if (context === null) return [0, 0, 0];
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}
