//! Reading the text back.

use super::row::{Row, row};
use super::{MARKS, NODE_ITEMS, PageSet, ZoneDetails, ZoneInfo, ZoneRecord};
use crate::error::LogError;
use crate::grammar::read;
use crate::shape::Shape;
use buddyscope_mm::pfn::{CpuId, ZoneId};
use buddyscope_mm::vmstat::{NR_NUMA_ITEMS, NR_ZONE_ITEMS, NumaItem, ZoneItem};
use std::str::FromStr;

type Read<T> = Result<T, LogError>;

/// Reads the file of any kernel from 4.x to 6.x. Counters that the model does not have are in
/// [`others`](ZoneRecord::others), zones that it does not have are kept as text.
impl FromStr for ZoneInfo {
    type Err = LogError;

    fn from_str(text: &str) -> Read<ZoneInfo> {
        let mut info = ZoneInfo::default();
        let mut zone = None;
        let mut last = 0;
        for (line, number) in text.lines().zip(1..) {
            last = number;
            if line.trim().is_empty() {
                continue;
            }
            match read(row, line, number)? {
                Row::Zone(place) => {
                    finish(&mut info, zone.replace(Partial::new(place.id())), number, line)?;
                }
                row => match &mut zone {
                    Some(zone) => zone.take(row, line, number)?,
                    None => return Err(LogError::new(number, "zone", "`Node` and a zone before it", line)),
                },
            }
        }
        finish(&mut info, zone, last + 1, "the end of the text")?;
        info.shape = Shape::of(text, &info.printed());
        Ok(info)
    }
}

/// Adds what has been read of a zone; a line that begins another one, or nothing, follows.
fn finish(info: &mut ZoneInfo, zone: Option<Partial>, number: usize, line: &str) -> Read<()> {
    let Some(zone) = zone else { return Ok(()) };
    let Some(id) = zone.id else { return Ok(()) };
    let record = zone.finish(id).map_err(|field| LogError::new(number, field, "its line before it", line))?;
    info.zones.push(record);
    Ok(())
}

/// Lines with pages that every zone has.
const PAGES: [&str; 7] = ["pages free", MARKS[0], MARKS[1], MARKS[2], "spanned", "present", "managed"];

/// What has been read of a zone.
#[derive(Default)]
struct Partial {
    /// `None` for a zone that the model does not have.
    id: Option<ZoneId>,
    /// Whether the lines are of the node.
    in_node: bool,
    node_stats: Option<[u64; NODE_ITEMS.len()]>,
    pages: [Option<u64>; PAGES.len()],
    protection: Vec<i64>,
    populated: bool,
    stats: [u64; NR_ZONE_ITEMS],
    numa: [u64; NR_NUMA_ITEMS],
    sets: Vec<PartialSet>,
    unreclaimable: bool,
    start_pfn: Option<u64>,
    others: Vec<(String, u64)>,
}

/// What has been read of a CPU's set: count, high and batch, and the threshold, which kernels without SMP lack.
struct PartialSet {
    cpu: CpuId,
    values: [Option<u64>; SET.len()],
}

const SET: [&str; 4] = ["count:", "high:", "batch:", "vm stats threshold:"];

impl Partial {
    fn new(id: Option<ZoneId>) -> Partial {
        Partial { id, ..Partial::default() }
    }

    fn take(&mut self, row: Row<'_>, line: &str, number: usize) -> Read<()> {
        match row {
            Row::Zone(_) => {}
            Row::NodeStats => {
                self.in_node = true;
                self.node_stats = Some([0; NODE_ITEMS.len()]);
            }
            Row::Protection(pages) => self.protection = pages,
            Row::PageSets => self.populated = true,
            Row::Cpu(cpu) => self.sets.push(PartialSet { cpu, values: [None; SET.len()] }),
            Row::Counter(name, value) => {
                if !self.counter(name, value) {
                    return Err(LogError::new(number, name, "each name once", line.trim_start()));
                }
            }
        }
        Ok(())
    }

    /// A line with a name and a number; false if the zone has it already.
    fn counter(&mut self, name: &str, value: u64) -> bool {
        if let Some(at) = PAGES.iter().position(|known| *known == name) {
            self.in_node = false;
            return self.pages[at].replace(value).is_none();
        }
        if let (Some(at), Some(set)) = (SET.iter().position(|known| *known == name), self.sets.last_mut()) {
            return set.values[at].replace(value).is_none();
        }
        let place = match &mut self.node_stats {
            Some(stats) if self.in_node => place(stats, &NODE_ITEMS, name),
            _ => place(&mut self.stats, &ZoneItem::NAMES, name).or(place(&mut self.numa, &NumaItem::NAMES, name)),
        };
        self.populated |= place.is_some() && !self.in_node;
        match (place, name) {
            (Some(place), _) => *place = value,
            (None, "start_pfn:") => return self.start_pfn.replace(value).is_none(),
            (None, "node_unreclaimable:") => self.unreclaimable = value != 0,
            (None, _) => self.others.push((name.trim_end_matches(':').to_owned(), value)),
        }
        true
    }

    /// The zone, or the name of the line that it lacks.
    fn finish(self, id: ZoneId) -> Result<ZoneRecord, &'static str> {
        let page = |at: usize| self.pages[at].ok_or(PAGES[at]);
        let mut pagesets = Vec::new();
        for PartialSet { cpu, values } in &self.sets {
            let value = |at: usize| values[at].ok_or(SET[at].trim_end_matches(':'));
            let stat_threshold = values[3].unwrap_or_default();
            pagesets.push(PageSet { cpu: *cpu, count: value(0)?, high: value(1)?, batch: value(2)?, stat_threshold });
        }
        let details = match (self.populated, self.start_pfn) {
            (true, Some(start_pfn)) => Some(ZoneDetails {
                stats: self.stats,
                numa: self.numa,
                pagesets,
                node_unreclaimable: self.unreclaimable,
                start_pfn,
            }),
            (true, None) => return Err("start_pfn"),
            (false, _) => None,
        };
        Ok(ZoneRecord {
            id,
            node_stats: self.node_stats,
            free: page(0)?,
            marks: [page(1)?, page(2)?, page(3)?],
            spanned: page(4)?,
            present: page(5)?,
            managed: page(6)?,
            protection: if self.protection.is_empty() { return Err("protection") } else { self.protection },
            details,
            others: self.others,
        })
    }
}

fn place<'p>(values: &'p mut [u64], names: &[&str], name: &str) -> Option<&'p mut u64> {
    names.iter().position(|known| *known == name).and_then(|at| values.get_mut(at))
}
