//! The kinds of lines.

use crate::grammar::{Part, Place, Wanted, blank, end, label, node_zone, number, signed};
use buddyscope_mm::pfn::{CpuId, MAX_CPUS};
use winnow::Parser;
use winnow::ascii::{dec_uint, space0};
use winnow::combinator::{alt, delimited, preceded, separated, terminated};

/// A line, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row<'a> {
    /// A zone begins.
    Zone(Place<'a>),
    /// The node's counters follow.
    NodeStats,
    /// The zone's reserve, by the highest zone of a request.
    Protection(Vec<i64>),
    /// The CPUs' sets follow.
    PageSets,
    /// A CPU's set.
    Cpu(CpuId),
    /// Any other name and its value.
    Counter(&'a str, u64),
}

pub(super) fn row<'a>(line: &mut &'a str) -> Part<Row<'a>> {
    if line.starts_with("Node") {
        return terminated(node_zone.map(Row::Zone), end).parse_next(line);
    }
    let inner = alt((
        ("per-node stats", end).value(Row::NodeStats),
        ("pagesets", end).value(Row::PageSets),
        preceded(("protection:", space0), protection).map(Row::Protection),
        terminated(preceded(("cpu:", blank), cpu).map(Row::Cpu), end),
        (label, number("value"), end).map(|(name, value, _)| Row::Counter(name, value)),
    ));
    preceded(blank, inner).parse_next(line)
}

fn protection(input: &mut &str) -> Part<Vec<i64>> {
    let pages = separated(1.., signed::<i64>("protection"), ", ");
    let list = delimited("(".context(Wanted("protection", "`(`")), pages, ")".context(Wanted("protection", "`)`")));
    terminated(list, end).parse_next(input)
}

fn cpu(input: &mut &str) -> Part<CpuId> {
    dec_uint
        .verify(|&cpu: &u16| usize::from(cpu) < MAX_CPUS)
        .map(CpuId)
        .context(Wanted("cpu", "a CPU's number"))
        .parse_next(input)
}
