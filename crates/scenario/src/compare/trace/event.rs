//! Events of a load. Values are the tracepoints'.

use super::Why;
use crate::recording::cursor::{Cursor, Read};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{NodeId, Pfn, ZoneId};

/// Declares the events: what a line is called, and its values with what reads each.
macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $text:literal { $($value:ident: $type:ty = $read:ident($key:literal),)* },)*) => {
        /// One event.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum LoadEvent {
            $($(#[$doc])* $event { $($value: $type,)* },)*
            /// A shrinker is asked.
            SlabStart(SlabStart),
            /// A shrinker is done.
            SlabEnd(SlabEnd),
            /// A label of the load's commands.
            Mark(String),
        }

        impl LoadEvent {
            /// Reads the values of the event of this name; `None` if there is no such event.
            fn read_values(name: &str, c: &mut Cursor<'_>) -> Read<Option<LoadEvent>> {
                Ok(Some(match name {
                    $($text => LoadEvent::$event { $($value: c.$read($key)?,)* },)*
                    _ => return Ok(None),
                }))
            }
        }
    };
}

events! {
    /// A request wakes kswapd.
    WakeupKswapd = "wakeup_kswapd" {
        node: NodeId = node(" nid="), highest_zoneidx: u8 = number(" zid="), order: u8 = number(" order="),
        gfp: Gfp = gfp(" gfp="),
    },
    /// kswapd begins.
    KswapdWake = "kswapd_wake" {
        node: NodeId = node(" nid="), highest_zoneidx: u8 = number(" zid="), order: u8 = number(" order="),
    },
    /// kswapd goes to sleep.
    KswapdSleep = "kswapd_sleep" { node: NodeId = node(" nid="), },
    /// A request begins to reclaim.
    DirectBegin = "direct_begin" { order: u8 = number(" order="), gfp: Gfp = gfp(" gfp="), },
    /// It is done.
    DirectEnd = "direct_end" { reclaimed: u64 = number(" reclaimed="), },
    /// Reclaim within a memory cgroup begins.
    MemcgBegin = "memcg_begin" { order: u8 = number(" order="), gfp: Gfp = gfp(" gfp="), },
    /// It is done.
    MemcgEnd = "memcg_end" { reclaimed: u64 = number(" reclaimed="), },
    /// A node begins to reclaim for itself.
    NodeReclaimBegin = "node_reclaim_begin" {
        node: NodeId = node(" nid="), order: u8 = number(" order="), gfp: Gfp = gfp(" gfp="),
    },
    /// It is done.
    NodeReclaimEnd = "node_reclaim_end" { reclaimed: u64 = number(" reclaimed="), },
    /// Pages are taken off an LRU list.
    Isolate = "isolate" {
        highest_zoneidx: u8 = number(" hzi="), order: u8 = number(" order="), requested: u64 = number(" req="),
        scanned: u64 = number(" scanned="), skipped: u64 = number(" skipped="), taken: u64 = number(" taken="),
        mode: u32 = number(" mode="), list: usize = number(" lru="),
    },
    /// An inactive list was scanned.
    ShrinkInactive = "shrink_inactive" {
        node: NodeId = node(" nid="), scanned: u64 = number(" scanned="), reclaimed: u64 = number(" reclaimed="),
        dirty: u64 = number(" dirty="), writeback: u64 = number(" wb="), congested: u64 = number(" congested="),
        immediate: u64 = number(" immediate="), activated_anon: u64 = number(" act0="),
        activated_file: u64 = number(" act1="), kept_referenced: u64 = number(" refkeep="),
        unmap_failed: u64 = number(" unmapfail="), priority: u8 = number(" prio="), file: bool = flag(" file="),
    },
    /// An active list was scanned.
    ShrinkActive = "shrink_active" {
        node: NodeId = node(" nid="), taken: u64 = number(" taken="), active: u64 = number(" active="),
        deactivated: u64 = number(" deactivated="), referenced: u64 = number(" referenced="),
        priority: u8 = number(" prio="), file: bool = flag(" file="),
    },
    /// Compaction of a zone begins.
    CompactBegin = "compact_begin" {
        zone_start: u64 = number(" zone_start="), migrate: u64 = number(" mig="), free: u64 = number(" free="),
        zone_end: u64 = number(" zone_end="), sync: bool = flag(" sync="),
    },
    /// It ends.
    CompactEnd = "compact_end" {
        zone_start: u64 = number(" zone_start="), migrate: u64 = number(" mig="), free: u64 = number(" free="),
        zone_end: u64 = number(" zone_end="), sync: bool = flag(" sync="), status: u8 = number(" status="),
    },
    /// Whether compaction is finished was looked at.
    CompactFinished = "compact_finished" {
        zone: ZoneId = zone(" zone="), order: i64 = signed_number(" order="), result: u8 = number(" ret="),
    },
    /// Whether compaction is of any use was looked at.
    CompactSuitable = "compact_suitable" {
        zone: ZoneId = zone(" zone="), order: i64 = signed_number(" order="), result: u8 = number(" ret="),
    },
    /// Compaction of a zone is put off.
    CompactDeferred = "compact_deferred" {
        zone: ZoneId = zone(" zone="), order: i64 = signed_number(" order="),
        considered: u32 = number(" considered="), shift: u32 = number(" shift="), failed: i64 = signed_number(" failed="),
    },
    /// Compaction of a zone will be put off.
    CompactDefer = "compact_defer" {
        zone: ZoneId = zone(" zone="), order: i64 = signed_number(" order="),
        considered: u32 = number(" considered="), shift: u32 = number(" shift="), failed: i64 = signed_number(" failed="),
    },
    /// Compaction of a zone will no longer be put off.
    CompactDeferReset = "compact_defer_reset" {
        zone: ZoneId = zone(" zone="), order: i64 = signed_number(" order="),
        considered: u32 = number(" considered="), shift: u32 = number(" shift="), failed: i64 = signed_number(" failed="),
    },
    /// A request begins to compact.
    CompactTry = "compact_try" {
        order: u8 = number(" order="), gfp: Gfp = gfp(" gfp="), priority: u8 = number(" prio="),
    },
    /// Pages were taken to be moved.
    IsolateMigrate = "compact_iso_migrate" {
        start: Pfn = pfn_at(" "), end: Pfn = pfn_at("-"), scanned: u64 = number(" scanned="), taken: u64 = number(" taken="),
    },
    /// Free pages were taken to move pages to.
    IsolateFree = "compact_iso_free" {
        start: Pfn = pfn_at(" "), end: Pfn = pfn_at("-"), scanned: u64 = number(" scanned="), taken: u64 = number(" taken="),
    },
    /// kcompactd is woken.
    WakeupKcompactd = "wakeup_kcompactd" {
        node: NodeId = node(" nid="), order: i64 = signed_number(" order="), highest_zoneidx: u8 = number(" hzi="),
    },
    /// kcompactd begins.
    KcompactdWake = "kcompactd_wake" {
        node: NodeId = node(" nid="), order: i64 = signed_number(" order="), highest_zoneidx: u8 = number(" hzi="),
    },
    /// kcompactd goes to sleep.
    KcompactdSleep = "kcompactd_sleep" { node: NodeId = node(" nid="), },
    /// Whether reclaim could help a zone was looked at.
    ReclaimRetry = "reclaim_retry" {
        zone: ZoneId = zone(" zone="), order: u8 = number(" order="), reclaimable: u64 = number(" reclaimable="),
        available: u64 = number(" available="), min: u64 = number(" min="), loops: u32 = number(" no_progress="),
        ok: bool = flag(" ok="),
    },
    /// Whether to compact again was looked at.
    CompactRetry = "compact_retry" {
        order: u8 = number(" order="), priority: u8 = number(" prio="), result: u8 = number(" result="),
        retries: u32 = number(" retries="), max: u32 = number(" max="), again: bool = flag(" ret="),
    },
    /// A block was taken from another type's list.
    ExtFrag = "extfrag" {
        pfn: Pfn = pfn_at(" pfn="), order: u8 = number(" alloc_order="), fallback_order: u8 = number(" fallback_order="),
        mobility: u8 = number(" alloc_mt="), fallback: u8 = number(" fallback_mt="),
    },
    /// A process is going to be killed.
    MarkVictim = "mark_victim" { pid: u32 = number(" pid="), },
    /// The OOM reaper gets a process to do.
    ReaperWake = "oom_reaper_wake" { pid: u32 = number(" pid="), },
    /// A row of requests by a kernel thread is over.
    AllocBatch = "alloc_batch" { gfp: Gfp = gfp(" gfp="), order: u8 = number(" order="), got: u64 = number(" got="), },
    /// A request of such a row failed.
    AllocFail = "alloc_fail" { gfp: Gfp = gfp(" gfp="), order: u8 = number(" order="), after: u64 = number(" after="), },
    /// A range of a CMA area was asked for; page 0 if it was refused.
    CmaAlloc = "cma_alloc" { pages: u64 = number(" n="), pfn: Pfn = pfn_at(" pfn="), },
}

