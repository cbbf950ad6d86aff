//! A shrinker that plays what a recording says of its objects, which nobody but the recorded kernel knew.

use super::{DEFAULT_SEEKS, Freeable, Objects, SHRINK_BATCH, Shrinker, ShrinkerFlags, ShrinkerId};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{NodeId, Order, Pfn};
use std::collections::VecDeque;

/// What one call came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptedCall {
    /// The node asked about.
    pub node: NodeId,
    /// The group asked about.
    pub memcg: MemcgId,
    /// Objects that could be freed.
    pub freeable: u64,
    /// What each scan comes to; none: it refuses (`SHRINK_STOP`).
    pub scans: VecDeque<ScriptedScan>,
}

/// What one scan came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptedScan {
    /// Objects freed.
    pub freed: u64,
    /// Blocks that this gave back, in order.
    pub pages: Vec<(Pfn, Order)>,
    /// How many of those pages were slabs or counted like slabs (`reclaim_state.reclaimed_slab`).
    pub reclaimed_slab: u64,
}

/// The calls to come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    calls: VecDeque<ScriptedCall>,
    scans: VecDeque<ScriptedScan>,
}

impl Script {
    /// What the next call says; nothing if it is about something else.
    pub(super) fn count(&mut self, node: NodeId, memcg: MemcgId) -> Freeable {
        if self.calls.front().is_none_or(|call| (call.node, call.memcg) != (node, memcg)) {
            return Freeable::Objects(0);
        }
        let Some(call) = self.calls.pop_front() else { return Freeable::Objects(0) };
        self.scans = call.scans;
        Freeable::Objects(call.freeable)
    }

    pub(super) fn scan(&mut self) -> Option<ScriptedScan> {
        self.scans.pop_front()
    }
}

impl<S: Sink> Machine<S> {
    /// Registers a shrinker for which [`Machine::script_shrinker`] speaks. `batch` 0 stands for 128.
    pub fn register_scripted_shrinker(&mut self, name: &str, batch: u64, flags: ShrinkerFlags) -> ShrinkerId {
        let nodes = self.nodes.len();
        self.shrinkers.add(Shrinker {
            name: name.to_owned(),
            flags,
            seeks: DEFAULT_SEEKS,
            batch: if batch == 0 { SHRINK_BATCH } else { batch },
            nr_deferred: vec![0; nodes],
            objects: Objects::Scripted(Script::default()),
        })
    }

    /// Adds a call to a scripted shrinker's script.
    pub fn script_shrinker(&mut self, id: ShrinkerId, call: ScriptedCall) {
        let key = (call.memcg, call.node, id);
        let Some(shrinker) = self.shrinkers.get_mut(id) else { return };
        if let Objects::Scripted(script) = &mut shrinker.objects {
            script.calls.push_back(call);
            self.shrinkers.of_memcg.insert(key);
        }
    }

    /// Sets the work that a shrinker has left for later on a node.
    pub fn set_shrinker_deferred(&mut self, id: ShrinkerId, node: NodeId, deferred: i64) {
        if let Some(slot) = self.shrinkers.get_mut(id).and_then(|shrinker| shrinker.deferred_mut(node)) {
            *slot = deferred;
        }
    }
}
