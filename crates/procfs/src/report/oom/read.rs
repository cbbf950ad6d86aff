//! Reading an OOM report.

use super::columns::Columns;
use super::{CgroupMemory, OomInvocation, OomMemory, OomReport, OomSummary, SlabUsage};
use crate::report::lines::Lines;
use crate::report::{Caller, LogError, meminfo, starts_message, starts_tasks};

pub(in crate::report) fn read(lines: &mut Lines<'_>) -> Result<OomReport, LogError> {
    let invocation: OomInvocation = lines.read()?;
    let mut report =
        OomReport { invocation, compaction_is_disabled: false, caller: None, memory: None, tasks: None, summary: None };
    let mut columns = Columns::default();
    while let Some(line) = lines.peek().filter(|line| !starts_message(line)) {
        if line == "Mem-Info:" {
            if report.memory.is_some() {
                break;
            }
            lines.take();
            let mem = Box::new(meminfo::mem_info(lines)?);
            report.memory = Some(OomMemory::Machine { mem, slabs: None });
        } else if line == "Unreclaimable slab info:" {
            lines.take();
            let rows = SlabUsage::read_rows(lines)?;
            if let Some(OomMemory::Machine { slabs, .. }) = &mut report.memory {
                *slabs = Some(rows);
            }
        } else if CgroupMemory::starts(line) {
            report.memory = Some(OomMemory::Cgroup(CgroupMemory::read(lines)?));
        } else if starts_tasks(line) {
            columns = Columns::read(lines)?;
            report.tasks = Some(Vec::new());
        } else if let (Some(tasks), true) = (&mut report.tasks, line.starts_with('[')) {
            tasks.push(columns.read_row(lines)?);
        } else if line.starts_with("oom-kill:") {
            let summary: OomSummary = lines.read()?;
            report.summary = Some(summary);
            break;
        } else {
            let disabled = line.starts_with("COMPACTION is disabled") && !report.compaction_is_disabled;
            report.compaction_is_disabled |= disabled;
            let heading = line.starts_with("Tasks state (") && report.tasks.is_none();
            let taken = disabled || heading || Caller::take(&mut report.caller, line);
            lines.take_or_skip(taken);
        }
    }
    Ok(report)
}
