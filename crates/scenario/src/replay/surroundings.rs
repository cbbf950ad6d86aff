//! What the recorded kernel had around its allocator decides things that no model can know: which objects shrinkers
//! found, and what groups that no line tells of hold. Here a recording tells the model.

use super::buffers::tell_buffers;
use super::swap_cache::tell_swap_cache;
use crate::recording::{Block, RecordingError, SlabScan, SlabStart};
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{NodeId, Order};
use buddyscope_mm::reclaim::shrinker::{DEFAULT_SEEKS, Gain, Moment, ScriptedCall, ShrinkerFlags, ShrinkerId};
use buddyscope_mm::{Machine, MemcgId};

/// How the kernel registers a shrinker of that name: what it tells apart, its seeks and its batch.
fn registration(name: &str) -> (ShrinkerFlags, u32, u64) {
    let per_memcg = ShrinkerFlags::NUMA_AWARE | ShrinkerFlags::MEMCG_AWARE;
    match name {
        "super_cache_scan" => (per_memcg, DEFAULT_SEEKS, 1024),
        "scan_shadow_nodes" => (per_memcg, 0, 0),
        "deferred_split_scan" => (per_memcg | ShrinkerFlags::NONSLAB, DEFAULT_SEEKS, 0),
        _ => (ShrinkerFlags::empty(), DEFAULT_SEEKS, 0),
    }
}

/// More objects than this fit into no machine.
const MAX_OBJECTS: i64 = 1 << 32;

/// A shrinker that some line told of. Many have the same name; they are told apart by what they have put off.
#[derive(Clone, Debug)]
struct Known {
    id: ShrinkerId,
    name: String,
    batch: u64,
    /// What it takes to make an object again, once a line shows it. File systems that read nothing from disk (proc,
    /// sysfs) have 0, and share a scan function with the others.
    seeks: Option<u32>,
    /// Work put off, by node.
    deferred: Vec<(NodeId, i64)>,
}

impl Known {
    fn deferred(&self, node: NodeId) -> i64 {
        self.deferred.iter().find(|entry| entry.0 == node).map_or(0, |entry| entry.1)
    }

    fn set_deferred(&mut self, node: NodeId, value: i64) {
        self.deferred.retain(|entry| entry.0 != node);
        self.deferred.push((node, value));
    }
}

/// What a recording has told of what was around its allocator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    known: Vec<Known>,
    /// Pages that all groups together hold have been told.
    root_usage_told: bool,
}

