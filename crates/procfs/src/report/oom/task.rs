//! The table of tasks (`dump_tasks`, mm/oom_kill.c).

use std::fmt::{Display, Formatter, Result as FmtResult};

/// A process that could be killed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskState {
    /// Process id.
    pub pid: i32,
    /// User id.
    pub uid: u32,
    /// Thread group id.
    pub tgid: i32,
    /// Pages of all mappings.
    pub total_vm: u64,
    /// Pages in memory (`get_mm_rss`).
    pub rss: u64,
    /// Page tables in bytes (`mm_pgtables_bytes`).
    pub pgtables_bytes: i64,
    /// Pages in swap.
    pub swapents: u64,
    /// `oom_score_adj`.
    pub oom_score_adj: i16,
    /// Name.
    pub comm: String,
}

impl TaskState {
    pub(super) const HEADER: &'static str =
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
}

impl Display for TaskState {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        let TaskState { pid, tgid, total_vm, rss, pgtables_bytes, swapents, oom_score_adj, comm, .. } = self;
        let uid = self.uid.cast_signed();
        write!(f, "[{pid:>7}] {uid:>5} {tgid:>5} {total_vm:>8} {rss:>8} {pgtables_bytes:>8} {swapents:>8}")?;
        write!(f, "         {oom_score_adj:>5} {comm}")
    }
}
