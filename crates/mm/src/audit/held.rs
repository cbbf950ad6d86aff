//! Pages in the hands of work that is paused.

use super::Violation;
use super::lists::same;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::page::meta::PageState;
use crate::pfn::{Frame, Pfn};
use crate::vmstat::NodeItem;
use std::collections::BTreeSet;

/// Pages that work keeps while it is paused: they are on no list, and nobody else knows of them.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Free pages, to move others to.
    free: Vec<Frame>,
    /// Pages off their LRU lists, to be moved.
    isolated: Vec<Frame>,
}

impl Held {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.free.is_empty() && self.isolated.is_empty()
    }

    /// Notes free pages.
    pub(crate) fn add_free(&mut self, pages: &[Frame]) {
        self.free.extend(pages);
    }

    /// Notes pages that are to be moved.
    pub(crate) fn add_isolated(&mut self, pages: &[Frame]) {
        self.isolated.extend(pages);
    }
}

impl<S: Sink> Machine<S> {
    /// Checks every invariant, and what all work that is paused has in its hands: each page is in nobody else's, and is
    /// counted.
    ///
    /// # Errors
    /// The first [`Violation`] found.
    pub fn audit_with(&self, held: &Held) -> Result<(), Violation> {
        self.audit()?;
        let mut seen = BTreeSet::new();
        for &page in held.free.iter().chain(&held.isolated) {
            self.page(seen.insert(page), page, "in two hands at once")?;
        }
        for &page in &held.free {
            let single = self.mem.meta(page, 0).is(PageState::Allocated, 0);
            self.page(single, page, "held as free, but not a single page off the lists")?;
            let nobodys = self.mem.life(page).flags.is_empty() && !self.mem.life(page).is_mapped();
            self.page(nobodys, page, "held as free, but something lives in it")?;
        }
        let mut by_node = vec![[0; 2]; self.nodes.len()];
        for &page in &held.isolated {
            let life = self.mem.life(page);
            let in_use = self.mem.block_of(page).0 == page && self.mem.page_meta(page).state() == PageState::Allocated;
            self.page(in_use, page, "held to be moved, but not in use")?;
            self.page(!life.flags.contains(LifeFlags::LRU), page, "held to be moved, but on an LRU list")?;
            if let Some(zone) = self.mem.zone_of(page) {
                by_node[zone.node().index()][usize::from(life.is_file_lru())] += life.nr_pages() as i64;
            }
        }
        for (node, [anon, file]) in self.nodes.iter().zip(by_node) {
            let check = |item: NodeItem, recounted| same(node.id, item.name(), node.stat.get(item) as i64, recounted);
            check(NodeItem::IsolatedAnon, anon)?;
            check(NodeItem::IsolatedFile, file)?;
        }
        Ok(())
    }

    /// Every page that is taken from a contiguous area is a single page in use.
    pub(super) fn audit_cma(&self) -> Result<(), Violation> {
        for pfn in self.cma_areas().iter().flat_map(crate::compact::CmaArea::taken) {
            let single = |page: &Frame| self.mem.meta(*page, 0).is(PageState::Allocated, 0);
            self.mem.frame(pfn).filter(single).ok_or(Violation::Page { pfn, what: TAKEN })?;
        }
        Ok(())
    }

    fn page(&self, sound: bool, page: Frame, what: &'static str) -> Result<(), Violation> {
        let pfn: Pfn = self.mem.pfn(page);
        if sound { Ok(()) } else { Err(Violation::Page { pfn, what }) }
    }
}

const TAKEN: &str = "taken from a contiguous area, but not in use";
