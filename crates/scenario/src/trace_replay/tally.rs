//! What agreed, and where the first differences are.

use buddyscope_mm::pfn::{Pfn, ZoneId};
use serde::Serialize;
use std::fmt;

/// How a request was answered on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// First page of the block, if there is one.
    pub pfn: Option<Pfn>,
    /// Its zone.
    pub zone: Option<ZoneId>,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pfn, self.zone) {
            (None, _) => f.write_str("pfn -"),
            (Some(pfn), Some(zone)) => write!(f, "pfn {pfn} ({}:{})", zone.node(), zone.zone_type().name()),
            (Some(pfn), None) => write!(f, "pfn {pfn} (-)"),
        }
    }
}

/// A request that the two sides answered differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parting {
    /// Line of the trace.
    pub line: usize,
    /// Requests before it.
    pub after: u64,
    /// The trace's answer.
    pub trace: String,
    /// The model's.
    pub model: String,
}

/// Counts over a whole trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Requests (`mm_page_alloc`).
    pub requests: u64,
    /// Of these, those that got a page on both sides or on neither.
    pub same_outcome: u64,
    /// Those answered from the same zone.
    pub same_zone: u64,
    /// Those answered with the same page frame.
    pub same_pfn: u64,
    /// Those for which as many blocks left the free lists (`mm_page_alloc_zone_locked`).
    pub same_taken: u64,
    /// Blocks that left the free lists: in the trace, in the model.
    pub taken: [u64; 2],
    /// Blocks stolen from another type (`mm_page_alloc_extfrag`): in the trace, in the model.
    pub stolen: [u64; 2],
    /// Pages that left per-CPU lists (`mm_page_pcpu_drain`): in the trace, in the model.
    pub drained: [u64; 2],
    /// Blocks freed (`mm_page_free`).
    pub frees: u64,
    /// Of these, those from before the trace that the model has in use, too.
    pub frees_from_before: u64,
    /// Those from before the trace that the model does not have in use; they were left out.
    pub frees_unknown: u64,
    /// Blocks that were given again and whose free is not in the trace, such as those of compaction.
    pub frees_missing: u64,
    /// The first request with another page frame.
    pub first_pfn: Option<Parting>,
    /// The first request with a page of another zone, or with a page on one side alone.
    pub first_zone: Option<Parting>,
    /// Free blocks by order at the end, all zones together.
    pub free_blocks: Vec<u64>,
}

impl Tally {
    pub(super) fn answered(&mut self, line: usize, trace: Side, model: Side) {
        let parting = |after| Parting { line, after, trace: trace.to_string(), model: model.to_string() };
        let after = self.requests;
        let same_outcome = trace.pfn.is_some() == model.pfn.is_some();
        let same_zone = same_outcome && trace.zone == model.zone;
        let same_pfn = trace.pfn == model.pfn;
        self.requests += 1;
        self.same_outcome += u64::from(same_outcome);
        self.same_zone += u64::from(same_zone);
        self.same_pfn += u64::from(same_pfn);
        if !same_zone && self.first_zone.is_none() {
            self.first_zone = Some(parting(after));
        }
        if !same_pfn && self.first_pfn.is_none() {
            self.first_pfn = Some(parting(after));
        }
    }
}

/// What the counts mean, a line each.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.requests;
        writeln!(f, "{requests} requests, {} frees", self.frees)?;
        writeln!(f, "  same outcome   {}", share(self.same_outcome, requests))?;
        writeln!(f, "  same zone      {}", share(self.same_zone, requests))?;
        writeln!(f, "  same page      {}", share(self.same_pfn, requests))?;
        let sides = |[trace, model]: [u64; 2]| format!("{trace} in the trace, {model} in the model");
        if self.taken[0] > 0 {
            writeln!(f, "  same blocks off the free lists {}", share(self.same_taken, requests))?;
            writeln!(f, "  blocks off the free lists: {}", sides(self.taken))?;
        }
        writeln!(f, "  stolen from other types: {}", sides(self.stolen))?;
        writeln!(f, "  drained from per-CPU lists: {}", sides(self.drained))?;
        writeln!(
            f,
            "  freed from before the trace: {} in use here, too, {} not",
            self.frees_from_before, self.frees_unknown
        )?;
        writeln!(f, "  given again without a free: {}", self.frees_missing)?;
        for (what, parting) in [("page", &self.first_pfn), ("zone or outcome", &self.first_zone)] {
            match parting {
                None => writeln!(f, "  no request has another {what}")?,
                Some(Parting { line, after, trace, model }) => {
                    writeln!(f, "  first other {what}: line {line}, after {after} requests: {trace}; here {model}")?;
                }
            }
        }
        let blocks: Vec<String> = self.free_blocks.iter().map(u64::to_string).collect();
        writeln!(f, "  free blocks by order at the end: {}", blocks.join(" "))
    }
}

fn share(part: u64, whole: u64) -> String {
    // Whole percents, rounded down: 100% is all of them.
    let percent = part.saturating_mul(100).checked_div(whole).unwrap_or(100);
    format!("{part} of {whole} ({percent}%)")
}
