//! A memory cgroup is out of memory (`mem_cgroup_oom`, `mem_cgroup_out_of_memory`, mm/memcontrol.c).

use super::OomControl;
use crate::event::{OomConstraint, Sink};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::task::Task;

impl<S: Sink> Machine<S> {
    /// Kills somebody in a group or below it. Says whether that, or a victim that is pending, will free memory
    /// (the call of `out_of_memory` in `mem_cgroup_out_of_memory`).
    pub(crate) fn out_of_memory_in_memcg(&mut self, task: &Task, memcg: MemcgId, gfp: Gfp, order: u8) -> bool {
        let mut oc = OomControl {
            gfp,
            order,
            request: None,
            nodemask: None,
            memcg: Some(memcg),
            constraint: OomConstraint::Memcg,
            totalpages: 0,
        };
        self.oom(task, &mut oc)
    }

    /// Kills somebody in a group or below it, as when a write to `memory.max` leaves it too little. Says whether that, or
    /// a victim that is pending, will free memory.
    pub fn kill_in_memcg(&mut self, task: &mut Task, memcg: MemcgId, gfp: Gfp, order: u8) -> bool {
        let done = self.out_of_memory_in_memcg(task, memcg, gfp, order);
        self.update_task(task);
        done
    }

    /// Whether all members of a group are killed together (`memory.oom.group`).
    pub(super) fn memcg_oom_group(&self, memcg: MemcgId) -> bool {
        self.oom.together.contains(&memcg)
    }

    /// Sets `memory.oom.group`.
    pub fn set_memcg_oom_group(&mut self, memcg: MemcgId, together: bool) {
        if together {
            self.oom.together.insert(memcg);
        } else {
            self.oom.together.remove(&memcg);
        }
    }
}
