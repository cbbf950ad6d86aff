//! Printing (`zoneinfo_show_print`, mm/vmstat.c).

use super::{NODE_ITEMS, PageSet, ZoneDetails, ZoneInfo, ZoneRecord};
use buddyscope_mm::vmstat::{NumaItem, ZoneItem};
use std::fmt::{Display, Formatter, Result};

impl Display for ZoneInfo {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.shape.is_plain() {
            return self.zones.iter().try_for_each(|zone| zone.fmt(f));
        }
        self.shape.write(&self.printed(), f)
    }
}

impl ZoneInfo {
    /// The text as 5.10 has it.
    pub(super) fn printed(&self) -> String {
        self.zones.iter().map(ZoneRecord::to_string).collect()
    }
}

impl Display for ZoneRecord {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Node {}, zone {:>8}", self.id.node(), self.id.zone_type().name())?;
        if let Some(stats) = &self.node_stats {
            write!(f, "\n  per-node stats")?;
            counters(f, &NODE_ITEMS, stats)?;
        }
        let [min, low, high] = self.marks;
        write!(f, "\n  pages free     {}", self.free)?;
        write!(f, "\n        min      {min}\n        low      {low}\n        high     {high}")?;
        write!(f, "\n        spanned  {}", self.spanned)?;
        write!(f, "\n        present  {}", self.present)?;
        write!(f, "\n        managed  {}", self.managed)?;
        write!(f, "\n        protection: (")?;
        for (pages, separator) in self.protection.iter().zip([""].into_iter().chain(std::iter::repeat(", "))) {
            write!(f, "{separator}{pages}")?;
        }
        write!(f, ")")?;
        if let Some(details) = &self.details {
            details.fmt(f)?;
        }
        writeln!(f)
    }
}

impl Display for ZoneDetails {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        counters(f, &ZoneItem::NAMES, &self.stats)?;
        counters(f, &NumaItem::NAMES, &self.numa)?;
        write!(f, "\n  pagesets")?;
        self.pagesets.iter().try_for_each(|set| set.fmt(f))?;
        write!(f, "\n  node_unreclaimable:  {}", u8::from(self.node_unreclaimable))?;
        write!(f, "\n  start_pfn:           {}", self.start_pfn)
    }
}

impl Display for PageSet {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "\n    cpu: {}", self.cpu)?;
        write!(f, "\n              count: {}", self.count)?;
        write!(f, "\n              high:  {}", self.high)?;
        write!(f, "\n              batch: {}", self.batch)?;
        write!(f, "\n  vm stats threshold: {}", self.stat_threshold)
    }
}

fn counters(f: &mut Formatter<'_>, names: &[&str], values: &[u64]) -> Result {
    names.iter().zip(values).try_for_each(|(name, value)| write!(f, "\n      {name:<12} {value}"))
}
