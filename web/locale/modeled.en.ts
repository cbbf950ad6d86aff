import type { ModeledText } from './modeled.ts';

export const modeled: ModeledText = {
  inTitle: 'In this version',
  outTitle: 'Not in this version',
  foot: 'Where the model and the kernel could differ, a recording of a real 5.10.35 kernel decides: every page frame number, list and counter of the recordings is compared in every test run. “Recordings” shows some of them, step by step.',
  in: [
    [
      'Booting',
      'Nodes, SLIT distances, CPUs, memory maps with holes and reserved ranges, mem=, memmap=, kernelcore=, movablecore=, movable_node, cma=, numa=off; zonelists, and free lists in the order a booted kernel has them.',
    ],
    [
      'The request',
      'Every gfp flag of 5.10 and its composites, zone and mobility tables; contexts from task to hard interrupt, PF_* flags, real-time tasks and OOM victims.',
    ],
    ['Policy', 'Memory policies in all modes, cpusets, interleaving, NUMA statistics.'],
    [
      'Marks',
      'min, low, high, boost, lowmem_reserve, high-atomic reserves, per-CPU counter drift; sysctls change them live.',
    ],
    [
      'Taking pages',
      'Per-CPU lists with high and batch, splitting, fallback stealing and pageblock conversion, CMA, isolation, compound pages.',
    ],
    ['Giving them back', 'Merging, per-CPU frees and drains, list order, the checks of the free path.'],
    ['Waking helpers', 'kswapd and kcompactd are asked to wake exactly when the kernel asks them.'],
  ],
  out: [
    [
      'Reclaim',
      'kswapd wakes but does not run, and nothing is reclaimed directly: a request that would have to is told so. It comes with the slow path.',
    ],
    ['Compaction', 'Blocks are not moved to make larger ones; kcompactd only notes that it was asked.'],
    ['The OOM killer', 'Nobody is killed: the walk ends where the kernel would begin to look for a victim.'],
    [
      'Memory cgroups',
      '__GFP_ACCOUNT is read but nothing is charged: limits of groups are about who pays, not about which page.',
    ],
    [
      'Slab and page cache',
      'Pages are used by requests, not by objects or files; their life in the background is drawn by seed.',
    ],
    ['Memory hotplug', 'Nodes and zones are those of boot.'],
  ],
};
