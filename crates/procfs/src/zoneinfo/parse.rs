//! Reading the text back.

use super::{NODE_ITEMS, PageSet, ZoneDetails, ZoneInfo, ZoneRecord};
use buddyscope_mm::pfn::{CpuId, MAX_CPUS, MAX_NR_ZONES, MAX_NUMNODES, NodeId, ZoneId, ZoneType};
use buddyscope_mm::vmstat::{NumaItem, ZoneItem};
use std::str::FromStr;

/// Text that is no `/proc/zoneinfo` of a 5.10 kernel with the model's options.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, found `{found}`")]
pub struct ParseError {
    /// Line number from 1.
    pub line: usize,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

type Parsed<T> = Result<T, ParseError>;

impl FromStr for ZoneInfo {
    type Err = ParseError;

    fn from_str(text: &str) -> Parsed<ZoneInfo> {
        let mut lines = Lines { lines: text.lines().collect(), at: 0 };
        let mut zones = Vec::new();
        while lines.at < lines.lines.len() {
            zones.push(zone_record(&mut lines)?);
        }
        Ok(ZoneInfo { zones })
    }
}

/// The lines of a text, read in order.
struct Lines<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> &'a str {
        self.lines.get(self.at).copied().unwrap_or("")
    }

    fn error<T>(&self, expected: impl Into<String>) -> Parsed<T> {
        Err(ParseError { line: self.at + 1, expected: expected.into(), found: self.peek().to_owned() })
    }

    /// What `read` makes of the rest of the next line after `label`, which may have any blanks around it.
    fn field<T>(&mut self, label: &str, read: impl FnOnce(&'a str) -> Option<T>) -> Parsed<T> {
        let rest = self.peek().trim_start().strip_prefix(label).map(str::trim);
        match rest.and_then(read) {
            Some(value) => {
                self.at += 1;
                Ok(value)
            }
            None => self.error(format!("`{label}` and its value")),
        }
    }

    fn number(&mut self, label: &str) -> Parsed<u64> {
        self.field(label, |text| text.parse().ok())
    }

    /// A number for each label, in order.
    fn numbers<const N: usize>(&mut self, labels: &[&str; N]) -> Parsed<[u64; N]> {
        let mut values = [0; N];
        for (value, label) in values.iter_mut().zip(labels) {
            // The blank keeps a label from matching a longer one.
            *value = self.number(&format!("{label} "))?;
        }
        Ok(values)
    }
}

fn zone_record(lines: &mut Lines<'_>) -> Parsed<ZoneRecord> {
    let id = lines.field("Node", zone_id)?;
    let mut node_stats = None;
    if lines.peek().trim() == "per-node stats" {
        lines.at += 1;
        node_stats = Some(lines.numbers(&NODE_ITEMS)?);
    }
    Ok(ZoneRecord {
        id,
        node_stats,
        free: lines.number("pages free")?,
        marks: lines.numbers(&["min", "low", "high"])?,
        spanned: lines.number("spanned")?,
        present: lines.number("present")?,
        managed: lines.number("managed")?,
        protection: lines.field("protection:", protection)?,
        details: if lines.peek().starts_with("      ") { Some(details(lines)?) } else { None },
    })
}

/// Node and zone name, as in `0, zone    DMA32`.
fn zone_id(text: &str) -> Option<ZoneId> {
    let (node, zone) = text.split_once(", zone")?;
    let node = node.parse::<u8>().ok().filter(|&node| usize::from(node) < MAX_NUMNODES)?;
    let zone = ZoneType::ALL.into_iter().find(|known| known.name() == zone.trim())?;
    Some(ZoneId::new(NodeId(node), zone))
}

fn protection(text: &str) -> Option<[i64; MAX_NR_ZONES]> {
    let list = text.strip_prefix('(')?.strip_suffix(')')?;
    let values: Option<Vec<i64>> = list.split(", ").map(|value| value.parse().ok()).collect();
    values?.try_into().ok()
}

fn details(lines: &mut Lines<'_>) -> Parsed<ZoneDetails> {
    let stats = lines.numbers(&ZoneItem::NAMES)?;
    let numa = lines.numbers(&NumaItem::NAMES)?;
    lines.field("pagesets", |rest| rest.is_empty().then_some(()))?;
    let mut pagesets = Vec::new();
    while lines.peek().trim_start().starts_with("cpu:") {
        pagesets.push(page_set(lines)?);
    }
    let node_unreclaimable = lines.number("node_unreclaimable:")? != 0;
    Ok(ZoneDetails { stats, numa, pagesets, node_unreclaimable, start_pfn: lines.number("start_pfn:")? })
}

fn page_set(lines: &mut Lines<'_>) -> Parsed<PageSet> {
    let cpu = |text: &str| text.parse::<u16>().ok().filter(|&cpu| usize::from(cpu) < MAX_CPUS).map(CpuId);
    Ok(PageSet {
        cpu: lines.field("cpu:", cpu)?,
        count: lines.number("count:")?,
        high: lines.number("high:")?,
        batch: lines.number("batch:")?,
        stat_threshold: lines.number("vm stats threshold:")?,
    })
}
