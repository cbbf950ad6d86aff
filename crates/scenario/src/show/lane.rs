//! An LRU list from its tail, where reclaim begins, with what the last look at each page decided.

use super::Show;
use crate::sentence::{Args, Sentence};
use crate::session::{FieldError, Value};
use crate::tell::fate_key;
use buddyscope_mm::event::{Event, PageFate, ReclaimEvent};
use buddyscope_mm::lru::{LruIndex, NR_LRU_LISTS};
use buddyscope_mm::pfn::{NodeId, Pfn};
use buddyscope_mm::{LifeFlags, MemcgId};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Verdicts kept.
const KEPT: usize = 8192;
/// Most pages of a lane.
const MAX_PAGES: u64 = 4096;

/// A page of a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LanePage {
    /// The page.
    pub pfn: u64,
    /// Its flags by name.
    pub flags: Vec<&'static str>,
    /// What the last look at it decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<&'static str>,
    /// Why, where it was one of several ways to be kept or activated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Sentence>,
}

/// The end of a list where reclaim begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LaneView {
    /// Pages on the list; a huge page counts 512.
    pub total: u64,
    /// The first is the next to be looked at; before it come those that the last look freed.
    pub pages: Vec<LanePage>,
}

/// What the last look at a page decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Verdict {
    name: &'static str,
    fate: Option<PageFate>,
}

/// What became of pages lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts {
    latest: BTreeMap<Pfn, Verdict>,
    order: VecDeque<Pfn>,
    /// The list that is being looked at, and the pages taken off it.
    batch: Option<(LruIndex, Vec<Pfn>)>,
    /// Pages that the last look at a node's list freed.
    freed: BTreeMap<(NodeId, LruIndex), Vec<Pfn>>,
}

impl Verdicts {
    pub(super) fn note(&mut self, events: &[Event]) {
        for event in events {
            match *event {
                Event::Reclaim(ReclaimEvent::Isolate { lru, .. }) => self.batch = Some((lru, Vec::new())),
                Event::Reclaim(ReclaimEvent::InactiveScanned { node, .. }) => self.end_batch(node),
                Event::Reclaim(ReclaimEvent::Isolated { pfn }) => {
                    self.batch.iter_mut().for_each(|(_, pages)| pages.push(pfn));
                }
                Event::Reclaim(ReclaimEvent::Decided { pfn, fate }) => self.set(pfn, fate_name(fate), Some(fate)),
                Event::Reclaim(ReclaimEvent::Stays { pfn }) => self.set(pfn, "rotated", None),
                Event::Reclaim(ReclaimEvent::Deactivated { pfn }) => self.set(pfn, "kept", None),
                _ => {}
            }
        }
    }

    /// Of the pages taken off a list, those about which nothing else was decided are free.
    fn end_batch(&mut self, node: NodeId) {
        let Some((list, mut pages)) = self.batch.take() else { return };
        pages.retain(|pfn| self.latest.get(pfn).is_some_and(|verdict| verdict.name == "freed"));
        self.freed.insert((node, list), pages);
    }

    fn set(&mut self, pfn: Pfn, name: &'static str, fate: Option<PageFate>) {
        if self.latest.insert(pfn, Verdict { name, fate }).is_none() {
            self.order.push_back(pfn);
        }
        while self.order.len() > KEPT {
            if let Some(old) = self.order.pop_front() {
                self.latest.remove(&old);
            }
        }
    }
}

impl Show {
    /// Up to `count` pages of a list of a node and a memory cgroup, from its tail.
    ///
    /// # Errors
    /// [`FieldError`] naming the number that is out of range.
    pub fn lane(&self, node: &Value, memcg: &Value, list: &Value, count: &Value) -> Result<LaneView, FieldError> {
        let machine = self.machine();
        let node = NodeId(node.get("node", 0..=machine.nodes().len() as u64 - 1)? as u8);
        let memcg = MemcgId(memcg.get("memcg", 0..=u64::from(u16::MAX))? as u16);
        let list = LruIndex::ALL[list.get("list", 0..=NR_LRU_LISTS as u64 - 1)? as usize];
        let count = count.get("count", 0..=MAX_PAGES)? as usize;
        let total = machine.lruvec(memcg, node).map_or(0, |lruvec| lruvec.size(list, 3));
        let freed = self.verdicts.freed.get(&(node, list)).filter(|_| memcg == MemcgId::ROOT);
        let gone = freed.into_iter().flatten().map(|pfn| LanePage {
            pfn: pfn.0,
            flags: Vec::new(),
            verdict: Some("freed"),
            why: None,
        });
        let pages = machine.lru_pages_from_tail(memcg, node, list).take(count).map(|page| {
            let verdict = self.verdicts.latest.get(&page.pfn).filter(|verdict| verdict.name != "freed");
            LanePage {
                pfn: page.pfn.0,
                flags: flag_names(page.flags, page.mapcount > 0, page.young > 0),
                verdict: verdict.map(|verdict| verdict.name),
                why: verdict.and_then(|verdict| verdict.fate).map(|fate| Sentence::new(fate_key(fate), Args::new())),
            }
        });
        Ok(LaneView { total, pages: gone.chain(pages).take(count).collect() })
    }
}

const fn fate_name(fate: PageFate) -> &'static str {
    if fate.frees() {
        "freed"
    } else if fate.activates() && !matches!(fate, PageFate::Unevictable) {
        "activated"
    } else if matches!(fate, PageFate::Written) {
        "written"
    } else {
        "kept"
    }
}

fn flag_names(flags: LifeFlags, mapped: bool, young: bool) -> Vec<&'static str> {
    let named = [
        (flags.contains(LifeFlags::REFERENCED), "referenced"),
        (young, "young"),
        (mapped, "mapped"),
        (flags.contains(LifeFlags::DIRTY), "dirty"),
        (flags.contains(LifeFlags::WRITEBACK), "writeback"),
        (flags.contains(LifeFlags::RECLAIM), "reclaim"),
        (flags.contains(LifeFlags::WORKINGSET), "workingset"),
        (flags.contains(LifeFlags::SWAPBACKED), "swapbacked"),
        (flags.contains(LifeFlags::SWAPCACHE), "swapcache"),
        (flags.contains(LifeFlags::EXEC), "exec"),
        (flags.contains(LifeFlags::MLOCKED), "mlocked"),
        (flags.contains(LifeFlags::LOCKED), "locked"),
        (flags.contains(LifeFlags::PINNED), "pinned"),
    ];
    named.into_iter().filter_map(|(set, name)| set.then_some(name)).collect()
}
