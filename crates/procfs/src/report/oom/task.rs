//! The table of tasks (`dump_tasks`, mm/oom_kill.c).

use crate::line::Codec;
use crate::line::codec::SignedId;
use crate::report::LogError;
use crate::report::lines::Lines;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;

/// A process that could be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// Reads the line of column names.
    pub(super) fn read_header(lines: &mut Lines<'_>) -> Result<(), LogError> {
        let header = lines.peek().unwrap_or_default();
        if !header.split_whitespace().eq(Self::HEADER.split_whitespace()) {
            return lines.error("tasks", &format!("`{}`", Self::HEADER));
        }
        lines.take();
        Ok(())
    }

    /// Reads the line of a task.
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<TaskState, LogError> {
        let task = row(lines)?;
        lines.take();
        Ok(task)
    }
}

fn row(lines: &Lines<'_>) -> Result<TaskState, LogError> {
    let line = lines.peek().unwrap_or_default();
    let Some((pid, mut rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) else {
        return lines.error("pid", "`[`, a process id and `]`");
    };
    // The name may hold blanks, also first, so it is what follows the last number and one blank.
    let mut word = || {
        let start = rest.trim_start();
        let (word, after) = start.split_once(' ').unwrap_or(start.split_at(start.len()));
        rest = after;
        word
    };
    let (uid, tgid, total_vm, rss) = (word(), word(), word(), word());
    let (pgtables, swapents, adj) = (word(), word(), word());
    Ok(TaskState {
        pid: number(lines, "pid", pid.trim())?,
        uid: match SignedId::read(uid) {
            Some(uid) => uid,
            None => return lines.error_at(uid, "uid", "a number"),
        },
        tgid: number(lines, "tgid", tgid)?,
        total_vm: number(lines, "total_vm", total_vm)?,
        rss: number(lines, "rss", rss)?,
        pgtables_bytes: number(lines, "pgtables_bytes", pgtables)?,
        swapents: number(lines, "swapents", swapents)?,
        oom_score_adj: number(lines, "oom_score_adj", adj)?,
        comm: rest.to_owned(),
    })
}

fn number<T: FromStr>(lines: &Lines<'_>, field: &'static str, word: &str) -> Result<T, LogError> {
    match word.parse() {
        Ok(number) => Ok(number),
        Err(_) => lines.error_at(word, field, "a number"),
    }
}

impl Display for TaskState {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        let TaskState { pid, tgid, total_vm, rss, pgtables_bytes, swapents, oom_score_adj, comm, .. } = self;
        let uid = self.uid.cast_signed();
        write!(f, "[{pid:>7}] {uid:>5} {tgid:>5} {total_vm:>8} {rss:>8} {pgtables_bytes:>8} {swapents:>8}")?;
        write!(f, "         {oom_score_adj:>5} {comm}")
    }
}
