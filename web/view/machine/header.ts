import type { NodeView } from '../../worker/model.ts';
import { box, type Context, fonts, write } from '../draw.ts';
import type { MachineScene, Palette } from '../scene.ts';
import type { NodeLayout } from './layout.ts';
import type { Point } from './walk.ts';

/** A node's name, CPUs and daemons. Returns where a walk starts: under the chip of the chosen CPU. */
export function paintHeader(c: Context, layout: NodeLayout, scene: MachineScene, palette: Palette): Point | undefined {
  const { node, card, mini } = layout;
  const pad = mini ? 8 : 14;
  const baseline = card.y + (mini ? 15 : 25);
  const title = mini ? String(node.id) : `${scene.words.node} ${node.id}`;
  const font = mini ? fonts.smallStrong(palette) : fonts.title(palette);
  const width = write(c, title, card.x + pad, baseline, { font, color: palette.ink });
  if (mini) return undefined;
  const state = kswapd(node, scene);
  c.font = fonts.small(palette);
  const stateWidth = c.measureText(state).width;
  const chipsFrom = card.x + pad + width + 10;
  const right = card.x + card.width - pad;
  const chips = chipLabels(node.cpus, scene.cpu, right - chipsFrom);
  const { end, start } = paintChips(c, chips, chipsFrom, baseline, palette);
  if (end + 12 + stateWidth <= right) {
    const color = kswapdState(node) === 'asleep' ? palette.soft : palette.warn;
    write(c, state, right, baseline, { font: fonts.small(palette), color, align: 'right' });
  }
  return start;
}

function kswapd(node: NodeView, { words }: MachineScene): string {
  const state = kswapdState(node);
  return `kswapd${node.id} ${state === 'awake' ? words.awakeFor.replace('#', String(node.kswapdOrder)) : words[state]}`;
}

/** What kswapd is up to. */
export function kswapdState({ kswapdAsleep, kswapdGaveUp }: NodeView): 'gaveUp' | 'asleep' | 'awake' {
  if (kswapdGaveUp) return 'gaveUp';
  return kswapdAsleep ? 'asleep' : 'awake';
}

interface Chip {
  text: string;
  on: boolean;
}

const CHIP = 7;

/** One chip a CPU where they fit, otherwise ranges with the chosen CPU among them. */
export function chipLabels(cpus: readonly number[], chosen: number | undefined, room: number): Chip[] {
  const width = (chips: Chip[]) => chips.reduce((sum, { text }) => sum + text.length * CHIP + 14, 0);
  const each = cpus.map((cpu) => ({ text: String(cpu), on: cpu === chosen }));
  if (width(each) <= room) return each;
  const on = chosen !== undefined && cpus.includes(chosen);
  const chips = [{ text: ranges(cpus), on: false }];
  return on ? [{ text: String(chosen), on: true }, ...chips] : chips;
}

/** 0–3,8–11: as cpulists are written. */
export function ranges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; i += 1) {
    const first = numbers[i] ?? 0;
    while (numbers[i + 1] === (numbers[i] ?? 0) + 1) i += 1;
    const last = numbers[i] ?? 0;
    parts.push(first === last ? `${first}` : `${first}–${last}`);
  }
  return parts.join(',');
}

function paintChips(c: Context, chips: Chip[], from: number, baseline: number, palette: Palette) {
  let x = from;
  let start: Point | undefined;
  for (const { text, on } of chips) {
    c.font = fonts.tiny(palette);
    const width = c.measureText(text).width + 10;
    box(c, { x, y: baseline - 12.5, width, height: 17 }, 4.5);
    c.fillStyle = on ? palette.accent : palette.card;
    c.fill();
    c.strokeStyle = on ? palette.accent : palette.line;
    c.lineWidth = 1;
    c.stroke();
    const color = on ? palette.card : palette.soft;
    write(c, text, x + width / 2, baseline - 0.5, { font: fonts.tiny(palette), color, align: 'center' });
    if (on) start = { x: x + width / 2, y: baseline + 5 };
    x += width + 4;
  }
  return { end: x, start };
}
