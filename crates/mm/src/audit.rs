//! The invariant audit: counters against a recount, lists against page state, pages against memory.
//!
//! It reads everything and trusts nothing; cost grows with the pages that have state.

mod groups;
mod held;
mod life;
mod lists;

pub use held::Held;

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::list::List;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{
    Frame, MAX_ORDER, MAX_ORDER_NR_PAGES, MIGRATE_PCPTYPES, MIGRATE_TYPES, MigrateType, NodeId, PAGEBLOCK_NR_PAGES,
    PAGEBLOCK_ORDER, Pfn, ZoneId,
};
use crate::vmstat::{NR_ZONE_ITEMS, ZoneItem};
use crate::zone::Zone;
use crate::zone::watermark::MAX_STAT_THRESHOLD;
use thiserror::Error;

/// A broken invariant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Violation {
    /// A counter is not what a recount gives.
    #[error("{zone}: {what} is {counted}, a recount gives {recounted}")]
    Count {
        /// The zone.
        zone: ZoneId,
        /// Which counter.
        what: &'static str,
        /// What it says.
        counted: i64,
        /// What there is.
        recounted: i64,
    },
    /// A list entry does not fit its list or its neighbors.
    #[error("{zone}: pfn {pfn} on the list of order {order}: {what}")]
    List {
        /// The zone.
        zone: ZoneId,
        /// The entry.
        pfn: Pfn,
        /// The list's order.
        order: u8,
        /// What is wrong.
        what: &'static str,
    },
    /// A page's state contradicts something else.
    #[error("pfn {pfn}: {what}")]
    Page {
        /// The page.
        pfn: Pfn,
        /// What is wrong.
        what: &'static str,
    },
    /// A node's counter is not what a recount gives.
    #[error("node {node}: {what} is {counted}, a recount gives {recounted}")]
    Node {
        /// The node.
        node: NodeId,
        /// Which counter.
        what: &'static str,
        /// What it says.
        counted: i64,
        /// What there is.
        recounted: i64,
    },
    /// A count of an address space is not what its page tables say.
    #[error("address space {mm}: {what} is {counted}, a recount gives {recounted}")]
    Space {
        /// The address space.
        mm: u32,
        /// Which count.
        what: &'static str,
        /// What it says.
        counted: i64,
        /// What there is.
        recounted: i64,
    },
    /// A memory cgroup holds less than is known to be charged to it.
    #[error("memory cgroup {memcg}: {charged} pages are charged, {found} are there")]
    Group {
        /// The group.
        memcg: u16,
        /// Pages that its counter says.
        charged: u64,
        /// Pages on its lists, in the kernel's hands, in CPUs' stocks and in groups below.
        found: u64,
    },
    /// The swap of a memory cgroup is not what its slots come to.
    #[error("memory cgroup {memcg}: {charged} slots of swap are charged, {found} are its own")]
    GroupSwap {
        /// The group.
        memcg: u16,
        /// Slots that its counter says.
        charged: u64,
        /// Slots that say so, and those charged to groups below.
        found: u64,
    },
    /// A counter of a memory cgroup is less than nothing.
    #[error("memory cgroup {memcg}: {item} is {pages}")]
    GroupStat {
        /// The group.
        memcg: u16,
        /// The counter.
        item: &'static str,
        /// What it is.
        pages: i64,
    },
    /// A slot of swap is not used as often as it says.
    #[error("swap slot {slot}: {what} is {counted}, a recount gives {recounted}")]
    Swap {
        /// The slot.
        slot: u32,
        /// Which count.
        what: &'static str,
        /// What it says.
        counted: i64,
        /// What there is.
        recounted: i64,
    },
}

/// Pages of a zone by what they are.
#[derive(Default)]
struct Recount {
    free: [i64; MIGRATE_TYPES],
    pcp: i64,
    in_blocks: u64,
    highatomic_blocks: u64,
    /// Whether a pageblock is another zone's as well.
    shares_a_block: bool,
}

