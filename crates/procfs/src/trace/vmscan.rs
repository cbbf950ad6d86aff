//! Events of reclaim (include/trace/events/vmscan.h).

use super::codec::TraceGfp;
use super::{LruIsolate, ShrinkActive, ShrinkInactive, WritePage, events};
use crate::line::codec::{Number, Text};
use crate::line::line;
use crate::line::places::Node;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::NodeId;

line! {
    /// A node's daemon.
    pub struct NodeOnly {
        /// The node.
        "nid=" nid: NodeId = Node,
    }
    ""
}

line! {
    /// kswapd wakes up.
    pub struct KswapdWake {
        /// Its node.
        "nid=" nid: NodeId = Node,
        /// Order of the block it is to make.
        " order=" order: i32 = Number,
    }
    ""
}

line! {
    /// A request to a node.
    pub struct NodeRequest {
        /// The node.
        "nid=" nid: NodeId = Node,
        /// Order of the wanted block.
        " order=" order: i32 = Number,
        /// Flags.
        " gfp_flags=" gfp: Gfp = TraceGfp,
    }
    ""
}

line! {
    /// A request.
    pub struct Request {
        /// Order of the wanted block.
        "order=" order: i32 = Number,
        /// Flags.
        " gfp_flags=" gfp: Gfp = TraceGfp,
    }
    ""
}

line! {
    /// What reclaim has freed.
    pub struct Reclaimed {
        /// Pages.
        "nr_reclaimed=" nr_reclaimed: u64 = Number,
    }
    ""
}

line! {
    /// A cache is asked to shrink (`do_shrink_slab`). Numbers are of objects.
    pub struct ShrinkSlabStart {
        /// Function that scans (`%pS`).
        "" scan: String = Text,
        /// Address of the shrinker (`%p`).
        " " shrinker: String = Text,
        /// The node.
        ": nid: " nid: i32 = Number,
        /// Objects put off by earlier scans.
        " objects to shrink " deferred: i64 = Number,
        /// Flags of the request.
        " gfp_flags " gfp: Gfp = TraceGfp,
        /// Objects that could be freed.
        " cache items " freeable: i64 = Number,
        /// Objects to scan by the priority.
        " delta " delta: i64 = Number,
        /// Objects to scan in all.
        " total_scan " total_scan: i64 = Number,
        /// Priority of reclaim, 12 to 0.
        " priority " priority: i32 = Number,
    }
    ""
}

line! {
    /// A cache has shrunk (`do_shrink_slab`). Numbers are of objects.
    pub struct ShrinkSlabEnd {
        /// Function that scans (`%pS`).
        "" scan: String = Text,
        /// Address of the shrinker (`%p`).
        " " shrinker: String = Text,
        /// The node.
        ": nid: " nid: i32 = Number,
        /// Objects put off by earlier scans.
        " unused scan count " deferred: i64 = Number,
        /// Objects put off now.
        " new scan count " new_deferred: i64 = Number,
        /// Objects left to scan.
        " total_scan " total_scan: i64 = Number,
        /// Objects freed.
        " last shrinker return val " freed: i32 = Number,
    }
    ""
}

events! {
    /// An event of reclaim.
    pub enum VmscanEvent {
        /// kswapd goes to sleep.
        KswapdSleep(NodeOnly) = "mm_vmscan_kswapd_sleep",
        /// kswapd wakes up.
        KswapdWake(KswapdWake) = "mm_vmscan_kswapd_wake",
        /// A request wakes kswapd.
        WakeupKswapd(NodeRequest) = "mm_vmscan_wakeup_kswapd",
        /// A request starts to reclaim.
        DirectReclaimBegin(Request) = "mm_vmscan_direct_reclaim_begin",
        /// It is done.
        DirectReclaimEnd(Reclaimed) = "mm_vmscan_direct_reclaim_end",
        /// Reclaim of a memory cgroup starts.
        MemcgReclaimBegin(Request) = "mm_vmscan_memcg_reclaim_begin",
        /// It is done.
        MemcgReclaimEnd(Reclaimed) = "mm_vmscan_memcg_reclaim_end",
        /// Reclaim of a memory cgroup over its soft limit starts.
        MemcgSoftlimitReclaimBegin(Request) = "mm_vmscan_memcg_softlimit_reclaim_begin",
        /// It is done.
        MemcgSoftlimitReclaimEnd(Reclaimed) = "mm_vmscan_memcg_softlimit_reclaim_end",
        /// Reclaim of a node starts (`node_reclaim`).
        NodeReclaimBegin(NodeRequest) = "mm_vmscan_node_reclaim_begin",
        /// It is done.
        NodeReclaimEnd(Reclaimed) = "mm_vmscan_node_reclaim_end",
        /// A cache is asked to shrink.
        ShrinkSlabStart(ShrinkSlabStart) = "mm_shrink_slab_start",
        /// It has.
        ShrinkSlabEnd(ShrinkSlabEnd) = "mm_shrink_slab_end",
        /// Pages are taken off an LRU list.
        LruIsolate(LruIsolate) = "mm_vmscan_lru_isolate",
        /// A page is written.
        WritePage(WritePage) = "mm_vmscan_writepage",
        /// An inactive list was scanned.
        ShrinkInactive(ShrinkInactive) = "mm_vmscan_lru_shrink_inactive",
        /// An active list was scanned.
        ShrinkActive(ShrinkActive) = "mm_vmscan_lru_shrink_active",
    }
}
