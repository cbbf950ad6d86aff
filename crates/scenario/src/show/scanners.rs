//! Where compaction's two scanners are, or were a moment ago.

use crate::scenario::HZ;
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::event::{CompactEvent, Event};
use buddyscope_mm::pfn::{Pfn, ZoneId};
use std::collections::BTreeMap;

/// They are shown for so long after compaction ended.
const SHOWN_JIFFIES: u64 = HZ / 2;

/// The scanners of one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// Looks for pages to move, from below.
    pub(super) migrate: Pfn,
    /// Looks for free pages, from above.
    pub(super) free: Pfn,
    /// When they moved last.
    jiffy: u64,
}

/// The scanners by zone.
#[derive(Clone, Debug, Default)]
pub(super) struct Scanners {
    zones: BTreeMap<ZoneId, Pair>,
    /// The zone that is being compacted.
    current: Option<ZoneId>,
}

impl Scanners {
    pub(super) fn note(&mut self, jiffy: u64, events: &[Event], machine: &Machine<Trace>) {
        for event in events {
            let Event::Compact(event) = event else { continue };
            match *event {
                CompactEvent::Begin { start, migrate, free, .. } => {
                    self.current = machine.zones().iter().find(|zone| zone.spans(start)).map(|zone| zone.id);
                    if let Some(zone) = self.current {
                        self.zones.insert(zone, Pair { migrate, free, jiffy });
                    }
                }
                CompactEvent::IsolateMigrate { end, .. } => self.place(jiffy, |pair| pair.migrate = end),
                CompactEvent::IsolateFree { start, .. } => self.place(jiffy, |pair| pair.free = start),
                CompactEvent::End { migrate, free, .. } => self.place(jiffy, |pair| {
                    (pair.migrate, pair.free) = (migrate, free);
                }),
                _ => {}
            }
        }
    }

    fn place(&mut self, jiffy: u64, change: impl FnOnce(&mut Pair)) {
        if let Some(pair) = self.current.and_then(|zone| self.zones.get_mut(&zone)) {
            change(pair);
            pair.jiffy = jiffy;
        }
    }

    /// Those that are worth showing at a time.
    pub(super) fn at(&self, jiffy: u64) -> impl Iterator<Item = (ZoneId, Pair)> + '_ {
        let fresh = move |pair: &Pair| jiffy.saturating_sub(pair.jiffy) <= SHOWN_JIFFIES;
        self.zones.iter().filter(move |(_, pair)| fresh(pair)).map(|(&zone, &pair)| (zone, pair))
    }
}