impl<S: Sink> Machine<S> {
    /// Checks every invariant.
    ///
    /// # Errors
    /// The first [`Violation`] found.
    pub fn audit(&self) -> Result<(), Violation> {
        let mut recounts: Vec<Recount> = self.zones.iter().map(|_| Recount::default()).collect();
        self.audit_pages(&mut recounts)?;
        for (zone, recount) in self.zones.iter().zip(&recounts) {
            self.audit_lists(zone, recount)?;
            self.audit_pcp(zone, recount)?;
            self.audit_counters(zone, recount)?;
        }
        self.audit_totals()?;
        self.audit_lru()?;
        self.audit_groups()?;
        self.audit_cma()?;
        self.audit_life()
    }

    /// Every block: alignment, zone, no other block inside, no mergeable pair.
    fn audit_pages(&self, recounts: &mut [Recount]) -> Result<(), Violation> {
        for top in (0..self.mem.frames()).step_by(MAX_ORDER_NR_PAGES as usize) {
            for (head, meta) in self.mem.blocks_in(Frame(top as u32)) {
                let zone = self.audit_block(head, meta)?;
                let recount = &mut recounts[zone.index()];
                recount.in_blocks += 1 << meta.order();
                match meta.state() {
                    PageState::Buddy => recount.free[meta.migratetype().index()] += 1 << meta.order(),
                    PageState::Pcp => recount.pcp += 1,
                    _ => {}
                }
            }
        }
        for (first, last, zone) in self.mem.zone_ranges() {
            // A block that two zones share may have been reserved by either.
            let pages = PAGEBLOCK_NR_PAGES as u32;
            let whole = |&block: &u32| block + (pages - 1) <= last.0;
            let blocks = (first.0.next_multiple_of(pages)..=last.0).step_by(pages as usize).filter(whole);
            let highatomic = blocks.filter(|&block| self.mem.pageblock(Frame(block)) == MigrateType::HighAtomic);
            let beside = (first.0 / pages * pages..first.0).chain(last.0 + 1..(last.0 + 1).next_multiple_of(pages));
            let recount = &mut recounts[zone.index()];
            recount.highatomic_blocks += highatomic.count() as u64;
            let others = |frame| self.mem.zone_of_existing(frame).is_some_and(|other| other != zone);
            recount.shares_a_block |= beside.map(Frame).any(others);
        }
        Ok(())
    }

    fn audit_block(&self, head: Frame, meta: Meta) -> Result<ZoneId, Violation> {
        let pfn = self.mem.pfn(head);
        let page = |what| Violation::Page { pfn, what };
        let order = meta.order();
        if head.0 & ((1 << order) - 1) != 0 {
            return Err(page("a block that is not aligned to its size"));
        }
        let last = head.add((1 << order) - 1);
        let zone = self.mem.zone_of(head).filter(|_| self.mem.exists(head) && self.mem.exists(last));
        let zone = zone.ok_or(page("a block outside existing memory"))?;
        if self.mem.zone_of(last) != Some(zone) {
            return Err(page("a block in two zones"));
        }
        if self.mem.reserves_any(pfn, 1 << order) {
            return Err(page("a block with reserved pages"));
        }
        let inner = |n: u32| self.mem.page_meta(head.add(n)).state() != PageState::None;
        if (1..1u32 << order).any(inner) {
            return Err(page("a block inside another"));
        }
        // A block lost as bad keeps what it had.
        let in_use = matches!(meta.state(), PageState::Allocated | PageState::Leaked);
        if !in_use && (0..1u32 << order).any(|n| self.mem.marks(head.add(n)).any(Marks::MIGRATABLE)) {
            return Err(page("a page not in use that counts as movable"));
        }
        if meta.state() == PageState::Buddy && self.could_merge(head, order, zone) {
            return Err(page("a free block whose buddy is free too"));
        }
        Ok(zone)
    }

