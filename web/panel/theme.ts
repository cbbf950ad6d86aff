// Light, dark, or as the system says; and the colors of the canvases, read from the style sheet that decides them all.

import { signal } from '@preact/signals';
import type { Palette } from '../view/scene.ts';

export type ThemeChoice = 'auto' | 'light' | 'dark';

const TYPES = ['unmovable', 'movable', 'reclaimable', 'highatomic', 'cma', 'isolate'] as const;

/** `root` is the element that carries the theme: the document's, or an embedded element's own. */
export function createTheme(root: HTMLElement) {
  const choice = signal<ThemeChoice>('auto');
  const palette = signal<Palette>(readPalette(root));
  const reread = () => {
    palette.value = readPalette(root);
  };
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-reduced-motion: reduce)'];
  const lists = queries.map((query) => matchMedia(query));
  for (const list of lists) list.addEventListener('change', reread);
  return {
    choice,
    palette,
    reread,
    set(next: ThemeChoice): void {
      choice.value = next;
      if (next === 'auto') delete root.dataset.theme;
      else root.dataset.theme = next;
      reread();
    },
    close(): void {
      for (const list of lists) list.removeEventListener('change', reread);
    },
  };
}

export type Theme = ReturnType<typeof createTheme>;

function readPalette(root: HTMLElement): Palette {
  const style = getComputedStyle(root);
  const probe = document.createElement('span');
  probe.hidden = true;
  // What the style sheet says even where the system's colors are forced on everything.
  probe.style.setProperty('forced-color-adjust', 'none');
  (root.shadowRoot ?? root).append(probe);
  // A resolved color: system colors and mixtures mean nothing to a worker.
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const [unmovable, movable, reclaimable, highatomic, cma, isolate] = TYPES.map(color);
  const palette: Palette = {
    paper: color('paper'),
    card: color('card'),
    ink: color('ink'),
    soft: color('soft'),
    faint: color('faint'),
    line: color('line'),
    hair: color('hair'),
    accent: color('accent'),
    accentSoft: color('accent-soft'),
    ok: color('ok'),
    bad: color('bad'),
    warn: color('warn'),
    booted: color('booted'),
    hole: color('hole'),
    pcp: color('pcp'),
    free: color('free'),
    types: [unmovable ?? '', movable ?? '', reclaimable ?? '', highatomic ?? '', cma ?? '', isolate ?? ''],
    anon: color('anon'),
    file: color('file'),
    slab: color('slab'),
    sans: style.getPropertyValue('--sans').trim() || 'sans-serif',
    mono: style.getPropertyValue('--mono').trim() || 'monospace',
    tint: Number(style.getPropertyValue('--tint')) || 0.2,
    still: matchMedia('(prefers-reduced-motion: reduce)').matches,
  };
  probe.remove();
  return palette;
}
