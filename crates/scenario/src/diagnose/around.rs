//! What stands around a report in its log.

use super::Diagnosis;
use crate::sentence::{Args, Sentence};
use buddyscope_procfs::report::{Logged, Mended, Origin};

/// Most lines that are named.
const NAMED: usize = 8;

/// A report's surroundings.
pub(super) struct Around<'a> {
    /// Whether the machine has a HighMem zone.
    pub(super) highmem: bool,
    /// The size of its pages in kB.
    pub(super) page_kb: u64,
    /// The version of its kernel, if it is told.
    pub(super) kernel: Option<(u64, u64)>,
    /// What the report stands for.
    pub(super) origin: Option<Origin>,
    /// Whether a zone's free blocks are not told by order.
    pub(super) unlisted: bool,
    /// Its lines that are cut off.
    cut: &'a [usize],
    /// The messages after it.
    pub(super) later: &'a [Logged],
}

impl<'a> Around<'a> {
    /// Of one of a log's messages.
    pub(super) fn new(log: &'a Mended, nth: usize) -> Around<'a> {
        let line = |nth: usize| log.messages.get(nth).map_or(usize::MAX, |logged| logged.line);
        let (first, end) = (line(nth), line(nth + 1));
        let of_report = |lines: &'a [usize]| {
            let at = lines.partition_point(|line| *line < first);
            let count = lines[at..].partition_point(|line| *line < end);
            &lines[at..at + count]
        };
        let origin = log.origins.binary_search_by_key(&first, |(line, _)| *line).ok().map(|at| log.origins[at].1);
        let kernel = log.kernels.binary_search_by_key(&first, |(line, _)| *line).ok().map(|at| log.kernels[at].1);
        Around {
            highmem: log.highmem,
            page_kb: log.page_kb,
            kernel,
            origin,
            unlisted: !of_report(&log.lost.unlisted).is_empty(),
            cut: of_report(&log.lost.cut),
            later: log.messages.get(nth + 1..).unwrap_or_default(),
        }
    }

    /// Says what is not as the report has it: lines that are cut off, zones that go by other names, pages of another size.
    pub(super) fn finish(&self, diagnosis: &mut Diagnosis) {
        if !self.cut.is_empty() {
            let named: Vec<String> = self.cut.iter().take(NAMED).map(usize::to_string).collect();
            let more = if self.cut.len() > NAMED { ", …" } else { "" };
            let args = Args::new().with("count", self.cut.len()).with("lines", named.join(", ") + more);
            diagnosis.notes.push(Sentence::new("report.cut", args));
        }
        if self.highmem {
            diagnosis.rename_zones();
        }
        if self.page_kb != 4 && diagnosis.has_machine {
            diagnosis.assumptions.push(Sentence::new("assume.pageSize", Args::new().with("kb", self.page_kb)));
        }
    }
}
