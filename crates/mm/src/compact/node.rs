//! Compaction of everything: because a user asks for it, or kcompactd works ahead of requests.

use super::CompactResult;
use super::control::CompactControl;
use super::zone::CompactZone;
use crate::audit::Held;
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::{MAX_NR_ZONES, NodeId, NodeMask, ZoneId, ZoneType};
use crate::task::Task;
use crate::wait::Step;

/// Compaction of every zone of a node (`compact_node`, `proactive_compact_node`).
#[derive(Clone, Debug)]
pub struct CompactNode {
    node: NodeId,
    next: usize,
    running: bool,
    run: CompactZone,
}

impl CompactNode {
    /// All that can be done (`compact_node`).
    #[must_use]
    pub fn new(node: NodeId) -> CompactNode {
        CompactNode { node, next: 0, running: false, run: CompactZone::new(CompactControl::whole_node()) }
    }

    /// Until the node is good enough (`proactive_compact_node`).
    pub(crate) fn proactive(node: NodeId) -> CompactNode {
        CompactNode { node, next: 0, running: false, run: CompactZone::new(CompactControl::proactive()) }
    }

    /// Notes the pages that it keeps between two stretches of work.
    pub(crate) fn note_held(&self, held: &mut Held) {
        self.run.note_held(held);
    }

    /// Goes on.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
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

/// Compaction of all memory (`compact_nodes`, for `compact_memory`).
#[derive(Clone, Debug)]
pub struct CompactMemory {
    nodes: NodeMask,
    running: Option<Box<CompactNode>>,
}

impl CompactMemory {
    /// Puts waiting pages on their LRU lists, and begins with the first node.
    #[must_use]
    pub fn new<S: Sink>(machine: &mut Machine<S>) -> CompactMemory {
        machine.lru_add_drain_all();
        CompactMemory { nodes: machine.online_nodes, running: None }
    }

    /// Goes on.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
        loop {
            let Some(run) = &mut self.running else {
                let Some(node) = self.nodes.first() else { return Step::Done(()) };
                self.nodes.0 &= self.nodes.0 - 1;
                self.running = Some(Box::new(CompactNode::new(node)));
                continue;
            };
            match run.resume(machine, task) {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done(()) => self.running = None,
            }
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Compacts all memory at once; waits pass at once.
    pub fn compact_memory(&mut self, task: &mut Task) {
        let mut run = CompactMemory::new(self);
        while let Step::Wait(_) = run.resume(self, task) {}
    }

    /// Compacts a whole node at once, as `/sys/devices/system/node/nodeN/compact` does after flushing pagevecs; waits
    /// pass at once.
    pub fn compact_node(&mut self, task: &mut Task, node: NodeId) {
        let mut run = CompactNode::new(node);
        while let Step::Wait(_) = run.resume(self, task) {}
    }
}
