//! Which groups hold more than their soft limit (`mem_cgroup_tree_per_node`, mm/memcontrol.c).

use super::{CgroupVersion, Memcgs};
use crate::page::life::MemcgId;
use crate::part::Part;
use crate::pfn::{CpuId, NodeId};
use std::collections::BTreeMap;

/// Pages charged and uncharged on a CPU between two looks (`THRESHOLDS_EVENTS_TARGET`).
const LOOK_TARGET: u64 = 128;
/// The same between two looks at the soft limit (`SOFTLIMIT_EVENTS_TARGET`).
const SOFT_LIMIT_TARGET: u64 = 1024;

/// Groups above their soft limit, by node.
#[derive(Clone, Debug, Default)]
pub(crate) struct SoftLimits {
    /// By what they hold too much, ascending; of equals the one that came later is last.
    by_node: Part<BTreeMap<NodeId, Vec<(u64, MemcgId)>>>,
    /// Pages charged and uncharged by group and CPU, and the counts at which to look again.
    events: Part<Vec<Vec<PageEvents>>>,
    /// Where walks of soft-limit reclaim have come, by root and node.
    walks: Part<BTreeMap<(MemcgId, NodeId), SharedWalk>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct PageEvents {
    pages: u64,
    look: u64,
    look_at_limit: u64,
}

impl PageEvents {
    /// Counts pages; true if the soft limit is due (`mem_cgroup_event_ratelimit`).
    fn count(&mut self, pages: u64) -> bool {
        self.pages += pages;
        if self.look >= self.pages {
            return false;
        }
        self.look = self.pages + LOOK_TARGET;
        if self.look_at_limit >= self.pages {
            return false;
        }
        self.look_at_limit = self.pages + SOFT_LIMIT_TARGET;
        true
    }
}

/// A walk that several reclaimers share (`struct mem_cgroup_reclaim_iter`).
#[derive(Clone, Copy, Debug, Default)]
struct SharedWalk {
    position: Option<MemcgId>,
    generation: u32,
}

impl SoftLimits {
    fn take(&mut self, node: NodeId, memcg: MemcgId) -> bool {
        let Some(groups) = self.by_node.get_mut(&node) else { return false };
        let before = groups.len();
        groups.retain(|entry| entry.1 != memcg);
        groups.len() < before
    }

    /// Whether no group is known to be above its limit.
    pub(crate) fn is_empty(&self, node: NodeId) -> bool {
        self.by_node.get(&node).is_none_or(Vec::is_empty)
    }

    #[inline]
    fn events(&mut self, memcg: MemcgId, cpu: CpuId) -> &mut PageEvents {
        let (group, cpu) = (usize::from(memcg.0), cpu.index());
        if self.events.get(group).is_none_or(|cpus| cpus.len() <= cpu) {
            self.add_events(group, cpu);
        }
        &mut self.events[group][cpu]
    }

    #[cold]
    fn add_events(&mut self, group: usize, cpu: usize) {
        let groups = self.events.len().max(group + 1);
        self.events.resize_with(groups, Vec::new);
        self.events[group].resize_with(cpu + 1, PageEvents::default);
    }

    /// Forgets a group that is gone.
    pub(super) fn forget(&mut self, memcg: MemcgId) {
        self.by_node.values_mut().for_each(|groups| groups.retain(|entry| entry.1 != memcg));
        if let Some(events) = self.events.get_mut(usize::from(memcg.0)) {
            events.clear();
        }
        self.walks.retain(|key, _| key.0 != memcg);
        for walk in self.walks.values_mut() {
            walk.position = walk.position.filter(|&at| at != memcg);
        }
    }
}

impl Memcgs {
    /// Pages above a group's soft limit (`soft_limit_excess`).
    pub(crate) fn soft_limit_excess(&self, memcg: MemcgId) -> u64 {
        self.get(memcg).map_or(0, |group| self.usage(memcg).saturating_sub(group.soft_limit))
    }

    /// Counts pages of a group that were charged or uncharged, and now and then looks at its soft limit
    /// (`memcg_check_events`).
    pub(crate) fn count_page_events(&mut self, cpu: CpuId, memcg: MemcgId, node: NodeId, pages: u64) {
        if self.version != CgroupVersion::V2 && self.soft.events(memcg, cpu).count(pages) {
            self.update_soft_limits(memcg, node);
        }
    }

    /// Sorts a group and those above it anew (`mem_cgroup_update_tree`).
    fn update_soft_limits(&mut self, memcg: MemcgId, node: NodeId) {
        let mut at = Some(memcg);
        while let Some(id) = at {
            self.soft.take(node, id);
            self.insert_exceeded(id, node);
            at = self.parent(id);
        }
    }