/// Numbers of a shrinker that is asked (`do_shrink_slab`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlabStart {
    pub(crate) shrinker: String,
    pub(crate) node: NodeId,
    pub(crate) deferred: i64,
    pub(crate) freeable: i64,
    pub(crate) delta: i64,
    pub(crate) total_scan: i64,
    pub(crate) priority: i64,
}

/// Numbers of a shrinker that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlabEnd {
    pub(crate) shrinker: String,
    pub(crate) node: NodeId,
    pub(crate) freed: i64,
    pub(crate) unused: i64,
    pub(crate) new_deferred: i64,
    pub(crate) total_left: i64,
}

impl LoadEvent {
    /// Reads a line from its event's name on.
    pub(super) fn read(c: &mut Cursor<'_>) -> Read<LoadEvent> {
        let start = c.position();
        let name = core::str::from_utf8(c.key()).unwrap_or_default();
        let event = match name {
            "mark" => LoadEvent::Mark(word(c)?),
            "shrink_slab_start" => LoadEvent::SlabStart(SlabStart {
                shrinker: word(c)?,
                node: c.node(" nid=")?,
                deferred: {
                    c.gfp(" gfp=")?;
                    c.signed_number(" nr_to_scan=")?
                },
                freeable: c.signed_number(" cache=")?,
                delta: c.signed_number(" delta=")?,
                total_scan: c.signed_number(" total_scan=")?,
                priority: c.signed_number(" prio=")?,
            }),
            "shrink_slab_end" => LoadEvent::SlabEnd(SlabEnd {
                shrinker: word(c)?,
                node: c.node(" nid=")?,
                freed: c.signed_number(" ret=")?,
                unused: c.signed_number(" unused=")?,
                new_deferred: c.signed_number(" new=")?,
                total_left: c.signed_number(" total_scan=")?,
            }),
            name => match LoadEvent::read_values(name, c)? {
                Some(event) => event,
                None => return Err(c.back_to(start, "event", "a known event")),
            },
        };
        c.end_of_line()?;
        Ok(event)
    }

    /// Why a sample follows this event, if one does.
    pub(crate) fn sample(&self) -> Option<Why> {
        Some(match self {
            LoadEvent::WakeupKswapd { .. } => Why::Wakeup,
            LoadEvent::KswapdWake { .. } => Why::KswapdWake,
            LoadEvent::KswapdSleep { .. } => Why::KswapdSleep,
            LoadEvent::DirectBegin { .. } => Why::DirectBegin,
            LoadEvent::DirectEnd { .. } => Why::DirectEnd,
            LoadEvent::Mark(_) => Why::Mark,
            LoadEvent::MarkVictim { .. } => Why::Oom,
            LoadEvent::AllocBatch { .. } => Why::Alloc,
            _ => return None,
        })
    }
}

/// A blank and a word.
fn word(c: &mut Cursor<'_>) -> Read<String> {
    c.expect(" ")?;
    let rest = c.rest();
    let length = rest.iter().position(|&b| b == b' ' || b == b'\n').unwrap_or(rest.len());
    let word = String::from_utf8_lossy(&rest[..length]).into_owned();
    c.skip(length);
    Ok(word)
}
