//! Writing the lines.

use super::free_list::FreeList;
use super::{MemInfo, Swap, Totals, ZoneMem};
use std::fmt::{Display, Formatter, Result};

impl Display for MemInfo {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "Mem-Info:\n{}", self.global)?;
        self.nodes.iter().try_for_each(|node| writeln!(f, "{node}"))?;
        self.zones.iter().try_for_each(|zone| counters(f, zone))?;
        self.zones.iter().try_for_each(|zone| blocks(f, zone))?;
        self.hugepages.iter().try_for_each(|pages| writeln!(f, "{pages}"))?;
        writeln!(f, "{} total pagecache pages", self.pagecache)?;
        if let Some(swap) = &self.swap {
            swap.fmt(f)?;
        }
        self.totals.fmt(f)
    }
}

fn counters(f: &mut Formatter<'_>, zone: &ZoneMem) -> Result {
    write!(f, "{}\nlowmem_reserve[]:", zone.counters)?;
    zone.lowmem_reserve.iter().try_for_each(|pages| write!(f, " {pages}"))?;
    writeln!(f)
}

fn blocks(f: &mut Formatter<'_>, zone: &ZoneMem) -> Result {
    let (node, zone_type, blocks) = (zone.counters.node, zone.counters.zone, zone.blocks);
    writeln!(f, "{}", FreeList { node, zone: zone_type, blocks })
}

impl Display for Swap {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{} pages in swap cache\n{}\n{}\n{}", self.cached, self.cache, self.free, self.total)
    }
}

impl Display for Totals {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{} pages RAM", self.ram)?;
        writeln!(f, "{} pages HighMem/MovableOnly", self.highmem)?;
        writeln!(f, "{} pages reserved", self.reserved)?;
        if let Some(pages) = self.cma {
            writeln!(f, "{pages} pages cma reserved")?;
        }
        if let Some(pages) = self.hwpoisoned {
            writeln!(f, "{pages} pages hwpoisoned")?;
        }
        Ok(())
    }
}
