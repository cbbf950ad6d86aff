//! Writing an OOM report.

use super::{CgroupMemory, OomMemory, OomReport, SlabUsage, TaskState};
use std::fmt::{Display, Formatter, Result};

impl Display for OomReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{}", self.invocation)?;
        if self.compaction_is_disabled {
            writeln!(f, "COMPACTION is disabled!!!")?;
        }
        self.caller.iter().try_for_each(|caller| caller.fmt(f))?;
        self.memory.iter().try_for_each(|memory| memory.fmt(f))?;
        if let Some(tasks) = &self.tasks {
            writeln!(f, "Tasks state (memory values in pages):\n{}", TaskState::HEADER)?;
            tasks.iter().try_for_each(|task| writeln!(f, "{task}"))?;
        }
        self.summary.iter().try_for_each(|summary| writeln!(f, "{summary}"))
    }
}

impl Display for OomMemory {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            OomMemory::Machine { mem, slabs } => {
                mem.fmt(f)?;
                let Some(slabs) = slabs else { return Ok(()) };
                writeln!(f, "Unreclaimable slab info:\n{}", SlabUsage::HEADER)?;
                slabs.iter().try_for_each(|slab| writeln!(f, "{slab}"))
            }
            OomMemory::Cgroup(cgroup) => cgroup.fmt(f),
        }
    }
}

impl Display for CgroupMemory {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.counters.iter().try_for_each(|counter| writeln!(f, "{counter}"))?;
        writeln!(f, "Memory cgroup stats for {}:", self.path)?;
        self.stats.iter().try_for_each(|(name, value)| writeln!(f, "{name} {value}"))
    }
}
