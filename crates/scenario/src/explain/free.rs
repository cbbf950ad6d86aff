//! A block on its way back to the free lists.

use super::step::WhyStep;
use crate::sentence::{Args, Sentence};
use crate::session::Trace;
use crate::tell::StepKind;
use crate::view::buddy_of;
use buddyscope_mm::event::Event;
use buddyscope_mm::pfn::{CpuId, MAX_ORDER, Pfn, ZoneId};
use buddyscope_mm::{Machine, PageState};

/// The steps of a free, from its events, and how it ended. `after` is the machine right after it, which is asked why
/// merging stopped.
pub(super) fn tell(events: &[Event], after: &Machine<Trace>) -> (Vec<WhyStep>, Option<Sentence>) {
    let mut steps = Vec::new();
    let mut answer = None;
    // Pages that a full per-CPU list sends back are told together.
    let drained = events.iter().filter(|event| matches!(event, Event::PcpDrain { .. })).count();
    for event in events {
        match *event {
            Event::Free { pfn, order, cpu } => {
                let args = Args::new().with("pfn", pfn).with("order", order).with("cpu", cpu.0);
                steps.push(WhyStep::new(StepKind::Info, "free", "__free_pages", args));
            }
            Event::PcpFree { zone, cpu, pfn, index, count } => {
                let args = Args::new().with("pfn", pfn).with("cpu", cpu.0).with("type", index).with("count", count);
                answer = Some(Sentence::new("answer.freedToPcp", args.clone()));
                steps.push(WhyStep::new(StepKind::Take, "free.pcp", "free_unref_page_commit", args).at(zone));
            }
            Event::BadPage { pfn, .. } => {
                steps.push(WhyStep::new(StepKind::Fail, "bad", "bad_page", Args::new().with("pfn", pfn)));
            }
            Event::Merge { zone, buddy, order, .. } if drained == 0 => {
                let args = Args::new().with("buddy", buddy).with("order", order).with("into", order + 1);
                steps.push(WhyStep::new(StepKind::Take, "free.merge", "__free_one_page", args).at(zone));
            }
            Event::ListAdd { zone, pfn, order, migratetype, tail } if drained == 0 => {
                steps.push(stop(after, zone, pfn, order));
                let key = if tail { "free.listTail" } else { "free.list" };
                let args = Args::new().with("pfn", pfn).with("order", order).with("type", migratetype);
                steps.push(WhyStep::new(StepKind::Take, key, "__free_one_page", args).at(zone));
                answer = Some(freed(events, order));
            }
            _ => {}
        }
    }
    if drained != 0 {
        steps.extend(drain(events, drained));
    }
    (steps, answer)
}

fn freed(events: &[Event], into: u8) -> Sentence {
    let (pfn, order) = match events.first() {
        Some(&Event::Free { pfn, order, .. }) => (pfn, order),
        _ => (Pfn(0), into),
    };
    Sentence::new("answer.freed", Args::new().with("pfn", pfn).with("order", order).with("into", into))
}

fn drain(events: &[Event], pages: usize) -> Option<WhyStep> {
    let merges = events.iter().filter(|event| matches!(event, Event::Merge { .. })).count();
    let (zone, cpu): (ZoneId, CpuId) = events.iter().find_map(|event| match *event {
        Event::PcpDrain { zone, cpu, .. } => Some((zone, cpu)),
        _ => None,
    })?;
    let args = Args::new().with("cpu", cpu.0).with("pages", pages).with("merges", merges);
    Some(WhyStep::new(StepKind::Take, "free.drain", "free_pcppages_bulk", args).at(zone))
}

/// Why merging ended where it did.
fn stop(after: &Machine<Trace>, zone: ZoneId, pfn: Pfn, order: u8) -> WhyStep {
    let page = after.page_info(pfn).filter(|page| page.block.state == PageState::Buddy);
    let buddy = page.filter(|page| page.block.order == order).and_then(|page| buddy_of(after, &page));
    match buddy {
        Some(buddy) => {
            let args = Args::new().with("buddy", buddy.pfn).with("why", buddy.why);
            WhyStep::new(StepKind::Info, "free.stop", "page_is_buddy", args).at(zone)
        }
        None => {
            debug_assert!(usize::from(order) + 1 == MAX_ORDER);
            WhyStep::new(StepKind::Info, "free.top", "__free_one_page", Args::new()).at(zone)
        }
    }
}
