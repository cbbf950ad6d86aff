//! A shrinker that plays what a recording says of its objects, which nobody but the recorded kernel knew.

use super::{Freeable, Objects, Shrinker, ShrinkerFlags, ShrinkerId};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{NodeId, Order, Pfn};
use std::collections::VecDeque;

/// What a shrinker says and does when it is asked once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptedCall {
    /// When it is asked.
    pub moment: Moment,
    /// Objects that it could free.
    pub freeable: u64,
    /// How many scans it does before it refuses to work (`SHRINK_STOP`).
    pub scans: u64,
    /// What they free together; the first stands for all.
    pub gain: Gain,
}

/// When a shrinker is asked, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// During that call of `shrink_slab`, counted from the machine's start; see [`Machine::shrink_slab_calls`].
    Call(u64),
    /// At the next call for a pass of that priority.
    Priority(i8),
}

impl Default for Moment {
    fn default() -> Self {
        Moment::Call(0)
    }
}

/// What scans came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gain {
    /// Objects freed.
    pub freed: u64,
    /// Blocks that this gave back, in order.
    pub pages: Vec<(Pfn, Order)>,
}

/// The calls to come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    calls: VecDeque<ScriptedCall>,
    /// Scans that the present call has left, and what they free.
    scans: u64,
    gain: Gain,
}

impl Script {
    /// What it says during a call; nothing unless the script has it.
    pub(super) fn count(&mut self, call: u64, priority: i8) -> Freeable {
        while self.calls.front().is_some_and(|next| matches!(next.moment, Moment::Call(at) if at < call)) {
            self.calls.pop_front();
        }
        let due = self.calls.front().is_some_and(|next| match next.moment {
            Moment::Call(at) => at == call,
            Moment::Priority(at) => at == priority,
        });
        if !due {
            return Freeable::Objects(0);
        }
        let next = self.calls.pop_front().unwrap_or_default();
        (self.scans, self.gain) = (next.scans, next.gain);
        Freeable::Objects(next.freeable)
    }

    pub(super) fn scan(&mut self) -> Option<Gain> {
        self.scans = self.scans.checked_sub(1)?;
        Some(core::mem::take(&mut self.gain))
    }
}

impl<S: Sink> Machine<S> {
    /// Registers a shrinker for which [`Machine::script_shrinker`] speaks. `seeks` and `batch` are the kernel's; a batch
    /// of 0 stands for 128.
    pub fn register_scripted_shrinker(
        &mut self,
        name: &str,
        flags: ShrinkerFlags,
        seeks: u32,
        batch: u64,
    ) -> ShrinkerId {
        let objects = Objects::Scripted(Script::default());
        self.register_shrinker(Shrinker::new(name, flags, seeks, batch, objects))
    }

    /// Adds to a scripted shrinker's script what it says of a group's objects on a node.
    pub fn script_shrinker(&mut self, id: ShrinkerId, node: NodeId, memcg: MemcgId, call: ScriptedCall) {
        if let Some(Objects::Scripted(script)) = self.shrinkers.get_mut(id).map(|shrinker| &mut shrinker.objects) {
            script.calls.push_back(call);
            self.shrinkers.of_memcg.insert((memcg, node, id));
        }
    }

    /// Sets what it takes to make a shrinker's objects again; 0 for nothing.
    pub fn set_shrinker_seeks(&mut self, id: ShrinkerId, seeks: u32) {
        if let Some(shrinker) = self.shrinkers.get_mut(id) {
            shrinker.seeks = seeks;
        }
    }

    /// Sets the work that a shrinker has put off on a node.
    pub fn set_shrinker_deferred(&mut self, id: ShrinkerId, node: NodeId, deferred: i64) {
        if let Some(slot) = self.shrinkers.get_mut(id).and_then(|shrinker| shrinker.deferred_mut(node)) {
            *slot = deferred;
        }
    }

    /// How often reclaim asked the shrinkers so far.
    #[must_use]
    pub fn shrink_slab_calls(&self) -> u64 {
        self.shrinkers.calls
    }
}
