//! Memory cgroups of a recorded state: put into a machine, and compared with one.

use crate::recording::{MemcgState, StateFile};
use buddyscope_mm::event::Sink;
use buddyscope_mm::lru::memcg::{Counted, PageCounter};
use buddyscope_mm::restore::RestoreError;
use buddyscope_mm::{Machine, MemcgId};

/// The group of a number in a state, where 0 is the root.
fn id(number: u32) -> Result<MemcgId, RestoreError> {
    let what = "a memory cgroup's number is above 65535";
    u16::try_from(number).map(MemcgId).map_err(|_| RestoreError::Inconsistent { what })
}

/// Makes the recorded groups, in their order.
pub(super) fn restore_memcgs<S: Sink>(machine: &mut Machine<S>, state: &StateFile) -> Result<(), RestoreError> {
    // A state has a line of a group for each node.
    let mut seen = Vec::new();
    for group in &state.memcgs {
        if seen.contains(&group.id) {
            continue;
        }
        seen.push(group.id);
        let mut memory = PageCounter::default();
        (memory.usage, memory.min, memory.low, memory.high) = (group.usage, group.min, group.low, group.high);
        (memory.max, memory.effective_min, memory.effective_low) =
            (group.max, group.effective_min, group.effective_low);
        let swappiness = u8::try_from(group.swappiness).unwrap_or(u8::MAX);
        machine.restore_memcg(id(group.id)?, id(group.parent)?, memory, swappiness)?;
    }
    Ok(())
}

/// What of a recorded group a machine has otherwise, one line for each.
pub(super) fn memcg_differences<S: Sink>(machine: &Machine<S>, state: &StateFile) -> Vec<String> {
    state.memcgs.iter().filter_map(|group| difference(machine, group)).collect()
}

fn difference<S: Sink>(machine: &Machine<S>, group: &MemcgState) -> Option<String> {
    let own = id(group.id).ok().and_then(|id| machine.memcg(id)).map(|own| {
        let memory = own.counter(Counted::Memory);
        (memory.usage, memory.effective_min, memory.effective_low)
    });
    let recorded = Some((group.usage, group.effective_min, group.effective_low));
    let what = format!("memcg {} usage, emin, elow", group.id);
    (own != recorded).then(|| format!("{what}: recorded {recorded:?}, model {own:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use buddyscope_mm::config::{MachineConfig, PcSpec};
    use buddyscope_mm::event::NullSink;

    fn machine() -> Machine {
        let config = PcSpec::uniform(1, 64 << 20, 1, 20).and_then(|spec| MachineConfig::pc(&spec));
        Machine::boot(&config.expect("a plain machine"), NullSink).expect("boots")
    }

    fn group(id: u32, parent: u32, usage: u64, low: u64, effective_low: u64) -> MemcgState {
        let no = MemcgState::NO_LIMIT;
        let (min, effective_min) = (0, 0);
        MemcgState { id, parent, usage, min, low, high: no, max: no, effective_min, effective_low, swappiness: 60 }
    }

    #[test]
    fn a_restored_tree_is_equal_and_a_change_is_told() {
        let memcgs = vec![group(2, 0, 6209, 5120, 5120), group(5, 2, 4643, 3840, 3638)];
        let mut state = StateFile { memcgs, ..StateFile::default() };
        let mut machine = machine();
        restore_memcgs(&mut machine, &state).expect("consistent");
        assert_eq!(memcg_differences(&machine, &state), Vec::<String>::new());
        state.memcgs[1].usage = 1;
        assert_eq!(memcg_differences(&machine, &state).len(), 1);
    }

    #[test]
    fn a_group_without_its_parent_is_refused() {
        let state = StateFile { memcgs: vec![group(5, 2, 1, 0, 0)], ..StateFile::default() };
        assert!(restore_memcgs(&mut machine(), &state).is_err());
    }
}
