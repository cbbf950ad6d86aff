//! Whether another round of reclaim or compaction could help (mm/page_alloc.c).

use crate::alloc::AllocContext;
use crate::compact::{CompactPriority, CompactResult};
use crate::event::{Event, Sink, SlowEvent, emit};
use crate::machine::Machine;
use crate::pfn::{PAGE_ALLOC_COSTLY_ORDER, ZoneId};
use crate::task::{Task, TaskFlags};
use crate::vmstat::ZoneItem;
use crate::wait::Wait;
use crate::zone::MAX_RECLAIM_RETRIES;
use crate::zone::check::zone_watermark_ok_free;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compact::testing::{CPU, ZONE, machine};
    use crate::event::Event;
    use crate::gfp::Gfp;
    use crate::pfn::{NodeId, Order};

    type Recorded = Machine<Vec<Event>>;

    const ASYNC: CompactPriority = CompactPriority::Async;
    const LIGHT: CompactPriority = CompactPriority::SyncLight;
    const FULL: CompactPriority = CompactPriority::SyncFull;

    fn context(machine: &Recorded, order: u8) -> AllocContext {
        let order = Order::new(order.into()).expect("an order");
        machine.alloc_context(Gfp::GFP_KERNEL, order, NodeId(0), None)
    }

    /// Whether compaction is tried again, and priority and retries then.
    fn compact(
        order: u8,
        result: CompactResult,
        mut priority: CompactPriority,
        mut retries: u32,
    ) -> (bool, CompactPriority, u32) {
        let mut machine = machine();
        let ac = context(&machine, order);
        let retry = machine.should_compact_retry(&ac, result, &mut priority, &mut retries);
        (retry, priority, retries)
    }

    #[test]
    fn a_single_page_needs_no_compaction() {
        assert_eq!(compact(0, CompactResult::Success, LIGHT, 3), (false, LIGHT, 3));
    }

    #[test]
    fn what_found_nothing_or_was_withdrawn_tries_harder_down_to_a_floor() {
        use CompactResult::{Complete, Contended, Deferred, PartialSkipped};
        for result in [Complete, Deferred, Contended, PartialSkipped] {
            assert_eq!(compact(3, result, ASYNC, 5), (true, LIGHT, 0), "{result:?}");
            assert_eq!(compact(3, result, LIGHT, 5), (true, FULL, 0), "{result:?}");
            assert_eq!(compact(3, result, FULL, 5), (false, FULL, 5), "{result:?}");
            assert_eq!(compact(4, result, ASYNC, 5), (true, LIGHT, 0), "{result:?}");
            assert_eq!(compact(4, result, LIGHT, 5), (false, LIGHT, 5), "large blocks are not worth everything");
        }
    }

    #[test]
    fn success_is_retried_sixteen_times_and_four_for_large_blocks() {
        assert_eq!(compact(3, CompactResult::Success, FULL, 15), (true, FULL, 16));
        assert_eq!(compact(3, CompactResult::Success, FULL, 16), (false, FULL, 17));
        assert_eq!(compact(3, CompactResult::Success, LIGHT, 16), (true, FULL, 0));
        assert_eq!(compact(4, CompactResult::Success, LIGHT, 3), (true, LIGHT, 4));
        assert_eq!(compact(4, CompactResult::Success, LIGHT, 4), (false, LIGHT, 5));
        assert_eq!(compact(3, CompactResult::NoSuitablePage, LIGHT, 16), (true, LIGHT, 16), "no success, no count");
    }

    #[test]
    fn the_limit_told_is_sixteen_unless_it_was_looked_at() {
        let told = |result| {
            let mut machine = machine();
            let ac = context(&machine, 4);
            machine.should_compact_retry(&ac, result, &mut { ASYNC }, &mut 0);
            machine.sink.iter().find_map(|event| match event {
                Event::Slow(SlowEvent::CompactRetry { max_retries, .. }) => Some(*max_retries),
                _ => None,
            })
        };
        assert_eq!((told(CompactResult::Deferred), told(CompactResult::Success)), (Some(16), Some(4)));
    }

    #[test]
    fn what_was_skipped_is_retried_where_reclaim_could_make_room() {
        let mut machine = machine();
        let ac = context(&machine, 3);
        assert!(machine.should_compact_retry(&ac, CompactResult::Skipped, &mut { LIGHT }, &mut 0));
        machine.restore_zone_stat(ZONE, ZoneItem::FreePages, 0);
        for area in &mut machine.zones[ZONE.index()].free_area {
            *area = Default::default();
        }
        let (mut priority, mut retries) = (ASYNC, 7);
        assert!(!machine.should_compact_retry(&ac, CompactResult::Skipped, &mut priority, &mut retries));
        assert_eq!((priority, retries), (ASYNC, 7));
        // 3 × 17 pages could be reclaimed, of which a third counts: just above the gap of 16.
        machine.restore_zone_stat(ZONE, ZoneItem::InactiveFile, 51);
        assert!(machine.should_compact_retry(&ac, CompactResult::Skipped, &mut priority, &mut retries));
        machine.restore_zone_stat(ZONE, ZoneItem::InactiveFile, 50);
        assert!(!machine.should_compact_retry(&ac, CompactResult::Skipped, &mut priority, &mut retries));
    }

    /// A machine without free pages, with so many on the file list and so many of them dirty.
    fn full(file: i64, dirty: i64) -> Recorded {
        let mut machine = machine();
        machine.zones[ZONE.index()].free_area = Default::default();
        machine.zones[ZONE.index()].watermark = [100, 125, 150];
        for (item, pages) in [(ZoneItem::FreePages, 0), (ZoneItem::InactiveFile, file), (ZoneItem::WritePending, dirty)]
        {
            machine.restore_zone_stat(ZONE, item, pages);
        }
        machine
    }

    fn reclaim(machine: &mut Recorded, order: u8, progress: bool, loops: &mut u32) -> ReclaimRetry {
        let ac = context(machine, order);
        machine.should_reclaim_retry(&Task::new(CPU), &ac, progress, loops)
    }

    #[test]
    fn reclaim_is_retried_while_what_is_left_would_do() {
        let mut loops = 0;
        let decision = reclaim(&mut full(101, 0), 0, false, &mut loops);
        assert_eq!((decision.retry, decision.wait, loops), (true, Some(Wait::Yield), 1));
        assert!(!reclaim(&mut full(100, 0), 0, false, &mut loops).retry);
        assert_eq!(loops, 2);
    }

    #[test]
    fn pages_do_not_make_a_block() {
        assert!(!reclaim(&mut full(4000, 0), 1, true, &mut 0).retry);
    }

    #[test]
    fn progress_starts_the_count_anew_but_not_for_large_blocks() {
        let mut loops = 9;
        reclaim(&mut full(0, 0), 3, true, &mut loops);
        assert_eq!(loops, 0);
        loops = 9;
        reclaim(&mut full(0, 0), 4, true, &mut loops);
        assert_eq!(loops, 10);
    }

    #[test]
    fn after_sixteen_fruitless_rounds_only_reserved_blocks_help() {
        let mut machine = full(4000, 0);
        assert!(reclaim(&mut machine, 0, false, &mut 15).retry, "the sixteenth");
        machine.sink.clear();
        let decision = reclaim(&mut machine, 0, false, &mut 16);
        assert_eq!((decision.retry, decision.wait), (false, None));
        assert!(!machine.sink.iter().any(|event| matches!(event, Event::Slow(SlowEvent::ReclaimRetryZone { .. }))));
    }

    #[test]
    fn a_round_without_progress_waits_while_most_is_dirty() {
        let congested = Some(Wait::Congestion(25));
        assert_eq!(reclaim(&mut full(200, 101), 0, false, &mut 0), ReclaimRetry { retry: true, wait: congested });
        assert_eq!(reclaim(&mut full(200, 100), 0, false, &mut 0).wait, Some(Wait::Yield));
        assert_eq!(reclaim(&mut full(200, 101), 0, true, &mut 0).wait, Some(Wait::Yield));
    }

    #[test]
    fn a_worker_sleeps_instead_of_yielding() {
        let mut machine = full(200, 0);
        let ac = context(&machine, 0);
        let task = Task { flags: TaskFlags::WQ_WORKER, ..Task::new(CPU) };
        let decision = machine.should_reclaim_retry(&task, &ac, true, &mut 0);
        assert_eq!(decision, ReclaimRetry { retry: true, wait: Some(Wait::Sleep(1)) });
    }
}
