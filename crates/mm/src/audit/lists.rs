//! The LRU lists against their pages and counters.

use super::Violation;
use crate::event::Sink;
use crate::lru::{LruIndex, Lruvec, page_lru};
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{Frame, MAX_NR_ZONES, NodeId};
use crate::vmstat::ZoneItem;

impl<S: Sink> Machine<S> {
    /// Every list: links in both directions, pages that belong there, sizes; on a machine of the model's own also the
    /// counters of zones and nodes.
    pub(super) fn audit_lru(&self) -> Result<(), Violation> {
        let mut by_node = vec![[0i64; 5]; self.nodes.len()];
        let mut by_zone = vec![[0i64; 5]; self.zones.len()];
        for lruvec in self.lru.iter() {
            for lru in LruIndex::ALL {
                let sizes = self.audit_lru_list(lruvec, lru)?;
                for (zone, pages) in sizes.into_iter().enumerate() {
                    by_node[lruvec.node.index()][lru as usize] += pages;
                    by_zone[lruvec.node.index() * MAX_NR_ZONES + zone][lru as usize] += pages;
                }
            }
        }
        if !self.user.processes.any() {
            return Ok(());
        }
        for lru in LruIndex::ALL {
            for (node, pages) in self.nodes.iter().zip(&by_node) {
                let counted = node.stat.get(lru.node_item()) as i64;
                same(node.id, lru.node_item().name(), counted, pages[lru as usize])?;
            }
            for (zone, pages) in self.zones.iter().zip(&by_zone) {
                let counted = self.exact_zone_state(zone.id, lru.zone_item());
                super::count(zone.id, ZoneItem::NAMES[lru.zone_item() as usize], counted, pages[lru as usize])?;
            }
        }
        Ok(())
    }

    /// A zone counter with every CPU's delta.
    fn exact_zone_state(&self, zone: crate::pfn::ZoneId, item: ZoneItem) -> i64 {
        let at = zone.index() * self.cpus.len();
        let deltas: i64 = self.pcp[at..at + self.cpus.len()].iter().map(|pcp| pcp.delta(item)).sum();
        self.zones[zone.index()].vm_stat[item as usize] + deltas
    }

    /// One list; returns its pages by zone.
    fn audit_lru_list(&self, lruvec: &Lruvec, lru: LruIndex) -> Result<[i64; MAX_NR_ZONES], Violation> {
        let mut sizes = [0; MAX_NR_ZONES];
        let list = &lruvec.lists[lru as usize];
        let mut before = None;
        for page in list.iter(&self.mem) {
            let wrong = |what| Violation::Page { pfn: self.mem.pfn(page), what };
            let life = self.mem.life(page);
            if Some(life.prev).filter(|&prev| prev != Frame(0)) != before {
                return Err(wrong("its neighbor on an LRU list does not know it"));
            }
            before = Some(page);
            if !life.flags.contains(LifeFlags::LRU) || page_lru(life) != lru {
                return Err(wrong("on an LRU list that is not the one its flags name"));
            }
            let zone = self.mem.zone_of(page).filter(|zone| zone.node() == lruvec.node);
            let zone = zone.filter(|_| life.memcg == lruvec.memcg).ok_or(wrong("on another group's or node's list"))?;
            sizes[zone.zone_type().index()] += life.nr_pages() as i64;
        }
        if list.tail() != before {
            return Err(Violation::Node {
                node: lruvec.node,
                what: "the tail of an LRU list",
                counted: 0,
                recounted: 0,
            });
        }
        for (zone, &pages) in sizes.iter().enumerate() {
            same(lruvec.node, "the size of an LRU list", lruvec.zone_size[zone][lru as usize] as i64, pages)?;
        }
        Ok(sizes)
    }
}

pub(super) fn same(node: NodeId, what: &'static str, counted: i64, recounted: i64) -> Result<(), Violation> {
    if counted == recounted { Ok(()) } else { Err(Violation::Node { node, what, counted, recounted }) }
}
