/** Sentences of the model by their keys; one without a translation stays in English. */
export const model: Record<string, string> = {
  'preset.two-node.title': '双路，8 GiB',
  'preset.two-node.gloss': 'DMA 与 DMA32 只在节点 0 上；一个节点满了，请求就去另一个。',
  'preset.pc.title': '小型 PC，1 GiB',
  'preset.pc.gloss': '单节点，没有 Normal 区域：16 MiB 以上都是 DMA32。',
  'preset.ring.title': '四个节点，距离不等',
  'preset.ring.gloss': '有近有远：每个节点的 zonelist 按其距离排列。',
  'preset.memoryless.title': '有一个无内存的节点',
  'preset.memoryless.gloss': '节点 1 有 CPU 而无内存，节点 2 有内存而无 CPU：走谁的 zonelist？',
  'preset.movable.title': '带 Movable 区域',
  'preset.movable.gloss': '每个节点的一半只收可移动的页：内核请求不能去那里。',
  'preset.board.title': '带 CMA 的开发板，512 MiB',
  'preset.board.gloss': '一块借给可移动页的连续内存区：空闲，但并非人人可用。',
  'preset.tiny.title': '64 MiB',
  'preset.tiny.gloss': '水位只有几百页：预留与链表小到可以用眼睛跟踪。',
  'preset.giant.title': '64 个节点，16 TiB',
  'preset.giant.gloss': '模型能达到的最大规模：未被触及的部分不占开销。',
};
