import type { NodeView } from '../../worker/model.ts';

/**
 * Nodes in an order that keeps near ones together: a greedy walk over the distances from the lowest node on, with ties
 * going to the lower number. On a machine whose nodes are all equally far it is the order of their numbers.
 */
export function seriate(nodes: readonly NodeView[]): NodeView[] {
  const rest = [...nodes].sort((a, b) => a.id - b.id);
  const ordered: NodeView[] = [];
  let here = rest.shift();
  while (here !== undefined) {
    ordered.push(here);
    const from: NodeView = here;
    const distance = (to: NodeView) => (from.distances[to.id] ?? 255) + (to.distances[from.id] ?? 255);
    here = rest.reduce<NodeView | undefined>(
      (best, node) => (best === undefined || distance(node) < distance(best) ? node : best),
      undefined,
    );
    if (here !== undefined) rest.splice(rest.indexOf(here), 1);
  }
  return ordered;
}
