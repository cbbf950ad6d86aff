// The single flags of a 5.10 request with their bits (include/linux/gfp.h), in groups that a person can survey.

export interface Flag {
  name: FlagName;
  bit: number;
}

export const FLAG_GROUPS = {
  zone: [
    ['DMA', 0x1],
    ['HIGHMEM', 0x2],
    ['DMA32', 0x4],
  ],
  mobility: [
    ['MOVABLE', 0x8],
    ['RECLAIMABLE', 0x10],
  ],
  urgency: [
    ['HIGH', 0x20],
    ['ATOMIC', 0x200],
    ['MEMALLOC', 0x20000],
    ['NOMEMALLOC', 0x80000],
  ],
  reclaim: [
    ['IO', 0x40],
    ['FS', 0x80],
    ['DIRECT_RECLAIM', 0x400],
    ['KSWAPD_RECLAIM', 0x800],
  ],
  effort: [
    ['NORETRY', 0x10000],
    ['RETRY_MAYFAIL', 0x4000],
    ['NOFAIL', 0x8000],
    ['NOWARN', 0x2000],
  ],
  page: [
    ['ZERO', 0x100],
    ['COMP', 0x40000],
    ['WRITE', 0x1000],
    ['ACCOUNT', 0x400000],
    ['HARDWALL', 0x100000],
    ['THISNODE', 0x200000],
  ],
} as const satisfies Record<string, readonly (readonly [string, number])[]>;

export type FlagGroup = keyof typeof FLAG_GROUPS;
export type FlagName = (typeof FLAG_GROUPS)[FlagGroup][number][0];

export const GROUPS = Object.keys(FLAG_GROUPS) as FlagGroup[];

export const FLAGS: readonly Flag[] = GROUPS.flatMap((group) =>
  FLAG_GROUPS[group].map(([name, bit]) => ({ name, bit }) as Flag),
);

/** Composites worth offering. */
export const COMPOSITES = [
  'GFP_KERNEL',
  'GFP_ATOMIC',
  'GFP_NOWAIT',
  'GFP_NOIO',
  'GFP_NOFS',
  'GFP_USER',
  'GFP_KERNEL_ACCOUNT',
  'GFP_DMA',
  'GFP_DMA32',
  'GFP_HIGHUSER',
  'GFP_HIGHUSER_MOVABLE',
  'GFP_TRANSHUGE_LIGHT',
  'GFP_TRANSHUGE',
] as const;
