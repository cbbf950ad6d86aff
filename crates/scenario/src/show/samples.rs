//! How levels moved: a row for every jiffy in which something happened, thinned out where a run is long.

use super::JIFFY_MS;
use super::log::Seen;
use crate::run::Run;
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::lru::LruIndex;
use buddyscope_mm::pfn::{NodeId, ZoneId};
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::zone::Zone;
use serde::Serialize;
use std::collections::BTreeMap;

/// At so many rows every other one goes.
const MAX_ROWS: usize = 4096;

/// A series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnView {
    /// What it is: `free`, `min`, `low`, `high` of a zone; `pgscan`, `pgsteal`, `kswapd`, the LRU lists of a node.
    pub name: &'static str,
    /// Of which node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<u8>,
    /// Of which zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<usize>,
    /// A value a row.
    pub values: Vec<u64>,
}

/// Rows of all series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SamplesView {
    /// Place of the first row.
    pub first: usize,
    /// When.
    pub ms: Vec<u64>,
    /// The series.
    pub columns: Vec<ColumnView>,
}

/// What a column measures.
#[derive(Clone, Copy, Debug)]
enum Source {
    Zone(ZoneId, Level),
    List(NodeId, LruIndex),
    Kswapd(NodeId),
    /// Pages of inactive lists that were looked at since the row before, and freed.
    Scanned(NodeId),
    Stolen(NodeId),
}

#[derive(Clone, Copy, Debug)]
enum Level {
    Free,
    Mark(usize),
}

/// All rows.
#[derive(Clone, Debug)]
pub(super) struct Samples {
    sources: Vec<Source>,
    columns: Vec<ColumnView>,
    ms: Vec<u64>,
    /// What reclaim did since the last row.
    seen: BTreeMap<NodeId, Seen>,
    /// Whether rows went since somebody asked.
    thinned: bool,
    /// Jiffies from one row to the next.
    stride: u64,
}

impl Samples {
    pub(super) fn new(machine: &Machine<Trace>) -> Samples {
        let mut samples = Samples {
            sources: Vec::new(),
            columns: Vec::new(),
            ms: Vec::new(),
            seen: BTreeMap::new(),
            thinned: false,
            stride: 1,
        };
        for zone in machine.zones().iter().filter(|zone| zone.is_managed()) {
            for (name, level) in
                [("free", Level::Free), ("min", Level::Mark(0)), ("low", Level::Mark(1)), ("high", Level::Mark(2))]
            {
                samples.add(name, None, Some(zone.id.index()), Source::Zone(zone.id, level));
            }
        }
        for node in machine.memory_nodes().iter() {
            let names = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"];
            for (name, list) in names.into_iter().zip(LruIndex::ALL) {
                samples.add(name, Some(node.0), None, Source::List(node, list));
            }
            samples.add("kswapd", Some(node.0), None, Source::Kswapd(node));
            samples.add("pgscan", Some(node.0), None, Source::Scanned(node));
            samples.add("pgsteal", Some(node.0), None, Source::Stolen(node));
        }
        samples
    }

    fn add(&mut self, name: &'static str, node: Option<u8>, zone: Option<usize>, source: Source) {
        self.sources.push(source);
        self.columns.push(ColumnView { name, node, zone, values: Vec::new() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ms.is_empty()
    }

    /// Adds a row, if its time has come, with what reclaim did before it.
    pub(super) fn note(&mut self, run: &Run<Trace>, seen: BTreeMap<NodeId, Seen>) {
        for (node, Seen { scanned, reclaimed, awake }) in seen {
            let sum = self.seen.entry(node).or_default();
            sum.scanned += scanned;
            sum.reclaimed += reclaimed;
            sum.awake |= awake;
        }
        let ms = run.now() * JIFFY_MS;
        if self.ms.last().is_some_and(|&last| ms < last + self.stride * JIFFY_MS) {
            return;
        }
        let machine = run.machine();
        let seen = core::mem::take(&mut self.seen);
        let seen = |node| seen.get(&node).copied().unwrap_or_default();
        for (source, column) in self.sources.iter().zip(&mut self.columns) {
            column.values.push(match *source {
                Source::Zone(zone, level) => level_of(&machine.zones()[zone.index()], level),
                Source::List(node, list) => machine.nodes()[node.index()].stat.get(list.node_item()),
                Source::Kswapd(node) => u64::from(seen(node).awake || !machine.nodes()[node.index()].kswapd_asleep),
                Source::Scanned(node) => seen(node).scanned,
                Source::Stolen(node) => seen(node).reclaimed,
            });
        }
        self.ms.push(ms);
        if self.ms.len() >= MAX_ROWS {
            self.thin();
        }
    }

    /// Every other row goes. Counts since the row before are added up, levels are not.
    fn thin(&mut self) {
        for (source, column) in self.sources.iter().zip(&mut self.columns) {
            let pairs = column.values.chunks(2);
            column.values = match source {
                Source::Scanned(_) | Source::Stolen(_) => pairs.map(|pair| pair.iter().sum()).collect(),
                Source::Kswapd(_) => pairs.map(|pair| pair.iter().copied().max().unwrap_or(0)).collect(),
                Source::Zone(..) | Source::List(..) => pairs.map(|pair| pair[0]).collect(),
            };
        }
        self.ms = self.ms.chunks(2).map(|pair| pair[0]).collect();
        self.thinned = true;
        self.stride *= 2;
    }

    pub(super) fn view(&mut self, first: usize) -> SamplesView {
        let thinned = core::mem::take(&mut self.thinned);
        let first = if thinned || first > self.ms.len() { 0 } else { first };
        let columns =
            self.columns.iter().map(|column| ColumnView { values: column.values[first..].to_vec(), ..*column });
        SamplesView { first, ms: self.ms[first..].to_vec(), columns: columns.collect() }
    }
}

fn level_of(zone: &Zone, level: Level) -> u64 {
    match level {
        Level::Free => zone.page_state(ZoneItem::FreePages).max(0) as u64,
        Level::Mark(mark) => zone.watermark[mark] + zone.watermark_boost,
    }
}
