//! The decisions of the allocator, one typed event each, handed to a sink chosen at compile time.
//!
//! With [`NullSink`] the code that builds events disappears. The kernel's own tracepoints of the `kmem` group are a
//! subset and say so in their documentation.

mod compact;
mod huge;
mod memcg;
mod oom;
mod reclaim;
mod slab;
mod slow;

pub use compact::{CompactEvent, CompactResult};
pub use huge::{HugeEvent, SplitResult};
pub use memcg::{ChargeRung, MemcgEvent, PressureLevel};
pub use oom::{OomConstraint, OomEvent, OomGate, OomPass};
pub use reclaim::{PageFate, PageNote, ReclaimEvent, References, ScanBalance, ScanFlags, ShownPage};
pub use slab::SlabEvent;
pub use slow::{NodeReclaim, OomRefusal, SlowEvent};

use crate::gfp::{AllocFlags, Gfp};
use crate::pfn::{CpuId, MigrateType, NodeId, NodeMask, Pfn, ZoneId};

/// What a watermark check came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Verdict {
    /// Order 0 passed the quick comparison of `zone_watermark_fast`.
    PassFast,
    /// The full check passed.
    Pass,
    /// Order 0 passed because free − unusable is negative and 5.10.35 compares it as unsigned.
    PassNegative,
    /// Passed against min without boost (order-0 `__GFP_ATOMIC` on a boosted zone).
    PassUnboosted,
    /// Too few free pages for mark and reserve.
    BelowMark,
    /// Enough pages, but no free block of the order that the request may use.
    NoBlock,
}

impl Verdict {
    /// Whether the zone may be used.
    #[inline]
    #[must_use]
    pub const fn passed(self) -> bool {
        !matches!(self, Verdict::BelowMark | Verdict::NoBlock)
    }
}

/// Every term of one watermark check (`zone_watermark_fast`, `__zone_watermark_ok`). Units are pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WatermarkCheck {
    /// The zone.
    pub zone: ZoneId,
    /// Order of the request.
    pub order: u8,
    /// Flags in force.
    pub alloc_flags: AllocFlags,
    /// What it came to.
    pub verdict: Verdict,
    /// Free pages as the zone's counter says.
    pub free: i64,
    /// Part of them the request cannot use: high-atomic reserve, CMA, and `(1 << order) - 1`.
    pub unusable: i64,
    /// The selected mark, boost included.
    pub mark: i64,
    /// The mark after what HIGH, HARDER and OOM take off.
    pub min: i64,
    /// `lowmem_reserve` of this zone for the request's highest zone.
    pub reserve: i64,
}

/// Why a zone was passed over before its watermark was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Skip {
    /// The task's cpuset does not allow the node (`__cpuset_zone_allowed`).
    Cpuset,
    /// The node has too many dirty pages for a `__GFP_WRITE` request (`node_dirty_ok`).
    DirtyNode,
    /// Node reclaim is on but the node is too far away (`zone_allows_reclaim`).
    TooFarToReclaim,
    /// Node reclaim did not run (`NODE_RECLAIM_NOSCAN`).
    ReclaimNoScan,
    /// Node reclaim found nothing worth reclaiming (`NODE_RECLAIM_FULL`).
    ReclaimFull,
}

/// Why the zonelist is walked again without `ALLOC_NOFRAGMENT`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Restart {
    /// The walk reached another node.
    RemoteNode,
    /// The walk reached its end.
    EndOfList,
}

/// What came of a request to wake kswapd (`wakeup_kswapd`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Wakeup {
    /// It was asleep and wakes.
    Woken,
    /// It runs already; only order and zone index are noted.
    AlreadyAwake,
    /// The node is balanced: kcompactd is asked instead.
    BalancedWakesKcompactd,
    /// The node is balanced and the caller can compact by itself.
    Balanced,
    /// kswapd gave up on this node: kcompactd is asked instead.
    HopelessWakesKcompactd,
    /// kswapd gave up on this node.
    Hopeless,
}

