//! What happened to a group: the numbers of `memory.events`.

use super::{CgroupVersion, Memcgs};
use crate::page::life::MemcgId;

/// What is counted (`enum memcg_memory_event`, include/linux/memcontrol.h, v5.10), in the order of `memory.events`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum MemoryEvent {
    /// Reclaim took pages that `memory.low` asks to leave.
    Low = 0,
    /// A task was made to reclaim because `memory.high` was passed.
    High = 1,
    /// A charge met `memory.max`.
    Max = 2,
    /// A charge would have to kill.
    Oom = 3,
    /// A process of the group was killed.
    OomKill = 4,
    /// `memory.swap.high` was passed.
    SwapHigh = 5,
    /// A charge met `memory.swap.max`.
    SwapMax = 6,
    /// No swap could be had.
    SwapFail = 7,
}

impl MemoryEvent {
    /// Every event, in order.
    pub const ALL: [MemoryEvent; 8] = [
        MemoryEvent::Low,
        MemoryEvent::High,
        MemoryEvent::Max,
        MemoryEvent::Oom,
        MemoryEvent::OomKill,
        MemoryEvent::SwapHigh,
        MemoryEvent::SwapMax,
        MemoryEvent::SwapFail,
    ];

    /// The key in `memory.events`, or in `memory.swap.events` for the last three.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ["low", "high", "max", "oom", "oom_kill", "high", "max", "fail"][self as usize]
    }
}

/// Counts of each event.
pub(super) type EventCounts = [u64; MemoryEvent::ALL.len()];

impl Memcgs {
    /// Counts an event for a group, and for those above it but the root (`memcg_memory_event`).
    pub(crate) fn count_event(&mut self, memcg: MemcgId, event: MemoryEvent) {
        if let Some(group) = self.get_mut(memcg) {
            group.local_events[event as usize] += 1;
        }
        let mut at = Some(memcg);
        while let Some(id) = at {
            if let Some(group) = self.get_mut(id) {
                group.events[event as usize] += 1;
            }
            at = self.parent(id).filter(|&above| above != MemcgId::ROOT && self.version == CgroupVersion::V2);
        }
    }

    /// How often something happened to a group or one below it.
    #[cfg(test)]
    pub(crate) fn events_of(&self, memcg: MemcgId, event: MemoryEvent) -> u64 {
        self.get(memcg).map_or(0, |group| group.events[event as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_counts_for_every_group_above_but_the_root() {
        let mut groups = Memcgs::default();
        assert!(groups.insert(MemcgId(1), MemcgId(0), "/a") && groups.insert(MemcgId(2), MemcgId(1), "/a/b"));
        groups.count_event(MemcgId(2), MemoryEvent::Max);
        let counts = [0, 1, 2].map(|id| groups.get(MemcgId(id)).map(|group| group.events[MemoryEvent::Max as usize]));
        assert_eq!(counts, [Some(0), Some(1), Some(1)]);
        assert_eq!(groups.get(MemcgId(1)).map(|group| group.local_events), Some([0; 8]));
    }
}
