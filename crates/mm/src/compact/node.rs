//! Compaction of everything: because a user asks for it, or kcompactd works ahead of requests.

use super::CompactResult;
use super::control::CompactControl;
use super::zone::CompactZone;
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::{MAX_NR_ZONES, NodeId, ZoneId, ZoneType};
use crate::task::Task;
use crate::wait::Step;

/// Compaction of every zone of a node (`compact_node`, `proactive_compact_node`).
#[derive(Clone, Debug)]
pub(crate) struct CompactNode {
    node: NodeId,
    next: usize,
    running: bool,
    run: CompactZone,
}

impl CompactNode {
    /// All that can be done (`compact_node`).
    pub(crate) fn new(node: NodeId) -> CompactNode {
        CompactNode { node, next: 0, running: false, run: CompactZone::new(CompactControl::whole_node()) }
    }

    /// Until the node is good enough (`proactive_compact_node`).
    pub(crate) fn proactive(node: NodeId) -> CompactNode {
        CompactNode { node, next: 0, running: false, run: CompactZone::new(CompactControl::proactive()) }
    }

    /// Goes on.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
        while self.running || self.next < MAX_NR_ZONES {
            if !self.running {
                let zone = ZoneId::new(self.node, ZoneType::ALL[self.next]);
                self.next += 1;
                self.running = machine.zones[zone.index()].is_populated();
                self.run.cc.zone = zone;
                continue;
            }
            match self.run.resume(machine, task) {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done::<CompactResult>(_) => self.running = false,
            }
        }
        Step::Done(())
    }
}

impl<S: Sink> Machine<S> {
    /// Compacts a whole node at once, as `/sys/devices/system/node/nodeN/compact` does after flushing pagevecs; waits
    /// pass at once.
    pub fn compact_node(&mut self, task: &mut Task, node: NodeId) {
        let mut run = CompactNode::new(node);
        while let Step::Wait(_) = run.resume(self, task) {}
    }
}
