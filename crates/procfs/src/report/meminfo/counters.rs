//! The counter lines of machine, nodes and zones (`show_free_areas`, mm/page_alloc.c).

use crate::line::codec::{Kb, Number, PagesKB, PagesKb, YesNo};
use crate::line::line;
use crate::line::places::{Node, ZoneName};
use buddyscope_mm::pfn::{NodeId, ZoneType};

line! {
    /// Counters of the whole machine, in pages (`global_node_page_state`, `global_zone_page_state`).
    #[derive(Default)]
    pub struct GlobalCounters {
        /// Anonymous and shared memory on the active list (`NR_ACTIVE_ANON`).
        "active_anon:" active_anon: u64 = Number,
        /// Anonymous and shared memory on the inactive list (`NR_INACTIVE_ANON`).
        " inactive_anon:" [or default] inactive_anon: u64 = Number,
        /// Such pages taken off their list for a moment (`NR_ISOLATED_ANON`).
        " isolated_anon:" [or default] isolated_anon: u64 = Number,
        /// File pages on the active list (`NR_ACTIVE_FILE`).
        "\n active_file:" [or default] active_file: u64 = Number,
        /// File pages on the inactive list (`NR_INACTIVE_FILE`).
        " inactive_file:" [or default] inactive_file: u64 = Number,
        /// File pages taken off their list for a moment (`NR_ISOLATED_FILE`).
        " isolated_file:" [or default] isolated_file: u64 = Number,
        /// Pages that reclaim leaves alone (`NR_UNEVICTABLE`).
        "\n unevictable:" [or default] unevictable: u64 = Number,
        /// File pages that must be written (`NR_FILE_DIRTY`).
        " dirty:" [or default] dirty: u64 = Number,
        /// Pages being written (`NR_WRITEBACK`).
        " writeback:" [or default] writeback: u64 = Number,
        /// Pages of slab caches that can shrink (`NR_SLAB_RECLAIMABLE_B`).
        "\n slab_reclaimable:" [or default] slab_reclaimable: u64 = Number,
        /// Pages of other slab caches (`NR_SLAB_UNRECLAIMABLE_B`).
        " slab_unreclaimable:" [or default] slab_unreclaimable: u64 = Number,
        /// File pages that are mapped (`NR_FILE_MAPPED`).
        "\n mapped:" [or default] mapped: u64 = Number,
        /// Shared memory (`NR_SHMEM`).
        " shmem:" [or default] shmem: u64 = Number,
        /// Page tables (`NR_PAGETABLE`).
        " pagetables:" [or default] pagetables: u64 = Number,
        /// Bounce buffers (`NR_BOUNCE`).
        " bounce:" [or default] bounce: u64 = Number,
        /// Free pages (`NR_FREE_PAGES`).
        "\n free:" [or default] free: u64 = Number,
        /// Pages on per-CPU lists of the shown zones.
        " free_pcp:" [or default] free_pcp: u64 = Number,
        /// Free pages of CMA areas (`NR_FREE_CMA_PAGES`).
        " free_cma:" [or default] free_cma: u64 = Number,
    }
    ""
}

