//! kcompactd, the daemon that compacts a node in the background (`kcompactd`, mm/compaction.c).

use crate::audit::Held;
use crate::compact::{CompactNode, KcompactdWork};
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::machine::Machine;
use crate::pfn::NodeId;
use crate::task::{Task, TaskFlags};
use crate::wait::{Step, Wait};

/// How long it sleeps before it looks around by itself, in jiffies (`HPAGE_FRAG_CHECK_INTERVAL_MSEC`, 500 ms).
const CHECK_INTERVAL: u32 = 125;
/// Checks that are passed over after work ahead of requests was of no use (`1 << COMPACT_MAX_DEFER_SHIFT`).
const PROACTIVE_DEFER: u32 = 64;

/// The daemon of one node.
#[derive(Clone, Debug)]
pub struct Kcompactd {
    node: NodeId,
    task: Task,
    /// Checks still to be passed over.
    proactive_defer: u32,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Start,
    Sleeping,
    Working(KcompactdWork),
    /// Ahead of requests; the node's score before.
    Proactive(CompactNode, u64),
}

impl Kcompactd {
    /// The daemon of a node, before it first runs. It runs on the node's first CPU, if the node has one.
    #[must_use]
    pub fn new<S: Sink>(machine: &Machine<S>, node: NodeId) -> Kcompactd {
        let cpu = machine.cpus.iter().find(|cpu| cpu.node == node).or(machine.cpus.first());
        let mut task = Task::new(cpu.map_or_else(Default::default, |cpu| cpu.id));
        task.flags = TaskFlags::KTHREAD;
        Kcompactd { node, task, proactive_defer: 0, stage: Stage::Start }
    }

    /// The node it compacts.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Notes the pages that it keeps while it is paused.
    pub fn note_held(&self, held: &mut Held) {
        match &self.stage {
            Stage::Start | Stage::Sleeping => {}
            Stage::Working(work) => work.note_held(held),
            Stage::Proactive(run, _) => run.note_held(held),
        }
    }

    /// Goes on. The daemon is never done.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>) -> Step<()> {
        loop {
            match &mut self.stage {
                Stage::Start => {
                    emit!(machine, Event::Compact(CompactEvent::KcompactdSleep { node: self.node }));
                    machine.nodes[self.node.index()].kcompactd_asleep = true;
                    self.stage = Stage::Sleeping;
                    if !self.is_asked(machine) {
                        return Step::Wait(Wait::Kcompactd { node: self.node, timeout: CHECK_INTERVAL });
                    }
                }
                Stage::Sleeping => self.stage = self.look_around(machine),
                Stage::Working(work) => match work.resume(machine, &mut self.task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(()) => {
                        machine.pressure.leave(&mut self.task, false);
                        self.stage = Stage::Start;
                    }
                },
                Stage::Proactive(run, before) => match run.resume(machine, &mut self.task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(()) => {
                        let helped = machine.fragmentation_score_node(self.node) < *before;
                        self.proactive_defer = if helped { 0 } else { PROACTIVE_DEFER };
                        self.stage = Stage::Start;
                    }
                },
            }
        }
    }

    /// Whether there is a request; one that was only noted is taken up when the sleep runs out
    /// (`kcompactd_work_requested`).
    fn is_asked<S: Sink>(&self, machine: &Machine<S>) -> bool {
        machine.nodes[self.node.index()].kcompactd_max_order > 0
    }

    fn look_around<S: Sink>(&mut self, machine: &mut Machine<S>) -> Stage {
        let asked = self.is_asked(machine);
        machine.nodes[self.node.index()].kcompactd_asleep = false;
        if asked {
            machine.pressure.enter(&mut self.task);
            return Stage::Working(KcompactdWork::new(machine, self.node));
        }
        if !machine.should_proactive_compact_node(self.node) {
            return Stage::Start;
        }
        if self.proactive_defer > 0 {
            self.proactive_defer -= 1;
            return Stage::Start;
        }
        Stage::Proactive(CompactNode::proactive(self.node), machine.fragmentation_score_node(self.node))
    }
}
