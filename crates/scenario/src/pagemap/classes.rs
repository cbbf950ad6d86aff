//! The class of every page, kept up to date by the events, and how many pages of each class a zone has.

use super::class::{CLASSES, PageClass};
use super::section::Section;
use crate::session::{Allocations, Trace};
use buddyscope_mm::Machine;
use buddyscope_mm::event::Event;
use buddyscope_mm::pfn::{PAGES_PER_SECTION, Pfn, ZoneId};

/// Classes of all pages of one machine. Only sections that something happened to are looked at again.
#[derive(Default)]
pub struct Classes {
    sections: Vec<Section>,
    /// Pages by class, zone by zone.
    totals: Vec<[u64; CLASSES]>,
    /// Events up to here are accounted for.
    seen: u64,
    stale: Vec<bool>,
    /// Sections to look at again, each once.
    queue: Vec<u32>,
    whole: bool,
}

impl Classes {
    /// Forgets everything: another machine, or one that was put back.
    pub fn reset(&mut self) {
        *self = Classes::default();
    }

    /// Makes the classes those of the machine's present state.
    pub fn update(&mut self, machine: &Machine<Trace>, allocations: &Allocations) {
        let count = machine.sections();
        if self.sections.len() != count {
            self.reset();
            self.sections.resize_with(count, Section::default);
            self.totals = vec![[0; CLASSES]; machine.zones().len()];
            self.stale = vec![false; count];
        }
        self.note_events(machine);
        if !self.whole {
            self.whole = true;
            (0..count).for_each(|section| self.look_at(section, machine, allocations));
        }
        for section in core::mem::take(&mut self.queue) {
            self.stale[section as usize] = false;
            self.look_at(section as usize, machine, allocations);
        }
    }

    /// Queues the sections of all pages that events name.
    fn note_events(&mut self, machine: &Machine<Trace>) {
        let sink = machine.sink();
        match sink.since(self.seen) {
            Some(events) => {
                for pfn in events.filter_map(page_of) {
                    let Some(section) = machine.section_of(pfn) else { continue };
                    if !core::mem::replace(&mut self.stale[section], true) {
                        self.queue.push(section as u32);
                    }
                }
            }
            None => self.whole = false,
        }
        self.seen = sink.now();
    }

    fn look_at(&mut self, section: usize, machine: &Machine<Trace>, allocations: &Allocations) {
        let slot = &mut self.sections[section];
        slot.each_count(|zone, class, pages| self.totals[zone.index()][usize::from(class.0)] -= u64::from(pages));
        slot.look(section, machine, allocations);
        slot.each_count(|zone, class, pages| self.totals[zone.index()][usize::from(class.0)] += u64::from(pages));
    }

    /// Pages of a zone by class.
    #[must_use]
    pub fn of_zone(&self, zone: ZoneId) -> &[u64; CLASSES] {
        self.totals.get(zone.index()).unwrap_or(&[0; CLASSES])
    }

    /// The class of a page.
    #[inline]
    #[must_use]
    pub fn of_page(&self, machine: &Machine<Trace>, pfn: Pfn) -> PageClass {
        let Some(section) = machine.section_of(pfn).and_then(|at| self.sections.get(at)) else {
            return PageClass::HOLE;
        };
        section.class((pfn.0 % PAGES_PER_SECTION) as usize)
    }

    /// The sections, in the order of the machine's.
    #[must_use]
    pub(super) fn sections(&self) -> &[Section] {
        &self.sections
    }
}

/// A page of the block that an event changed.
fn page_of(event: &Event) -> Option<Pfn> {
    match *event {
        Event::PcpTake { pfn, .. }
        | Event::TakeBlock { pfn, .. }
        | Event::Split { pfn, .. }
        | Event::Steal { pfn, .. }
        | Event::MoveFreepages { pfn, .. }
        | Event::Free { pfn, .. }
        | Event::PcpFree { pfn, .. }
        | Event::PcpDrain { pfn, .. }
        | Event::Merge { pfn, .. }
        | Event::ListAdd { pfn, .. }
        | Event::BadPage { pfn, .. }
        | Event::Isolate { pfn, .. } => Some(pfn),
        Event::AllocEnd { pfn, .. } => pfn,
        _ => None,
    }
}