line! {
    /// Counters of a node, in pages but for the kernel's stacks (`node_page_state`).
    pub struct NodeCounters {
        /// Which node.
        "Node " node: NodeId = Node,
        /// Anonymous and shared memory on the active list.
        " active_anon:" active_anon: u64 = PagesKb,
        /// Anonymous and shared memory on the inactive list.
        " inactive_anon:" [or default] inactive_anon: u64 = PagesKb,
        /// File pages on the active list.
        " active_file:" [or default] active_file: u64 = PagesKb,
        /// File pages on the inactive list.
        " inactive_file:" [or default] inactive_file: u64 = PagesKb,
        /// Pages that reclaim leaves alone.
        " unevictable:" [or default] unevictable: u64 = PagesKb,
        /// Anonymous and shared memory taken off its list for a moment.
        " isolated(anon):" [or default] isolated_anon: u64 = PagesKb,
        /// File pages taken off their list for a moment.
        " isolated(file):" [or default] isolated_file: u64 = PagesKb,
        /// File pages that are mapped.
        " mapped:" [or default] mapped: u64 = PagesKb,
        /// File pages that must be written.
        " dirty:" [or default] dirty: u64 = PagesKb,
        /// Pages being written.
        " writeback:" [or default] writeback: u64 = PagesKb,
        /// Shared memory.
        " shmem:" [or default] shmem: u64 = PagesKb,
        /// Shared memory in transparent huge pages, in small pages (`NR_SHMEM_THPS` × 512).
        " shmem_thp: " [or default] shmem_thp: u64 = PagesKb,
        /// Of those, mapped as huge pages (`NR_SHMEM_PMDMAPPED` × 512).
        " shmem_pmdmapped: " [or default] shmem_pmdmapped: u64 = PagesKb,
        /// Anonymous memory in transparent huge pages, in small pages (`NR_ANON_THPS` × 512).
        " anon_thp: " [or default] anon_thp: u64 = PagesKb,
        /// Temporary buffers of writeback (`NR_WRITEBACK_TEMP`).
        " writeback_tmp:" [or default] writeback_tmp: u64 = PagesKb,
        /// Stacks of tasks, in kB (`NR_KERNEL_STACK_KB`).
        " kernel_stack:" [or default] kernel_stack_kb: u64 = Kb,
        /// Whether kswapd has given up on the node (`kswapd_failures` ≥ `MAX_RECLAIM_RETRIES`).
        " all_unreclaimable? " [or default] all_unreclaimable: bool = YesNo,
    }
    ""
}

line! {
    /// Counters of a zone, in pages (`zone_page_state`).
    pub struct ZoneCounters {
        /// Which node.
        "Node " node: NodeId = Node,
        /// Which zone.
        " " zone: ZoneType = ZoneName,
        /// Free pages without per-CPU deltas.
        " free:" free: u64 = PagesKb,
        /// Min mark, boost included (`min_wmark_pages`).
        " min:" min: u64 = PagesKb,
        /// Low mark, boost included (`low_wmark_pages`).
        " low:" low: u64 = PagesKb,
        /// High mark, boost included (`high_wmark_pages`).
        " high:" high: u64 = PagesKb,
        /// Pages of pageblocks reserved for high-order atomic requests (`nr_reserved_highatomic`).
        " reserved_highatomic:" [or default] reserved_highatomic: u64 = PagesKB,
        /// Anonymous and shared memory on the active list.
        " active_anon:" [or default] active_anon: u64 = PagesKb,
        /// Anonymous and shared memory on the inactive list.
        " inactive_anon:" [or default] inactive_anon: u64 = PagesKb,
        /// File pages on the active list.
        " active_file:" [or default] active_file: u64 = PagesKb,
        /// File pages on the inactive list.
        " inactive_file:" [or default] inactive_file: u64 = PagesKb,
        /// Pages that reclaim leaves alone.
        " unevictable:" [or default] unevictable: u64 = PagesKb,
        /// Dirty pages and pages being written (`NR_ZONE_WRITE_PENDING`).
        " writepending:" [or default] writepending: u64 = PagesKb,
        /// Pages that exist.
        " present:" present: u64 = PagesKb,
        /// Pages of the buddy allocator.
        " managed:" [or default] managed: u64 = PagesKb,
        /// Pages locked into memory (`NR_MLOCK`).
        " mlocked:" [or default] mlocked: u64 = PagesKb,
        /// Page tables.
        " pagetables:" [or default] pagetables: u64 = PagesKb,
        /// Bounce buffers.
        " bounce:" [or default] bounce: u64 = PagesKb,
        /// Pages on all per-CPU lists.
        " free_pcp:" [or default] free_pcp: u64 = PagesKb,
        /// Pages on the lists of the CPU that reports.
        " local_pcp:" [or default] local_pcp: u64 = PagesKb,
        /// Free pages of CMA areas.
        " free_cma:" [or default] free_cma: u64 = PagesKb,
    }
    ""
}
