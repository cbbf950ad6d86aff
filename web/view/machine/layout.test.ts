import { describe, expect, test } from 'vitest';
import type { MachineView } from '../../worker/model.ts';
import { machineHeight, machineLayout, zoneAt } from './layout.ts';

function machine(nodes: number, zonesOfFirst = 3): MachineView {
  const views = Array.from({ length: nodes }, (_, id) => ({
    id,
    online: true,
    cpus: [id],
    distances: Array.from({ length: nodes }, (_, to) => (to === id ? 10 : 20)),
    zones: Array.from({ length: id === 0 ? zonesOfFirst : 1 }, (_, index) => ({
      id: id * 4 + index,
      present: 4000 << (index * 4),
      managed: 4000 << (index * 4),
    })),
  }));
  return { nodes: views } as unknown as MachineView;
}

describe.each([
  [1, 700, 400],
  [2, 760, 430],
  [2, 330, 560],
  [4, 1000, 460],
  [8, 1200, 600],
  [64, 1100, 900],
])('%i nodes on %i × %i', (nodes, width, height) => {
  const layout = machineLayout(machine(nodes), width, height);

  test('lie within the canvas and apart from each other', () => {
    for (const { card } of layout.nodes) {
      expect(card.x).toBeGreaterThanOrEqual(0);
      expect(card.x + card.width).toBeLessThanOrEqual(width + 0.01);
      expect(card.y + card.height).toBeLessThanOrEqual(height + 0.01);
    }
    for (const a of layout.nodes) {
      for (const b of layout.nodes) {
        if (a === b) continue;
        const apart = a.row !== b.row || a.card.x + a.card.width <= b.card.x || b.card.x + b.card.width <= a.card.x;
        expect(apart).toBe(true);
      }
    }
  });

  test('have their zones inside, each found under the pointer', () => {
    for (const { card, zones } of layout.nodes) {
      for (const { zone, column, lens } of zones) {
        const right = lens ? lens.x + lens.width : column.x + column.width;
        expect(right).toBeLessThanOrEqual(card.x + card.width + 0.01);
        expect(column.y).toBeGreaterThan(card.y);
        expect(zoneAt(layout, column.x + 1, column.y + 1)?.id).toBe(zone.id);
      }
    }
  });
});

test('the larger zone has the higher column', () => {
  const [first] = machineLayout(machine(2), 760, 430).nodes;
  const heights = first?.zones.map(({ column }) => column.height) ?? [];
  expect(heights).toEqual([...heights].sort((a, b) => a - b));
});

test('narrow screens get more height', () => {
  expect(machineHeight(machine(2), 340)).toBeGreaterThan(machineHeight(machine(2), 900));
});