impl Surroundings {
    /// Tells the model what shrinkers will say during a block that is about to run.
    ///
    /// # Errors
    /// [`RecordingError`] if a line cannot be read.
    pub(crate) fn tell<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        block: &Block<'_>,
        file: &str,
    ) -> Result<(), RecordingError> {
        self.tell_root_usage(machine, block);
        machine.clear_reclaim_script();
        tell_buffers(machine, block);
        tell_swap_cache(machine, block, file)?;
        let mut scans = block.slab_scans(file).peekable();
        let (mut call, mut memcg, mut first) = (machine.shrink_slab_calls(), MemcgId::ROOT, 0);
        // The first recordings tell only when something was scanned.
        let counts_calls = block.lines().any(|(_, text)| scanned_group(text).is_some());
        for (line, text) in block.lines() {
            // Shrinkers are asked once after the lists of each group.
            if let Some(group) = scanned_group(text) {
                (call, memcg, first) = (call + 1, group, 0);
            }
            if scans.peek().is_some_and(|scan| scan.as_ref().map_or(true, |scan| scan.line == line)) {
                let Some(scan) = scans.next().transpose()? else { continue };
                if !(0..=MAX_OBJECTS).contains(&scan.start.freeable) {
                    return Err(RecordingError::in_line(file, line, "more objects than memory can hold"));
                }
                let moment =
                    if counts_calls { Moment::Call(call) } else { Moment::Priority(scan.start.priority as i8) };
                first = if counts_calls { first } else { 0 };
                first = 1 + self.add(machine, &scan, moment, memcg, first);
            }
        }
        Ok(())
    }

    /// The root's usage has no line in the state, but every pass over a node prints it. It is a result: nothing reads
    /// it. The first tells what it was at the start, groups without a line included.
    fn tell_root_usage<S: Sink>(&mut self, machine: &mut Machine<S>, block: &Block<'_>) {
        if self.root_usage_told {
            return;
        }
        let mut moved = 0;
        for (_, text) in block.lines() {
            // Each page that compaction moves adds to it.
            moved += u64::from(text.starts_with("M "));
            let root = scanned_group(text) == Some(MemcgId::ROOT);
            if let Some(usage) = field(text, "memcg_size=").filter(|_| root) {
                machine.restore_memcg_usage(MemcgId::ROOT, usage.saturating_sub(moved));
                self.root_usage_told = true;
                return;
            }
        }
    }

    /// Adds one shrinker's part; returns which of the known it is: not one of those before `first`, as shrinkers are
    /// asked in one order always.
    fn add<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        scan: &SlabScan<'_>,
        moment: Moment,
        memcg: MemcgId,
        first: usize,
    ) -> usize {
        let (node, start) = (scan.start.node, &scan.start);
        let seeks = seeks_of(start);
        let same = |known: &Known| {
            let fits = seeks.is_none() || known.seeks.is_none() || seeks == known.seeks;
            known.name == start.shrinker && known.deferred(node) == start.deferred && fits
        };
        let at = match self.known.iter().skip(first).position(same) {
            Some(at) => first + at,
            None => self.register(machine, start.shrinker, node, start.deferred),
        };
        let known = &mut self.known[at];
        if let (Some(seeks), None) = (seeks, known.seeks) {
            known.seeks = Some(seeks);
            machine.set_shrinker_seeks(known.id, seeks);
        }
        known.set_deferred(node, scan.end.new_deferred);
        machine.script_shrinker(known.id, node, memcg, scripted(scan, known.batch, moment));
        at
    }

    fn register<S: Sink>(&mut self, machine: &mut Machine<S>, name: &str, node: NodeId, deferred: i64) -> usize {
        let (flags, seeks, batch) = registration(name);
        let id = machine.register_scripted_shrinker(name, flags, seeks, batch);
        machine.set_shrinker_deferred(id, node, deferred);
        let batch = if batch == 0 { 128 } else { batch };
        self.known.push(Known { id, name: name.to_owned(), batch, seeks: None, deferred: vec![(node, deferred)] });
        self.known.len() - 1
    }
}

/// What a line shows of a shrinker's seeks; `None` if it could be either.
fn seeks_of(start: &SlabStart<'_>) -> Option<u32> {
    let freeable = start.freeable;
    let by_priority = (freeable >> start.priority.clamp(0, 63)) * 4 / i64::from(DEFAULT_SEEKS);
    match (start.delta == by_priority, start.delta == freeable / 2) {
        (true, false) => Some(DEFAULT_SEEKS),
        (false, true) => Some(0),
        _ => None,
    }
}

/// What a shrinker says and does, its scans counted and what they freed taken together.
fn scripted(scan: &SlabScan<'_>, batch: u64, moment: Moment) -> ScriptedCall {
    let scanned = scan.start.total_scan.saturating_sub(scan.end.total_left).max(0) as u64;
    let pages = scan.freed.iter().filter_map(|block| Some((block.pfn, Order::new(block.order)?)));
    ScriptedCall {
        moment,
        freeable: scan.start.freeable as u64,
        scans: scanned.div_ceil(batch),
        gain: Gain { freed: scan.end.freed as u64, pages: pages.collect() },
    }
}

/// The group of an `e scan_count` line.
fn scanned_group(text: &str) -> Option<MemcgId> {
    let number = field(text.strip_prefix("e scan_count ")?, "memcg=")?;
    if number == 1 { Some(MemcgId::ROOT) } else { u16::try_from(number).ok().map(MemcgId) }
}

/// The number behind a name.
fn field(text: &str, name: &str) -> Option<u64> {
    text.split(' ').find_map(|word| word.strip_prefix(name))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_read_from_the_line_of_its_lists() {
        let line = |n| format!("e scan_count nid=0 memcg={n} prio=12 swappiness=60 nr=0,0,0,0 prot=0 memcg_size=11903");
        assert_eq!(scanned_group(&line(1)), Some(MemcgId::ROOT));
        assert_eq!(scanned_group(&line(4)), Some(MemcgId(4)));
        assert_eq!(scanned_group("e memcg id=4 usage=1"), None);
        assert_eq!(field(&line(1), "memcg_size="), Some(11903));
    }
}