    /// Puts a group where it belongs, if it is above its limit (`__mem_cgroup_insert_exceeded`).
    pub(crate) fn insert_exceeded(&mut self, memcg: MemcgId, node: NodeId) {
        let excess = self.soft_limit_excess(memcg);
        if excess > 0 {
            let groups = self.soft.by_node.entry(node).or_default();
            let at = groups.partition_point(|entry| entry.0 <= excess);
            groups.insert(at, (excess, memcg));
        }
    }

    /// Takes out the group that was farthest above its limit and still is above it
    /// (`__mem_cgroup_largest_soft_limit_node`).
    pub(crate) fn take_largest_excess(&mut self, node: NodeId) -> Option<MemcgId> {
        loop {
            let (_, memcg) = self.soft.by_node.get_mut(&node)?.pop()?;
            if self.soft_limit_excess(memcg) > 0 {
                return Some(memcg);
            }
        }
    }

    /// Takes a group out of the order (`__mem_cgroup_remove_exceeded`).
    pub(crate) fn remove_exceeded(&mut self, memcg: MemcgId, node: NodeId) {
        self.soft.take(node, memcg);
    }

    /// The next group of a walk that goes on where the last one over the same groups and node ended. `generation` is
    /// the walker's own; a walk ends when another walker has come round (`mem_cgroup_iter` with a cookie).
    pub(crate) fn iter_shared(
        &mut self,
        root: MemcgId,
        node: NodeId,
        prev: Option<MemcgId>,
        generation: &mut u32,
    ) -> Option<MemcgId> {
        let group = self.get(root)?;
        if !group.use_hierarchy && root != MemcgId::ROOT {
            return if prev.is_some() { None } else { Some(root) };
        }
        let walk = self.soft.walks.get(&(root, node)).copied().unwrap_or_default();
        if prev.is_some() && *generation != walk.generation {
            return None;
        }
        let mut next = self.iter(root, walk.position);
        if next.is_none() && prev.is_none() {
            next = Some(root);
        }
        let walk = self.soft.walks.entry((root, node)).or_default();
        walk.position = next;
        if next.is_none() {
            walk.generation += 1;
        } else if prev.is_none() {
            *generation = walk.generation;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lru::memcg::Counted;

    const NODE: NodeId = NodeId(0);
    const CPU: CpuId = CpuId(0);

    /// Groups 1 and 2 with a soft limit of 10 pages.
    fn groups() -> Memcgs {
        let mut groups = Memcgs::new(CgroupVersion::V1 { use_hierarchy: true });
        for id in [MemcgId(1), MemcgId(2)] {
            assert!(groups.insert(id, MemcgId(0), ""));
            if let Some(group) = groups.get_mut(id) {
                group.soft_limit = 10;
            }
        }
        groups
    }

    #[test]
    fn soft_limits_are_looked_at_every_1024_pages() {
        let mut groups = groups();
        let seen = (1..=2200).filter(|_| {
            groups.charge(Counted::Memory, MemcgId(1), 1);
            groups.count_page_events(CPU, MemcgId(1), NODE, 1);
            groups.take_largest_excess(NODE).is_some()
        });
        // The first page is the first look, when nothing is too much yet; then at the first look behind 1024 pages.
        assert_eq!(seen.collect::<Vec<_>>(), [1033, 2065]);
    }

    #[test]
    fn the_group_farthest_above_comes_first_and_of_equals_the_later() {
        let mut groups = groups();
        for (id, pages) in [(1, 30), (2, 30)] {
            groups.charge(Counted::Memory, MemcgId(id), pages);
            groups.insert_exceeded(MemcgId(id), NODE);
        }
        assert_eq!(groups.take_largest_excess(NODE), Some(MemcgId(2)));
        groups.charge(Counted::Memory, MemcgId(2), 1);
        groups.insert_exceeded(MemcgId(2), NODE);
        assert_eq!(groups.take_largest_excess(NODE), Some(MemcgId(2)));
        groups.uncharge(Counted::Memory, MemcgId(1), 25);
        assert_eq!(groups.take_largest_excess(NODE), None);
        assert!(groups.soft.is_empty(NODE));
    }

    #[test]
    fn a_walk_goes_on_where_the_last_one_stopped() {
        let mut groups = groups();
        let mut mine = 0;
        let first = groups.iter_shared(MemcgId(0), NODE, None, &mut mine);
        assert_eq!(first, Some(MemcgId(0)));
        assert_eq!(groups.iter_shared(MemcgId(0), NODE, first, &mut mine), Some(MemcgId(1)));
        let mut other = 0;
        let second = groups.iter_shared(MemcgId(0), NODE, None, &mut other);
        assert_eq!(second, Some(MemcgId(2)));
        assert_eq!(groups.iter_shared(MemcgId(0), NODE, second, &mut other), None);
        assert_eq!(groups.iter_shared(MemcgId(0), NODE, Some(MemcgId(1)), &mut mine), None);
    }
}
