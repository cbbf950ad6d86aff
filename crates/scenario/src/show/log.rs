//! The decisions of a run, newest last.

use super::JIFFY_MS;
use crate::sentence::{Args, fill};
use crate::session::Trace;
use crate::tell;
use buddyscope_mm::Machine;
use buddyscope_mm::event::{Event, ReclaimEvent, SlowEvent};
use buddyscope_mm::pfn::{NodeId, ZoneId};
use buddyscope_mm::sched::ContextId;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Decisions kept; older ones are counted.
const KEPT: usize = 20_000;
/// Passes over nodes kept.
const PASSES: usize = 64;
/// Most decisions of an answer.
const MAX_COUNT: usize = 1000;

/// A decision as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionView {
    /// Its number.
    pub seq: u64,
    /// When, in milliseconds.
    pub ms: u64,
    /// Whose.
    pub context: u32,
    /// What it is about.
    pub kind: &'static str,
    /// Which sentence.
    pub key: &'static str,
    /// Its arguments.
    pub args: Args,
    /// The sentence in English.
    pub text: String,
    /// The kernel function.
    #[serde(rename = "fn")]
    pub function: &'static str,
    /// The node it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u8>,
    /// The zone it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<usize>,
    /// The page it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pfn: Option<u64>,
}

/// Some decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionsView {
    /// The number of the first.
    pub first: u64,
    /// How many have been taken.
    pub total: u64,
    /// They.
    pub items: Vec<DecisionView>,
}

/// One pass over a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    pub(super) node: u8,
    pub(super) who: ContextId,
    pub(super) priority: i8,
    pub(super) scanned: u64,
    pub(super) reclaimed: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    jiffy: u64,
    context: ContextId,
    event: Event,
}

/// What was decided.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    total: u64,
    passes: VecDeque<Pass>,
    /// The pass that is under way; scanned and reclaimed pages at its beginning.
    open: Option<(Pass, [u64; 2])>,
    seen: BTreeMap<NodeId, Seen>,
}

/// What reclaim did on a node since somebody asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Pages looked at on inactive lists.
    pub(super) scanned: u64,
    /// Of these, reclaimed.
    pub(super) reclaimed: u64,
    /// kswapd was awake at some time.
    pub(super) awake: bool,
}

/// Whether an event is kept in full: what the log tells, and what becomes of single pages.
pub(super) fn is_wanted(event: &Event) -> bool {
    match event {
        Event::Reclaim(_) | Event::Compact(_) | Event::Slow(_) | Event::Oom(_) => true,
        Event::Memcg(_) | Event::Slab(_) | Event::Huge(_) => true,
        Event::WakeKswapd { .. } | Event::Steal { .. } | Event::Boost { .. } => true,
        Event::AllocEnd { pfn, .. } => pfn.is_none(),
        _ => false,
    }
}

impl Log {
    pub(super) fn note(&mut self, jiffy: u64, context: ContextId, events: &[Event]) {
        for &event in events {
            self.note_pass(context, &event);
            if tell::is_told(&event) {
                self.entries.push_back(Entry { jiffy, context, event });
                self.total += 1;
                if self.entries.len() > KEPT {
                    self.entries.pop_front();
                }
            }
        }
    }

    fn note_pass(&mut self, who: ContextId, event: &Event) {
        match *event {
            Event::Reclaim(ReclaimEvent::KswapdWake { node, .. }) => {
                self.seen.entry(node).or_default().awake = true;
            }
            Event::Reclaim(ReclaimEvent::InactiveScanned { node, scanned, reclaimed, .. }) => {
                let seen = self.seen.entry(node).or_default();
                seen.scanned += u64::from(scanned);
                seen.reclaimed += u64::from(reclaimed);
            }
            Event::Reclaim(ReclaimEvent::NodeBegin { node, priority, nr_reclaimed, nr_scanned, .. }) => {
                let pass = Pass { node: node.0, who, priority, scanned: 0, reclaimed: 0 };
                self.open = Some((pass, [nr_scanned, nr_reclaimed]));
            }
            Event::Reclaim(ReclaimEvent::NodeEnd { nr_reclaimed, nr_scanned, .. }) => {
                let Some((mut pass, [scanned, reclaimed])) = self.open.take() else { return };
                pass.scanned = nr_scanned.saturating_sub(scanned);
                pass.reclaimed = nr_reclaimed.saturating_sub(reclaimed);
                self.passes.push_back(pass);
                if self.passes.len() > PASSES {
                    self.passes.pop_front();
                }
            }
            Event::Slow(SlowEvent::Progress { .. }) => self.open = None,
            _ => {}
        }
    }

    /// Decisions so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// What reclaim did by node since this was asked last.
    pub(super) fn take_seen(&mut self) -> BTreeMap<NodeId, Seen> {
        core::mem::take(&mut self.seen)
    }

    pub(super) fn passes(&self) -> impl Iterator<Item = &Pass> {
        self.passes.iter()
    }

    /// Decisions from number `first` on, of the first `shown`.
    pub(super) fn view(&self, first: u64, count: usize, shown: u64, machine: &Machine<Trace>) -> DecisionsView {
        let oldest = self.total - self.entries.len() as u64;
        let first = first.max(oldest);
        let upto = shown.min(self.total);
        let skip = (first - oldest) as usize;
        let room = upto.saturating_sub(first) as usize;
        let entries = self.entries.iter().skip(skip).take(count.min(room).min(MAX_COUNT));
        let items = entries.zip(first..).filter_map(|(entry, seq)| {
            let told = tell::tell(&entry.event, machine)?;
            Some(DecisionView {
                seq,
                ms: entry.jiffy * JIFFY_MS,
                context: entry.context.0,
                kind: told.topic,
                key: told.key,
                text: fill(told.key, &told.args),
                args: told.args,
                function: told.function,
                node: told.node.map(|node| node.0),
                zone: told.zone.map(ZoneId::index),
                pfn: told.pfn.map(|pfn| pfn.0),
            })
        });
        DecisionsView { first, total: upto, items: items.collect() }
    }
}
