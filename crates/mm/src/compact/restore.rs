//! Putting compaction's memory, and the pages it looks at, into a known state.

use crate::event::Sink;
use crate::lru::page_lru;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MappingId};
use crate::page::memmap::TOP_ORDER;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{Frame, MigrateType, Order, Pfn, ZoneId};
use crate::restore::RestoreError;
use crate::zone::compact_state::CompactState;

impl<S: Sink> Machine<S> {
    /// Sets what a zone remembers of its compactions.
    pub fn restore_compact(&mut self, zone: ZoneId, state: CompactState) {
        if let Some(zone) = self.zones.get_mut(zone.index()) {
            zone.compact = state;
        }
    }

    /// Sets the skip hint of the pageblock that holds a page.
    pub fn restore_skip(&mut self, pfn: Pfn, skip: bool) {
        if let Some(frame) = self.mem.frame(pfn) {
            self.mem.set_pageblock_skip(frame, skip);
        }
    }

    /// Whether compaction should pass over the pageblock that holds a page; `None` where no memory section is.
    #[must_use]
    pub fn pageblock_skip(&self, pfn: Pfn) -> Option<bool> {
        self.mem.frame(pfn).map(|frame| self.mem.pageblock_skip(frame))
    }

    /// Joins single pages in use to a compound page.
    ///
    /// # Errors
    /// [`RestoreError`] unless all of them are in use.
    pub fn restore_compound(&mut self, pfn: Pfn, order: Order) -> Result<(), RestoreError> {
        let free = RestoreError::Inconsistent { what: "a page of a compound page is not in use" };
        let head = self.mem.frame(pfn).filter(|head| head.0 & (order.pages() as u32 - 1) == 0).ok_or(free)?;
        let pages = 0..order.pages() as u32;
        if !pages.clone().all(|n| self.mem.meta(head.add(n), 0).is(PageState::Allocated, 0)) {
            return Err(free);
        }
        let marked = pages.clone().any(|n| self.mem.marks(head.add(n)) != Marks::NONE);
        pages.for_each(|n| self.mem.set_meta(head.add(n), 0, Meta::default()));
        let meta = Meta::new(PageState::Allocated, order.get(), MigrateType::Unmovable);
        let marked = if marked { Meta::MARKED } else { 0 };
        self.mem.set_meta(head, order.get(), meta.with(Meta::UNKNOWN | Meta::COMP | marked));
        Ok(())
    }

    /// Joins or splits compound pages of unknown sizes in a range until there are so many fewer of them, or more if
    /// negative. Says whether that could be done. Pages of two are left alone: their sizes are known.
    pub fn refit_compounds(&mut self, start: Pfn, end: Pfn, fewer: i64) -> bool {
        let refit = if fewer > 0 { Machine::join_compounds } else { Machine::split_compound };
        (0..fewer.unsigned_abs()).all(|_| (start.0..end.0).any(|pfn| refit(self, Pfn(pfn), end)))
    }

    /// The compound page of an unknown user that starts at a page.
    fn unknown_compound(&self, pfn: Pfn) -> Option<(Frame, Meta)> {
        let frame = self.mem.frame(pfn)?;
        let meta = self.mem.page_meta(frame);
        let unknown = meta.state() == PageState::Allocated && meta.has(Meta::COMP) && meta.has(Meta::UNKNOWN);
        (unknown && meta.order() >= 2).then_some((frame, meta))
    }

    fn join_compounds(&mut self, pfn: Pfn, end: Pfn) -> bool {
        let Some((head, meta)) = self.unknown_compound(pfn) else { return false };
        let order = meta.order();
        let next = Pfn(pfn.0 + (1 << order));
        let joins = order < TOP_ORDER && head.0 & ((2 << order) - 1) == 0 && next.0 + (1 << order) <= end.0;
        let Some((tail, _)) = self.unknown_compound(next).filter(|other| joins && other.1.order() == order) else {
            return false;
        };
        self.mem.set_meta(tail, order, Meta::default());
        self.mem.set_meta(head, order, Meta::default());
        self.set_unknown_compound(head, order + 1, meta);
        true
    }

    fn split_compound(&mut self, pfn: Pfn, _: Pfn) -> bool {
        let Some((head, meta)) = self.unknown_compound(pfn).filter(|found| found.1.order() > 2) else { return false };
        let order = meta.order() - 1;
        self.mem.set_meta(head, order + 1, Meta::default());
        self.set_unknown_compound(head, order, meta);
        self.set_unknown_compound(head.add(1 << order), order, meta);
        true
    }

    fn set_unknown_compound(&mut self, head: Frame, order: u8, like: Meta) {
        let meta = Meta::new(PageState::Allocated, order, like.migratetype());
        let marked = if like.has(Meta::MARKED) { Meta::MARKED } else { 0 };
        self.mem.set_meta(head, order, meta.with(Meta::UNKNOWN | Meta::COMP | marked));
    }

    /// Puts a page in use on the LRU list that its flags name, at the tail. Counters stay as they are.
    ///
    /// # Errors
    /// [`RestoreError`] if it is not a single page in use.
    pub fn restore_life(&mut self, pfn: Pfn, flags: LifeFlags, mapcount: u32) -> Result<(), RestoreError> {
        let wrong = RestoreError::Inconsistent { what: "a page on an LRU list is not in use" };
        let frame = self.mem.frame(pfn).filter(|&page| self.mem.meta(page, 0).is(PageState::Allocated, 0));
        let frame = frame.ok_or(wrong)?;
        let zone = self.mem.zone_of(frame).ok_or(wrong)?;
        let life = self.mem.life_mut(frame);
        (life.flags, life.mapcount) = (flags | LifeFlags::LRU, mapcount);
        if !flags.contains(LifeFlags::ANON) {
            life.mapping = MappingId::UNKNOWN;
        }
        let life = *life;
        let lruvec = self.lru.lruvec_mut(life.memcg, zone.node());
        let lru = page_lru(&life) as usize;
        lruvec.zone_size[zone.zone_type().index()][lru] += 1;
        lruvec.lists[lru].push_tail(&mut self.mem, frame);
        Ok(())
    }
}
