//! Whether another round of reclaim or compaction could help (mm/page_alloc.c).

use crate::alloc::AllocContext;
use crate::compact::{CompactPriority, CompactResult};
use crate::event::{Event, Sink, SlowEvent, emit};
use crate::machine::Machine;
use crate::pfn::{PAGE_ALLOC_COSTLY_ORDER, ZoneId};
use crate::task::{Task, TaskFlags};
use crate::vmstat::ZoneItem;
use crate::wait::Wait;
use crate::zone::check::zone_watermark_ok_free;

/// Rounds without progress after which reclaim is given up (`MAX_RECLAIM_RETRIES`, mm/internal.h).
pub(crate) const MAX_RECLAIM_RETRIES: u32 = 16;
/// Rounds with progress after which compaction has to try harder (`MAX_COMPACT_RETRIES`).
const MAX_COMPACT_RETRIES: u32 = 16;
/// A tenth of a second in jiffies.
const TENTH: u32 = 25;

/// Whether to reclaim again, and what to wait for before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ReclaimRetry {
    pub(crate) retry: bool,
    pub(crate) wait: Option<Wait>,
}

/// What a zone would have if everything reclaimable were reclaimed.
#[derive(Clone, Copy)]
struct Prospect {
    ok: bool,
    /// So much of it is dirty or being written that the request should wait for that.
    congested: bool,
}

impl<S: Sink> Machine<S> {
    /// Whether reclaim is worth another round (`should_reclaim_retry`): as long as some zone would do if all that can
    /// be reclaimed were, but not after too many rounds without progress. Before it is given up, reserved high-atomic
    /// blocks go.
    pub(crate) fn should_reclaim_retry(
        &mut self,
        task: &Task,
        ac: &AllocContext,
        progress: bool,
        no_progress_loops: &mut u32,
    ) -> ReclaimRetry {
        // What a large block needs is not more pages, so pages are no progress.
        *no_progress_loops = if progress && ac.order <= PAGE_ALLOC_COSTLY_ORDER { 0 } else { *no_progress_loops + 1 };
        let loops = *no_progress_loops;
        let decision = if loops > MAX_RECLAIM_RETRIES {
            ReclaimRetry { retry: self.unreserve_highatomic(task, ac, true), wait: None }
        } else {
            self.retry_by_prospects(task, ac, progress, loops)
        };
        emit!(self, Event::Slow(SlowEvent::ReclaimRetry { retry: decision.retry, no_progress_loops: loops }));
        decision
    }

    fn retry_by_prospects(&mut self, task: &Task, ac: &AllocContext, progress: bool, loops: u32) -> ReclaimRetry {
        let mut retry = false;
        let mut at = self.zonelist(ac).next(0, ac.highest_zoneidx, ac.nodemask);
        while let Some(&zref) = self.zonelist(ac).refs.get(at) {
            let prospect = self.zone_prospect(zref.zone, ac, loops);
            if prospect.ok && !progress && prospect.congested {
                emit!(self, Event::Slow(SlowEvent::CongestionWait { jiffies: TENTH }));
                return ReclaimRetry { retry: true, wait: Some(Wait::Congestion(TENTH)) };
            }
            if prospect.ok {
                retry = true;
                break;
            }
            at = self.zonelist(ac).next(at + 1, ac.highest_zoneidx, ac.nodemask);
        }
        // A worker that loops without ever sleeping would hold up all work queued behind it.
        let worker = task.flags.contains(TaskFlags::WQ_WORKER);
        ReclaimRetry { retry, wait: Some(if worker { Wait::Sleep(1) } else { Wait::Yield }) }
    }

    fn zone_prospect(&mut self, id: ZoneId, ac: &AllocContext, loops: u32) -> Prospect {
        let zone = &self.zones[id.index()];
        let (order, min_wmark) = (ac.order, zone.wmark_pages(0));
        let reclaimable = self.zone_reclaimable_pages(id);
        let available = reclaimable + self.zone_page_state_snapshot(zone, ZoneItem::FreePages) as u64;
        let check =
            zone_watermark_ok_free(zone, order, min_wmark as i64, ac.highest_zoneidx, ac.alloc_flags, available as i64);
        let write_pending = self.zone_page_state_snapshot(zone, ZoneItem::WritePending) as u64;
        let wmark = check.verdict.passed();
        emit!(
            self,
            Event::Slow(SlowEvent::ReclaimRetryZone {
                zone: id,
                order,
                reclaimable,
                available,
                min_wmark,
                no_progress_loops: loops,
                wmark,
            })
        );
        Prospect { ok: wmark, congested: 2 * write_pending > reclaimable }
    }

    /// Whether compaction is worth another round, and how hard it will try (`should_compact_retry`).
    pub(crate) fn should_compact_retry(
        &mut self,
        ac: &AllocContext,
        result: CompactResult,
        priority: &mut CompactPriority,
        retries: &mut u32,
    ) -> bool {
        if ac.order == 0 {
            return false;
        }
        let (before, retries_before) = (*priority, *retries);
        *retries += u32::from(result == CompactResult::Success);
        let mut max_retries = MAX_COMPACT_RETRIES;
        let retry = match result {
            CompactResult::Skipped => {
                let reclaimable = |machine: &Machine<S>, zone| machine.zone_reclaimable_pages(zone);
                self.compaction_zonelist_suitable(ac, ac.order, ac.alloc_flags, reclaimable)
            }
            CompactResult::Complete
            | CompactResult::Deferred
            | CompactResult::Contended
            | CompactResult::PartialSkipped => try_harder(ac.order, priority, retries),
            _ => {
                if ac.order > PAGE_ALLOC_COSTLY_ORDER {
                    max_retries /= 4;
                }
                *retries <= max_retries || try_harder(ac.order, priority, retries)
            }
        };
        emit!(
            self,
            Event::Slow(SlowEvent::CompactRetry {
                order: ac.order,
                priority: before as u8,
                result,
                retries: retries_before,
                max_retries,
                retry,
            })
        );
        retry
    }
}

/// Goes to the next harder priority unless this is the hardest for the order.
fn try_harder(order: u8, priority: &mut CompactPriority, retries: &mut u32) -> bool {
    let harder = match *priority {
        CompactPriority::Async => CompactPriority::SyncLight,
        CompactPriority::SyncLight if order <= PAGE_ALLOC_COSTLY_ORDER => CompactPriority::SyncFull,
        _ => return false,
    };
    (*priority, *retries) = (harder, 0);
    true
}