    /// Whether two free buddies should have become one. Around isolated pageblocks whole pageblocks may stay apart.
    fn could_merge(&self, head: Frame, order: u8, zone: ZoneId) -> bool {
        if usize::from(order) + 1 >= MAX_ORDER {
            return false;
        }
        let buddy = head.buddy(order);
        let free = self.mem.meta(buddy, order).is(PageState::Buddy, order) && self.mem.same_zone(head, buddy);
        free && (order < PAGEBLOCK_ORDER || !self.zones[zone.index()].ever_isolated)
    }

    /// Every free list: links in both directions, state, type, count.
    fn audit_lists(&self, zone: &Zone, recount: &Recount) -> Result<(), Violation> {
        let mut pages = [0i64; MIGRATE_TYPES];
        for order in 0..MAX_ORDER as u8 {
            let area = &zone.free_area[order as usize];
            let mut blocks = 0;
            for list in MigrateType::ALL {
                let length = self.audit_list(zone.id, &area.free_list[list.index()], order, list, area.nr_free)?;
                pages[list.index()] += (length as i64) << order;
                blocks += length;
            }
            count(zone.id, "nr_free", area.nr_free as i64, blocks as i64)?;
        }
        for (list, (listed, marked)) in MigrateType::ALL.into_iter().zip(pages.into_iter().zip(recount.free)) {
            count(zone.id, list.name(), listed, marked)?;
        }
        Ok(())
    }

    /// Walks a free list both ways; says how long it is. `most` bounds the walk.
    fn audit_list(&self, zone: ZoneId, list: &List, order: u8, kind: MigrateType, most: u64) -> Result<u64, Violation> {
        let mut backwards: Vec<Frame> = list.iter_back(&self.mem).take(most as usize + 1).collect();
        let length = backwards.len() as u64;
        for at in list.iter(&self.mem) {
            let wrong = |what| Violation::List { zone, pfn: self.mem.pfn(at), order, what };
            if backwards.pop() != Some(at) {
                return Err(wrong("the links back lead another way, or there are more entries than counted"));
            }
            if !list.holds(&self.mem, at, order) {
                return Err(wrong("its record names another place"));
            }
            self.audit_listed(zone, at, order, |meta| meta.is(PageState::Buddy, order) && meta.migratetype() == kind)?;
        }
        match backwards.first() {
            Some(&more) => {
                Err(Violation::List { zone, pfn: self.mem.pfn(more), order, what: "missing from the head on" })
            }
            None => Ok(length),
        }
    }

    /// One block on a list.
    fn audit_listed(&self, zone: ZoneId, at: Frame, order: u8, fits: impl Fn(Meta) -> bool) -> Result<(), Violation> {
        let wrong = |what| Err(Violation::List { zone, pfn: self.mem.pfn(at), order, what });
        if !fits(self.mem.meta(at, order)) {
            return wrong("state, order or type differ from the list's");
        }
        if self.mem.zone_of(at) != Some(zone) {
            return wrong("in another zone");
        }
        Ok(())
    }

    /// Every per-CPU set: lists, count, deltas within the threshold.
    fn audit_pcp(&self, zone: &Zone, recount: &Recount) -> Result<(), Violation> {
        let mut total = 0;
        for cpu in &self.cpus {
            let pcp = self.pcp(zone.id, cpu.id);
            let mut pages = 0;
            for list in 0..MIGRATE_PCPTYPES {
                let fits = |meta: Meta| meta.is(PageState::Pcp, 0) && pcp_list(meta.migratetype()) == Some(list);
                pcp.lists[list].iter().try_for_each(|&page| self.audit_listed(zone.id, page, 0, fits))?;
                pages += pcp.lists[list].len() as u64;
            }
            count(zone.id, "pcp count", i64::from(pcp.count), pages as i64)?;
            total += pages as i64;
            // When kswapd wakes or goes to sleep the threshold changes, but deltas of before stay.
            for delta in pcp.vm_stat_diff {
                if i64::from(delta).abs() > MAX_STAT_THRESHOLD as i64 {
                    return count(zone.id, "a delta beyond its threshold", i64::from(delta), 0);
                }
            }
        }
        count(zone.id, "pages on per-CPU lists", total, recount.pcp)
    }

