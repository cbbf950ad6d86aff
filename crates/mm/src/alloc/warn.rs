//! Saying that a request failed (`warn_alloc`, mm/page_alloc.c).

use crate::alloc::AllocContext;
use crate::console::AllocWarning;
use crate::event::{Event, Sink, SlowEvent, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::NodeMask;
use crate::task::{Context, Task, TaskFlags};

impl<S: Sink> Machine<S> {
    /// Tells of a failure unless the request does not want that.
    pub(crate) fn warn_alloc(&mut self, task: &Task, ac: &AllocContext) {
        if ac.gfp.contains(Gfp::NOWARN) {
            return;
        }
        emit!(self, Event::Slow(SlowEvent::Warn { gfp: ac.gfp, order: ac.order, nodemask: ac.nodemask }));
        self.log_failure(&AllocWarning {
            pid: task.pid,
            cpu: task.cpu,
            gfp: ac.gfp,
            order: ac.order,
            nodemask: ac.nodemask,
            cpuset: task.cpuset,
            mems_allowed: task.mems_allowed,
            shown: shown_nodes(task, ac),
        });
    }
}

/// The nodes whose memory the report shows: those that the request could use, or all (`warn_alloc_show_mem`).
fn shown_nodes(task: &Task, ac: &AllocContext) -> Option<NodeMask> {
    let leaves_its_nodes = task.oom_victim || task.flags.intersects(TaskFlags::MEMALLOC | TaskFlags::EXITING);
    let unfiltered = (!ac.gfp.contains(Gfp::NOMEMALLOC) && leaves_its_nodes)
        || task.context != Context::Task
        || !ac.gfp.contains(Gfp::DIRECT_RECLAIM);
    (!unfiltered).then(|| ac.nodemask.unwrap_or(task.mems_allowed))
}
