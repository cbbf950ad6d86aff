//! What reclaim leaves a group: `memory.min` and `memory.low`, as far as the groups above can afford it.

use super::{Counted, Memcgs, MemoryEvent, PageCounter};
use crate::event::{Event, MemcgEvent, Sink, emit};
use crate::machine::Machine;
use crate::page::life::MemcgId;

/// One level of [`effective_protection`]. All values are pages.
#[derive(Clone, Copy, Debug)]
struct Level {
    usage: u64,
    parent_usage: u64,
    setting: u64,
    parent_effective: u64,
    /// What the settings of all children of the parent cover.
    siblings: u64,
}

/// A group's share of the protection that its parent has (`effective_protection`).
fn effective_protection(level: Level, recursive: bool) -> u64 {
    let Level { usage, parent_usage, setting, parent_effective, siblings } = level;
    let covered = usage.min(setting);
    if siblings > parent_effective {
        return (u128::from(covered) * u128::from(parent_effective) / u128::from(siblings)) as u64;
    }
    let unclaimed = recursive && parent_effective > siblings && parent_usage > siblings && usage > covered;
    if !unclaimed {
        return covered;
    }
    let spare = u128::from(parent_effective - siblings) * u128::from(usage - covered);
    covered + (spare / u128::from(parent_usage - siblings)) as u64
}

impl Memcgs {
    /// Works out what reclaim of `root` must leave a group. Parents come before their children. The target itself
    /// and empty groups keep what they had (`mem_cgroup_calculate_protection`).
    pub(crate) fn calculate_protection(&mut self, root: MemcgId, memcg: MemcgId) {
        let own = self.counter(Counted::Memory, memcg);
        let Some(parent_id) = self.parent(memcg).filter(|_| memcg != root && own.usage != 0) else { return };
        let effective = if parent_id == root {
            [own.min, own.low]
        } else {
            let parent = self.counter(Counted::Memory, parent_id);
            let recursive = self.recursive_protection;
            let level = |setting, parent_effective, siblings| {
                let parent_usage = parent.usage;
                let level = Level { usage: own.usage, parent_usage, setting, parent_effective, siblings };
                effective_protection(level, recursive)
            };
            [
                level(own.min, parent.effective_min, parent.children_covered[0]),
                level(own.low, parent.effective_low, parent.children_covered[1]),
            ]
        };
        if let Some(group) = self.get_mut(memcg) {
            let counter = &mut group.counters[Counted::Memory as usize];
            [counter.effective_min, counter.effective_low] = effective;
        }
    }

    /// Whether reclaim must not touch a group (`mem_cgroup_below_min`). Never true of the root.
    pub(crate) fn below_min(&self, memcg: MemcgId) -> bool {
        let counter = self.counter(Counted::Memory, memcg);
        memcg != MemcgId::ROOT && counter.effective_min >= counter.usage
    }

    /// Whether reclaim should leave a group for last (`mem_cgroup_below_low`). Never true of the root.
    pub(crate) fn below_low(&self, memcg: MemcgId) -> bool {
        let counter = self.counter(Counted::Memory, memcg);
        memcg != MemcgId::ROOT && counter.effective_low >= counter.usage
    }

    /// Pages of a group that reclaim of `root` must leave (`mem_cgroup_protection`); those that `memory.low` asks
    /// for only while `low_reclaim` is off.
    pub(crate) fn protection(&self, root: MemcgId, memcg: MemcgId, low_reclaim: bool) -> u64 {
        let counter = self.counter(Counted::Memory, memcg);
        match () {
            () if memcg == root => 0,
            () if low_reclaim => counter.effective_min,
            () => counter.effective_min.max(counter.effective_low),
        }
    }
}

/// What reclaim may do with a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MemcgVerdict {
    /// Take pages of it.
    Reclaim,
    /// Leave it: it holds no more than `memory.min`.
    BelowMin,
    /// Leave it for now: it holds no more than `memory.low`.
    BelowLow,
}

impl<S: Sink> Machine<S> {
    /// Works out a group's protection under `root` and whether reclaim passes it over (`shrink_node_memcgs`).
    pub(crate) fn consider_memcg(&mut self, root: MemcgId, memcg: MemcgId, low_reclaim: bool) -> MemcgVerdict {
        self.memcgs.calculate_protection(root, memcg);
        let (below_min, below_low) = (self.memcgs.below_min(memcg), self.memcgs.below_low(memcg));
        if memcg != MemcgId::ROOT {
            emit!(self, {
                let PageCounter { usage, effective_min: emin, effective_low: elow, .. } =
                    self.memcgs.counter(Counted::Memory, memcg);
                Event::Memcg(MemcgEvent::Considered { memcg, usage, emin, elow, below_min, below_low, low_reclaim })
            });
        }
        match (below_min, below_low) {
            (true, _) => MemcgVerdict::BelowMin,
            (false, true) if !low_reclaim => MemcgVerdict::BelowLow,
            (false, below_low) => {
                if below_low {
                    self.memcgs.count_event(memcg, MemoryEvent::Low);
                }
                MemcgVerdict::Reclaim
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effective(setting: u64, siblings: u64, recursive: bool) -> u64 {
        let level = Level { usage: 300, parent_usage: 500, setting, parent_effective: 250, siblings };
        effective_protection(level, recursive)
    }

    #[test]
    fn siblings_that_claim_too_much_share_by_what_they_claim_and_use() {
        assert_eq!(effective(200, 400, false), 125);
    }

    #[test]
    fn what_the_parent_affords_is_granted() {
        assert_eq!(effective(200, 200, false), 200);
    }

    #[test]
    fn unclaimed_protection_goes_by_usage_where_it_is_recursive() {
        assert_eq!(effective(100, 150, true), 157);
        assert_eq!(effective(100, 150, false), 100);
    }

    /// The groups of a recorded machine, with what the kernel made of their settings.
    #[test]
    fn a_recorded_tree_is_protected_as_recorded() {
        let mut groups = Memcgs::default();
        for (id, parent) in [(2, 0), (5, 2), (6, 2), (3, 0)] {
            assert!(groups.insert(MemcgId(id), MemcgId(parent), ""));
        }
        for (id, usage, min, low) in [(2, 2, 0, 5120), (5, 4643, 0, 3840), (6, 1564, 0, 2560), (3, 2588, 1536, 0)] {
            groups.set_protection(MemcgId(id), min, low);
            groups.charge(Counted::Memory, MemcgId(id), usage);
        }
        for id in [0, 2, 5, 6, 3] {
            groups.calculate_protection(MemcgId(0), MemcgId(id));
        }
        let found = [2, 5, 6, 3].map(|id| {
            let counter = groups.counter(Counted::Memory, MemcgId(id));
            (counter.effective_min, counter.effective_low)
        });
        assert_eq!(found, [(0, 5120), (0, 3638), (0, 1481), (1536, 0)]);
        assert!(!groups.below_low(MemcgId(0)) && !groups.below_low(MemcgId(2)));
    }

    #[test]
    fn a_group_that_holds_nothing_is_below_its_protection() {
        let mut groups = Memcgs::default();
        assert!(groups.insert(MemcgId(1), MemcgId(0), ""));
        groups.calculate_protection(MemcgId(0), MemcgId(1));
        assert!(groups.below_min(MemcgId(1)) && groups.below_low(MemcgId(1)));
    }
}