/// How a request ended. Numbers in parentheses count the exits of the slow path (`__alloc_pages_slowpath`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Outcome {
    /// A page, first attempt.
    Fast,
    /// A page above the min mark (1).
    MinMark,
    /// A page after compaction that came before any reclaim (2).
    EarlyCompaction,
    /// A page at a further try, with reserves if the request may use them (4).
    Retry,
    /// A page after direct reclaim (7).
    Reclaim,
    /// A page after direct compaction (8).
    Compaction,
    /// A page at the OOM killer's door: somebody freed enough, or the request must not fail (11).
    LastTry,
    /// A page from the reserves, because the request must not fail (14).
    NoFail,
    /// No usable zone in the zonelist under this nodemask.
    NoZone,
    /// No page: a large block with `__GFP_NORETRY`, and compaction is out of the question (3).
    CompactionHopeless,
    /// No page, and the request may not reclaim (5).
    CannotReclaim,
    /// No page without compaction or direct reclaim, which this machine does not run
    /// ([`Machine::set_reclaims`](crate::Machine::set_reclaims)).
    NeedsReclaim,
    /// No page, and this task is itself reclaiming (`PF_MEMALLOC`) (6).
    WouldRecurse,
    /// No page after one round of reclaim and compaction (`__GFP_NORETRY`) (9).
    NoRetry,
    /// No page: a large block is not worth another round (10).
    Costly,
    /// No page, and the OOM killer may not or did not help.
    OomRefused,
    /// No page, and the OOM killer has chosen this very task (12).
    OomVictim,
    /// No page although the request must not fail: it may not reclaim either (13).
    NoFailCannotReclaim,
    /// Given up by the model: round after round brings nothing, and while nobody else runs nothing will change.
    Livelock,
    /// A page was found, but the task's memory cgroup may hold no more (`__GFP_ACCOUNT`).
    NotCharged,
    /// Fault injection refused it.
    Injected,
    /// Order above 10.
    OrderTooLarge,
}

impl Outcome {
    /// Whether the request got a page.
    #[must_use]
    pub const fn has_page(self) -> bool {
        (self as u8) <= Outcome::NoFail as u8
    }
}

/// One decision. Fields are named as the kernel names them; page counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum Event {
    /// A request enters `__alloc_pages_nodemask`.
    AllocBegin {
        gfp: Gfp,
        order: u8,
        cpu: CpuId,
        node: NodeId,
        nodemask: Option<NodeMask>,
        highest_zoneidx: u8,
        task_flags: u32,
    },
    /// The memory policy chose a node (`policy_node`, `interleave_nodes`).
    Policy { mode: u8, node: NodeId, nodemask: Option<NodeMask> },
    /// One walk of the zonelist begins (`get_page_from_freelist`).
    Walk { alloc_flags: AllocFlags, gfp: Gfp, preferred: Option<ZoneId>, nodemask: Option<NodeMask> },
    /// A zone was passed over.
    Skipped { zone: ZoneId, reason: Skip },
    /// The walk starts over without `ALLOC_NOFRAGMENT`.
    Restarted { zone: Option<ZoneId>, reason: Restart },
    /// A zone's watermark was checked.
    Watermark(WatermarkCheck),
    /// The check failed but `ALLOC_NO_WATERMARKS` lets the request try.
    IgnoredMark { zone: ZoneId },
    /// The slow path begins (`__alloc_pages_slowpath`).
    SlowPath { gfp: Gfp, alloc_flags: AllocFlags },
    /// The slow path replaced its flags by reserve flags (`__gfp_pfmemalloc_flags`).
    ReserveFlags { alloc_flags: AllocFlags },
    /// A page came off a per-CPU list.
    PcpTake { zone: ZoneId, cpu: CpuId, pfn: Pfn, migratetype: MigrateType, left: u32 },
    /// A per-CPU list was filled (`rmqueue_bulk`).
    PcpRefill { zone: ZoneId, cpu: CpuId, migratetype: MigrateType, asked: u32, got: u32 },
    /// A block left the free lists; `found` is its order there. Tracepoint `mm_page_alloc_zone_locked`.
    TakeBlock { zone: ZoneId, pfn: Pfn, order: u8, found: u8, list: MigrateType, migratetype: MigrateType },
    /// The upper half of a split went to a free list (`expand`).
    Split { zone: ZoneId, pfn: Pfn, order: u8, migratetype: MigrateType },
    /// A block was stolen from another type. Tracepoint `mm_page_alloc_extfrag`.
    Steal {
        zone: ZoneId,
        pfn: Pfn,
        order: u8,
        fallback_order: u8,
        start: MigrateType,
        fallback: MigrateType,
        owned: bool,
    },
    /// The free pages of a pageblock changed lists (`move_freepages_block`).
    MoveFreepages { zone: ZoneId, pfn: Pfn, to: MigrateType, moved: u32 },
    /// A pageblock changed type (`set_pageblock_migratetype`).
    PageblockType { zone: ZoneId, pfn: Pfn, from: MigrateType, to: MigrateType },
    /// Fragmentation raised the zone's marks (`boost_watermark`).
    Boost { zone: ZoneId, boost: u64, max: u64 },
    /// A pageblock was reserved for high-order atomic requests; `reserved` is the new total in pages.
    ReserveHighatomic { zone: ZoneId, pfn: Pfn, reserved: u64 },
    /// No list could serve the request (`rmqueue`).
    NothingTaken { zone: ZoneId, order: u8, migratetype: MigrateType, nofragment: bool },
    /// kswapd was asked to wake.
    WakeKswapd { node: NodeId, order: u8, highest_zoneidx: u8, gfp: Gfp, wakeup: Wakeup },
    /// A request ended. Tracepoint `mm_page_alloc`, but for refused requests.
    AllocEnd { pfn: Option<Pfn>, zone: Option<ZoneId>, gfp: Gfp, order: u8, migratetype: MigrateType, outcome: Outcome },
    /// A block is freed. Tracepoint `mm_page_free`.
    Free { pfn: Pfn, order: u8, cpu: CpuId },
    /// A freed page went to a per-CPU list; `index` is the type it will return to.
    PcpFree { zone: ZoneId, cpu: CpuId, pfn: Pfn, index: MigrateType, count: u32 },
    /// A page returned from a per-CPU list. Tracepoint `mm_page_pcpu_drain`.
    PcpDrain { zone: ZoneId, cpu: CpuId, pfn: Pfn, migratetype: MigrateType },
    /// A free block merged with its buddy into order + 1.
    Merge { zone: ZoneId, pfn: Pfn, buddy: Pfn, order: u8 },
    /// A free block was put on a list.
    ListAdd { zone: ZoneId, pfn: Pfn, order: u8, migratetype: MigrateType, tail: bool },
    /// A page failed a check and is lost (`bad_page`).
    BadPage { pfn: Pfn, order: u8 },
    /// A pageblock was isolated or given back.
    Isolate { zone: ZoneId, pfn: Pfn, isolated: bool, moved: u32 },
    /// A decision of the slow path.
    Slow(SlowEvent),
    /// A decision of reclaim.
    Reclaim(ReclaimEvent),
    /// A decision about slab caches.
    Slab(SlabEvent),
    /// A decision about memory cgroups.
    Memcg(MemcgEvent),
    /// A decision of compaction.
    Compact(CompactEvent),
    /// A decision of the OOM killer.
    Oom(OomEvent),
    /// A decision about huge pages.
    Huge(HugeEvent),
}

