//! A request that failed (`warn_alloc`, mm/page_alloc.c).

use super::lines::Lines;
use super::{Caller, LogError, MemInfo, is_part_of_report, meminfo};
use crate::line::codec::{LogGfp, Number, Text};
use crate::line::places::{Nodes, NodesOrNull};
use crate::line::{Codec, line};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::NodeMask;
use std::fmt::{Display, Formatter, Result as FmtResult};

/// A failed request and the state of memory. Nothing is printed for requests with `__GFP_NOWARN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocFailure {
    /// The request.
    pub request: FailedRequest,
    /// Who asked.
    pub caller: Option<Caller>,
    /// The state of memory (`warn_alloc_show_mem`).
    pub mem: Option<MemInfo>,
}

line! {
    /// The request that failed.
    pub struct FailedRequest {
        /// Name of the task.
        "" comm: String = Text,
        /// Order of the wanted block.
        ": page allocation failure: order:" order: u32 = Number,
        /// Flags, as the slow path has left them.
        ", mode:" gfp: Gfp = LogGfp,
        /// Nodes the request was limited to, if it was.
        ", nodemask=" [or default] nodemask: Option<NodeMask> = NodesOrNull,
        /// Name of the task's cpuset, empty if the line does not say it.
        ",cpuset=" [or default] cpuset: String = Text,
        /// Nodes that the cpuset allows (`current->mems_allowed`), none if the line does not say it.
        ",mems_allowed=" [or default] mems_allowed: NodeMask = Nodes,
    }
    ""
}

impl FailedRequest {
    pub(super) fn starts(line: &str) -> bool {
        line.contains(": page allocation failure: ")
    }
}

pub(super) fn read(lines: &mut Lines<'_>) -> Result<AllocFailure, LogError> {
    let (mut request, mut caller, mut mem): (FailedRequest, _, _) = (lines.read()?, None, None);
    if let Some(cpuset) = lines.peek().and_then(|line| cpuset(line, &request.comm)) {
        // Before 5.0 a line of its own.
        (request.cpuset, request.mems_allowed) = cpuset;
        lines.take();
    }
    while let Some(line) = lines.peek() {
        if line == "Mem-Info:" && mem.is_none() {
            lines.take();
            mem = Some(meminfo::mem_info(lines)?);
        } else if is_part_of_report(line) {
            break;
        } else {
            let taken = Caller::take(&mut caller, line);
            lines.take_or_skip(taken);
        }
    }
    Ok(AllocFailure { request, caller, mem })
}

/// The cpuset of a task by its name, as `cpuset_print_current_mems_allowed` has it by itself.
fn cpuset(line: &str, comm: &str) -> Option<(String, NodeMask)> {
    let (cpuset, nodes) = line.strip_prefix(comm)?.strip_prefix(" cpuset=")?.split_once(" mems_allowed=")?;
    Some((cpuset.to_owned(), Nodes::read(nodes)?))
}

impl Display for AllocFailure {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        writeln!(f, "{}", self.request)?;
        self.caller.iter().try_for_each(|caller| caller.fmt(f))?;
        self.mem.iter().try_for_each(|mem| mem.fmt(f))
    }
}
