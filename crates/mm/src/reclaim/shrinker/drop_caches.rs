//! Dropping caches on request (`drop_caches_sysctl_handler`, fs/drop_caches.c; `drop_slab`, mm/vmscan.c).

use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::NodeId;
use crate::task::Task;
use crate::vmstat::VmEvent;

/// A round that frees no more objects than this is the last (`drop_slab_node`).
const FEW_OBJECTS: u64 = 10;

impl<S: Sink> Machine<S> {
    /// Writes `vm.drop_caches`: bit 0 drops the clean page cache that nobody maps, bit 1 what shrinkers can free.
    pub fn drop_caches(&mut self, task: &Task, what: u8) {
        if what & 1 != 0 {
            for file in self.user.file_ids() {
                self.invalidate_file(task.cpu, file);
            }
            self.global.events.add(VmEvent::DropPageCache, 1);
        }
        if what & 2 != 0 {
            let online: Vec<NodeId> = self.online_nodes.iter().collect();
            for node in online {
                self.drop_slab_node(task, node);
            }
            self.global.events.add(VmEvent::DropSlab, 1);
        }
    }

    /// Has every shrinker free what it can, group by group, round by round (`drop_slab_node`).
    fn drop_slab_node(&mut self, task: &Task, node: NodeId) {
        loop {
            if task.killed {
                return;
            }
            let (mut freed, mut next) = (0, self.memcgs.iter(MemcgId::ROOT, None));
            while let Some(memcg) = next {
                freed += self.shrink_slab(task, Gfp::GFP_KERNEL, node, memcg, 0, &mut 0);
                next = self.memcgs.iter(MemcgId::ROOT, Some(memcg));
            }
            if freed <= FEW_OBJECTS {
                return;
            }
        }
    }
}
