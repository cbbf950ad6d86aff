//! The order in which reclaim visits groups.

use super::Memcgs;
use crate::page::life::MemcgId;

impl Memcgs {
    /// The group after `prev` in a walk over `root` and all below it: parents first, siblings in the order they were
    /// made, removed groups included. `None` begins, and `None` ends (`mem_cgroup_iter`).
    pub(crate) fn iter(&self, root: MemcgId, prev: Option<MemcgId>) -> Option<MemcgId> {
        let Some(prev) = prev else { return Some(root) };
        let group = self.get(root)?;
        if !group.use_hierarchy && root != MemcgId::ROOT {
            return None;
        }
        self.next_descendant(root, prev)
    }

    /// The next group in pre-order (`css_next_descendant_pre`).
    fn next_descendant(&self, root: MemcgId, from: MemcgId) -> Option<MemcgId> {
        if let Some(&first) = self.get(from)?.children.first() {
            return Some(first);
        }
        let mut at = from;
        while at != root {
            let parent = self.get(at)?.parent?;
            let siblings = &self.get(parent)?.children;
            let next = siblings.iter().skip_while(|&&id| id != at).nth(1);
            if next.is_some() {
                return next.copied();
            }
            at = parent;
        }
        None
    }

    /// Whether `memcg` is `root` or below it (`mem_cgroup_is_descendant`).
    pub(crate) fn is_descendant(&self, memcg: MemcgId, root: MemcgId) -> bool {
        let mut at = Some(memcg);
        while let Some(id) = at {
            if id == root {
                return true;
            }
            at = self.parent(id);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lru::memcg::CgroupVersion;

    fn walk(groups: &Memcgs, root: MemcgId) -> Vec<u16> {
        let mut prev = None;
        core::iter::from_fn(|| {
            prev = groups.iter(root, prev);
            prev.map(|id| id.0)
        })
        .collect()
    }

    fn family(version: CgroupVersion) -> Memcgs {
        let mut groups = Memcgs::new(version);
        for (id, parent) in [(2, 0), (3, 0), (4, 0), (5, 2), (6, 2), (7, 5)] {
            assert!(groups.insert(MemcgId(id), MemcgId(parent), ""));
        }
        groups
    }

    #[test]
    fn a_walk_takes_parents_first_and_siblings_in_the_order_they_were_made() {
        let groups = family(CgroupVersion::V2);
        assert_eq!(walk(&groups, MemcgId(0)), [0, 2, 5, 7, 6, 3, 4]);
        assert_eq!(walk(&groups, MemcgId(2)), [2, 5, 7, 6]);
        assert!(groups.is_descendant(MemcgId(7), MemcgId(2)) && !groups.is_descendant(MemcgId(7), MemcgId(6)));
    }

    #[test]
    fn without_a_hierarchy_a_group_is_walked_alone_and_the_root_with_all() {
        let groups = family(CgroupVersion::V1 { use_hierarchy: false });
        assert_eq!(walk(&groups, MemcgId(2)), [2]);
        assert_eq!(walk(&groups, MemcgId(0)), [0, 2, 5, 7, 6, 3, 4]);
    }
}
