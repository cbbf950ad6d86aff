//! Pages changing hands: splits, steals and refills. The events of one step come before the one that names it, so they
//! are gathered first.

use super::step::WhyStep;
use crate::sentence::{Args, fill};
use crate::tell::StepKind;
use buddyscope_mm::event::Event;
use buddyscope_mm::pfn::{CpuId, MAX_ORDER, MigrateType, PAGEBLOCK_ORDER, Pfn, ZoneId};

/// Events of a step that has no name yet.
#[derive(Default)]
pub(super) struct Gathered(Vec<Event>);

/// What taking blocks for a per-CPU list came to.
struct Refill {
    zone: ZoneId,
    cpu: CpuId,
    migratetype: MigrateType,
    asked: u32,
    got: u32,
}

impl Gathered {
    /// Keeps the event if it is part of a step still to be named; otherwise hands it back.
    pub(super) fn keep(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::TakeBlock { .. }
            | Event::Split { .. }
            | Event::Steal { .. }
            | Event::MoveFreepages { .. }
            | Event::PageblockType { .. }
            | Event::Boost { .. }
            | Event::BadPage { .. } => {
                self.0.push(event);
                None
            }
            event => Some(event),
        }
    }

    /// Tells what was gathered, now that the event after it is known.
    pub(super) fn tell(&mut self, next: &Event, steps: &mut Vec<WhyStep>) {
        let mut events = core::mem::take(&mut self.0);
        match *next {
            Event::PcpRefill { zone, cpu, migratetype, asked, got } => {
                tell_refill(&events, &Refill { zone, cpu, migratetype, asked, got }, steps);
            }
            Event::ReserveHighatomic { zone, pfn, reserved } => {
                // The pageblock's change of type and the move of its pages are this step's own.
                let own = events.iter().rposition(|event| matches!(event, Event::TakeBlock { .. }));
                events.truncate(own.map_or(0, |at| at + 1));
                tell_blocks(&events, steps);
                let args = Args::new().zone(zone).with("pfn", pfn).with("reserved", reserved);
                let step = WhyStep::new(StepKind::Info, "highatomic.reserve", "reserve_highatomic_pageblock", args);
                steps.push(step.at(zone));
            }
            _ => tell_blocks(&events, steps),
        }
    }
}

/// Each steal, lost page and block taken as a step of its own.
fn tell_blocks(events: &[Event], steps: &mut Vec<WhyStep>) {
    let mut from = 0;
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::TakeBlock { .. } => steps.push(block(&events[from..=at])),
            Event::Steal { .. } => steal(&events[from..=at], steps),
            Event::BadPage { pfn, .. } => steps.push(bad_page(*pfn)),
            _ => continue,
        }
        from = at + 1;
    }
}

fn bad_page(pfn: Pfn) -> WhyStep {
    WhyStep::new(StepKind::Fail, "bad", "bad_page", Args::new().with("pfn", pfn))
}

/// A block taken, preceded by the halves it was split into.
fn block(events: &[Event]) -> WhyStep {
    let Some(&Event::TakeBlock { zone, pfn, order, found, list, .. }) = events.last() else {
        return bad_page(Pfn(0));
    };
    let halves = events.iter().filter_map(|event| match *event {
        Event::Split { pfn, order, .. } => {
            let half = format!("pfn {}–{}", pfn.0, pfn.0 + (1 << order) - 1);
            Some(fill("split.line", &Args::new().with("half", half).with("order", order)))
        }
        _ => None,
    });
    let key = match list {
        MigrateType::Cma => "block.cma",
        MigrateType::HighAtomic => "block.highatomic",
        _ if found == order => "block.exact",
        _ => "block.split",
    };
    let args = Args::new().with("pfn", pfn).with("order", order).with("found", found).with("list", list);
    let function = if found == order { "__rmqueue_smallest" } else { "expand" };
    WhyStep::new(StepKind::Take, key, function, args).at(zone).with_sum(halves.collect())
}

/// A steal, preceded by the boost it caused and by what it moved.
fn steal(events: &[Event], steps: &mut Vec<WhyStep>) {
    let Some(&Event::Steal { zone, pfn, fallback_order, start, fallback, owned, .. }) = events.last() else { return };
    let moved = events.iter().find_map(|event| match event {
        Event::MoveFreepages { moved, .. } => Some(*moved),
        _ => None,
    });
    let key = match (moved, owned) {
        _ if fallback_order >= PAGEBLOCK_ORDER => "steal.whole",
        (Some(1..), true) => "steal.claim",
        (Some(1..), false) => "steal.some",
        _ => "steal.one",
    };
    let args = Args::new()
        .with("start", start)
        .with("fallback", fallback)
        .with("pfn", pfn)
        .with("order", fallback_order)
        .with("moved", moved.unwrap_or(0));
    steps.push(WhyStep::new(StepKind::Take, key, "steal_suitable_fallback", args).at(zone));
    for event in events {
        if let Event::Boost { zone, boost, max } = *event {
            let args = Args::new().zone(zone).with("boost", boost).with("max", max);
            steps.push(WhyStep::new(StepKind::Info, "boost", "boost_watermark", args).at(zone));
        }
    }
}

/// A refill: its steals one by one, its blocks by order.
fn tell_refill(events: &[Event], refill: &Refill, steps: &mut Vec<WhyStep>) {
    let mut blocks = [0u32; MAX_ORDER];
    let mut splits = 0u32;
    let mut from = 0;
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Split { .. } => splits += 1,
            Event::TakeBlock { found, .. } => {
                blocks[usize::from(*found)] += 1;
                from = at + 1;
            }
            Event::Steal { .. } => {
                steal(&events[from..=at], steps);
                from = at + 1;
            }
            _ => {}
        }
    }
    let args = Args::new()
        .with("cpu", refill.cpu.0)
        .with("type", refill.migratetype)
        .with("got", refill.got)
        .with("asked", refill.asked)
        .with("blocks", blocks.iter().sum::<u32>())
        .with("splits", splits);
    let by_order = (0u8..).zip(blocks).filter(|&(_, count)| count != 0);
    let sum = by_order.map(|(order, count)| format!("{count} × order {order}")).collect();
    let kind = if refill.got == 0 { StepKind::Fail } else { StepKind::Take };
    steps.push(WhyStep::new(kind, "pcp.refill", "rmqueue_bulk", args).at(refill.zone).with_sum(sum));
}
