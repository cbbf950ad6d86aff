//! Reports whose first lines are missing.

use super::{Origin, Row};
use crate::report::{FailedRequest, OomInvocation, OomNotice, starts_tasks};
use buddyscope_mm::pfn::MAX_NUMNODES;

/// Stands for the line that says whose request called the OOM killer.
const INVOCATION: &str = "? invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0";

/// Rows with a heading before each report.
pub(super) fn with_heads(rows: Vec<Row>) -> Vec<Row> {
    let (mut in_memory, mut in_oom) = (false, false);
    let mut all = Vec::with_capacity(rows.len());
    let mut rows = rows.into_iter();
    while let Some(row) = rows.next() {
        let text = row.text.as_str();
        if OomInvocation::starts(text) || FailedRequest::starts(text) {
            (in_memory, in_oom) = (false, OomInvocation::starts(text));
        } else if text == "Mem-Info:" {
            in_memory = true;
        } else if text.starts_with("oom-kill:") || (OomNotice::starts(text) && text.contains("ill")) {
            (in_memory, in_oom) = (false, false);
        } else if !in_oom && is_of_oom(text) {
            all.push(Row { origin: Some(Origin::Headless), ..Row::new(INVOCATION.to_owned(), row.number) });
            in_oom = true;
        } else if !in_memory && !in_oom && begins_memory(text, rows.as_slice()) {
            all.push(Row::new("Mem-Info:".to_owned(), row.number));
            in_memory = true;
        }
        all.push(row);
    }
    all
}

/// Whether a line is of the OOM killer's report about a group, or of its table of tasks.
fn is_of_oom(text: &str) -> bool {
    let group = text.starts_with("Task in ") && text.contains(" killed as a result of limit of ");
    group || text.starts_with("memory: usage ") || text.starts_with("Tasks state (") || starts_tasks(text)
}

/// Whether a line is the first of the state of memory: a zone's, or a node's before it.
fn begins_memory(text: &str, later: &[Row]) -> bool {
    let is_of_node = |text: &str| text.starts_with("Node ") && text.contains(" active_anon:") && !is_of_zone(text);
    let zone = || later.iter().take(MAX_NUMNODES).map(|row| row.text.as_str()).find(|text| !is_of_node(text));
    is_of_zone(text) || (is_of_node(text) && zone().is_some_and(is_of_zone))
}

/// Whether a line has a zone's counters and marks.
fn is_of_zone(text: &str) -> bool {
    text.starts_with("Node ") && [" free:", " min:", " low:", " high:"].iter().all(|label| text.contains(label))
}