    /// Free pages, free CMA pages, the high-atomic reserve, and where every page is.
    fn audit_counters(&self, zone: &Zone, recount: &Recount) -> Result<(), Violation> {
        let exact = |item: ZoneItem| {
            let at = zone.id.index() * self.cpus.len();
            zone.vm_stat[item as usize] + self.pcp[at..at + self.cpus.len()].iter().map(|p| p.delta(item)).sum::<i64>()
        };
        let free: i64 = recount.free[..MigrateType::Isolate.index()].iter().sum();
        count(zone.id, "free pages", exact(ZoneItem::FreePages), free + zone.miscounted[0])?;
        let cma = recount.free[MigrateType::Cma.index()];
        count(zone.id, "free CMA pages", exact(ZoneItem::FreeCma), cma + zone.miscounted[1])?;
        let limit = zone.managed_pages / 100 + 2 * PAGEBLOCK_NR_PAGES;
        if zone.nr_reserved_highatomic >= limit {
            return count(
                zone.id,
                "high-atomic reserve over its limit",
                zone.nr_reserved_highatomic as i64,
                limit as i64,
            );
        }
        let typed = recount.highatomic_blocks * PAGEBLOCK_NR_PAGES;
        // A block that two zones share is reserved by one, and may be given back by the other.
        let adrift = zone.ever_isolated || recount.shares_a_block;
        if typed > zone.nr_reserved_highatomic && !adrift {
            return count(zone.id, "high-atomic reserve", zone.nr_reserved_highatomic as i64, typed as i64);
        }
        let waiting: u64 =
            self.deferred.iter().filter(|d| d.zone == zone.id).flat_map(|d| &d.ranges).map(|r| r.1.0 - r.0.0).sum();
        let known = recount.in_blocks + self.reserved_in(zone.id) + waiting;
        // Where rounding puts a Movable zone's start behind its node's end, 5.10.35 counts pages into an empty span.
        let present = if zone.spanned_pages == 0 { 0 } else { zone.present_pages };
        count(zone.id, "pages that exist", present as i64, known as i64)
    }

    /// Reserved pages among a zone's own.
    fn reserved_in(&self, zone: ZoneId) -> u64 {
        let own = self.mem.zone_ranges().filter(|range| range.2 == zone);
        own.map(|(first, last, _)| {
            let (start, end) = (self.mem.pfn(first).0, self.mem.pfn(last).0 + 1);
            let inside = self.mem.reserved().map(|(from, to)| to.0.min(end).saturating_sub(from.0.max(start)));
            inside.sum::<u64>()
        })
        .sum()
    }

    /// Machine-wide counters are the sums of the zones'.
    fn audit_totals(&self) -> Result<(), Violation> {
        for item in 0..NR_ZONE_ITEMS {
            let sum: i64 = self.zones.iter().map(|zone| zone.vm_stat[item]).sum();
            count(ZoneId::default(), ZoneItem::NAMES[item], self.global.vm_zone_stat[item], sum)?;
        }
        Ok(())
    }
}

/// The per-CPU list for pages that return to a type.
fn pcp_list(index: MigrateType) -> Option<usize> {
    match index {
        MigrateType::Isolate => None,
        MigrateType::HighAtomic | MigrateType::Cma => Some(MigrateType::Movable.index()),
        own => Some(own.index()),
    }
}

fn count(zone: ZoneId, what: &'static str, counted: i64, recounted: i64) -> Result<(), Violation> {
    if counted == recounted { Ok(()) } else { Err(Violation::Count { zone, what, counted, recounted }) }
}