/// A ring holds many events and the hot path writes them: what needs more room is told in several.
const _: () = assert!(size_of::<Event>() <= 72);

/// Where events go.
pub trait Sink {
    /// Whether events are built at all.
    const ENABLED: bool = true;
    /// Takes one event.
    fn record(&mut self, event: Event);
}

/// Discards events before they are built.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullSink;

impl Sink for NullSink {
    const ENABLED: bool = false;
    #[inline]
    fn record(&mut self, _: Event) {}
}

/// Keeps the newest events in a ring of fixed size.
#[derive(Clone, Debug)]
pub struct RingSink {
    events: Vec<Event>,
    mask: u64,
    written: u64,
}

impl RingSink {
    /// A ring for `capacity` events, rounded up to a power of two.
    #[must_use]
    pub fn new(capacity: usize) -> RingSink {
        let size = capacity.clamp(2, 1 << 24).next_power_of_two();
        let blank = Event::Free { pfn: Pfn(0), order: 0, cpu: CpuId(0) };
        RingSink { events: vec![blank; size], mask: size as u64 - 1, written: 0 }
    }

    /// Events recorded since the ring was made, those overwritten included.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The number of the oldest event still kept.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.written.saturating_sub(self.events.len() as u64)
    }

    /// The events kept from number `from` on, oldest first.
    pub fn since(&self, from: u64) -> impl Iterator<Item = &Event> {
        (from.max(self.oldest())..self.written).map(|n| &self.events[(n & self.mask) as usize])
    }
}

impl Sink for RingSink {
    #[inline]
    fn record(&mut self, event: Event) {
        let at = (self.written & self.mask) as usize;
        if let Some(slot) = self.events.get_mut(at) {
            *slot = event;
        }
        self.written += 1;
    }
}

impl Sink for Vec<Event> {
    fn record(&mut self, event: Event) {
        #[cfg(test)]
        crate::noted::note(&event);
        self.push(event);
    }
}

/// Records an event if the sink wants any; the arguments are not evaluated otherwise.
macro_rules! emit {
    ($owner:expr, $event:expr) => {
        if S::ENABLED {
            let event = $event;
            $owner.sink.record(event);
        }
    };
}
pub(crate) use emit;
