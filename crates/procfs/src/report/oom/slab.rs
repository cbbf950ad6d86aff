//! Slab caches that cannot shrink (`dump_unreclaimable_slab`, mm/slab_common.c).

use crate::report::LogError;
use crate::report::lines::Lines;
use std::fmt::{Display, Formatter, Result as FmtResult};

/// A slab cache's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlabUsage {
    /// The cache.
    pub name: String,
    /// kB of objects in use.
    pub used_kb: u64,
    /// kB of all objects.
    pub total_kb: u64,
}

impl SlabUsage {
    pub(super) const HEADER: &'static str = "Name                      Used          Total";

    pub(super) fn read_rows(lines: &mut Lines<'_>) -> Result<Vec<SlabUsage>, LogError> {
        if !lines.peek().is_some_and(|line| line.starts_with("Name ")) {
            return lines.error("slabs", "`Name Used Total`");
        }
        lines.take();
        let mut rows = Vec::new();
        while let Some(line) = lines.peek().filter(|line| line.ends_with("KB")) {
            let Some(row) = row(line) else { return lines.error("slabs", "a name and two numbers of KB") };
            rows.push(row);
            lines.take();
        }
        Ok(rows)
    }
}

fn row(line: &str) -> Option<SlabUsage> {
    let (rest, total) = line.rsplit_once(' ')?;
    let (name, used) = rest.trim_end().rsplit_once(' ')?;
    let number = |text: &str| text.strip_suffix("KB")?.parse().ok();
    Some(SlabUsage { name: name.trim_end().to_owned(), used_kb: number(used)?, total_kb: number(total)? })
}

impl Display for SlabUsage {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        write!(f, "{:<17} {:>10}KB {:>10}KB", self.name, self.used_kb, self.total_kb)
    }
}
