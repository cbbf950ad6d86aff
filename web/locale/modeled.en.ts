import type { ModeledText } from './modeled.ts';

export const modeled: ModeledText = {
  inTitle: 'In this version',
  outTitle: 'Not in this version',
  foot: 'Where the model and the kernel could differ, a recording of a real 5.10.35 kernel decides: every page frame number, list and counter of the recordings is compared in every test run. “Replay” shows some of them, step by step.',
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
    [
      'The slow path',
      'Every attempt, retry and exit of __alloc_pages_slowpath: waking kswapd, compaction and reclaim in turn, reserves, __GFP_NORETRY, RETRY_MAYFAIL and NOFAIL, and the failure report in the kernel’s layout.',
    ],
    [
      'Reclaim',
      'LRU lists per node and memory cgroup, what each pass scans and each page’s verdict, kswapd with its boosts and failures, direct reclaim with throttling, node reclaim, shrinkers, refaults, writeback and swap.',
    ],
    [
      'Compaction',
      'Whether a zone is suitable, the two scanners with their skip hints, deferral, capture, kcompactd and proactive compaction; contiguous ranges and CMA.',
    ],
    [
      'Huge pages',
      'Faults of anonymous memory by the enabled and defrag settings and by advice, splitting with its queue, copies on fork and write; the pool of nr_hugepages.',
    ],
    ['The OOM killer', 'Its gates and constraints, scores, the kill, the reaper, and the report.'],
    ['Memory cgroups', 'Hierarchies with min, low, high, max and a swap limit; charges of pages and of __GFP_ACCOUNT.'],
    [
      'Scenarios',
      'Tasks with anonymous memory, files, tmpfs, huge pages, locked and pinned pages, slab and network bursts, taking turns in virtual time: the same file and seed always give the same run.',
    ],
  ],
  out: [
    ['Memory and CPU hotplug', 'Nodes, zones and CPUs are those of boot.'],
    [
      'Preemption and contended locks',
      'One context runs at a time and gives way only where the kernel can sleep. What work costs in virtual time is a setting.',
    ],
    [
      'File systems and devices',
      'A device has a rate, answers in order and may signal congestion. There are no journals, and no requests are merged.',
    ],
    [
      'Slab caches from within',
      'Caches that shrink are counted in objects and pages; which object lies in which slab is left out.',
    ],
    [
      'Some of huge pages and swap',
      'khugepaged, huge pages of files and tmpfs, and clusters of swap slots: a huge page goes to swap in parts.',
    ],
    [
      'Page contents',
      'Zeroing, poisoning and the like change no page that is given; swapped pages have a size, not content.',
    ],
    [
      'Requests outside of scenarios',
      'In the playground itself pages are used by requests, with a background drawn by seed: these are on no LRU list, so that reclaim finds little there. Open a scenario to see it at work.',
    ],
  ],
};
