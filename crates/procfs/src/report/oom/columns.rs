//! Reading the table of tasks, whose columns differ between kernels.

use super::TaskState;
use crate::line::Codec;
use crate::line::codec::SignedId;
use crate::report::LogError;
use crate::report::lines::Lines;
use std::str::FromStr;

/// Bytes of a page table: kernels before 4.15 count tables.
const TABLE_BYTES: i64 = 4096;

/// The columns between a task's process id and its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns(Vec<Column>);

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Uid,
    Tgid,
    TotalVm,
    Rss,
    TableBytes,
    Tables,
    SwapEnts,
    OomScoreAdj,
    /// Something that 5.10 does not show.
    Other,
}

/// Columns without which the table tells too little.
const NEEDED: [Column; 5] = [Column::Uid, Column::Tgid, Column::TotalVm, Column::Rss, Column::OomScoreAdj];

impl Column {
    fn of(name: &str) -> Column {
        match name {
            "uid" => Column::Uid,
            "tgid" => Column::Tgid,
            "total_vm" => Column::TotalVm,
            "rss" => Column::Rss,
            "pgtables_bytes" => Column::TableBytes,
            "nr_ptes" | "nr_pmds" | "nr_puds" => Column::Tables,
            "swapents" => Column::SwapEnts,
            "oom_score_adj" => Column::OomScoreAdj,
            _ => Column::Other,
        }
    }
}

impl Columns {
    /// Reads the line of column names.
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Columns, LogError> {
        let header = lines.peek().unwrap_or_default();
        let names = header.strip_prefix('[').and_then(|header| header.split_once(']'));
        let names = names.filter(|(pid, _)| pid.trim() == "pid").map_or("", |(_, names)| names.trim());
        let names = names.strip_suffix(" name").unwrap_or_default();
        let columns: Vec<Column> = names.split_whitespace().map(Column::of).collect();
        if NEEDED.iter().any(|needed| !columns.contains(needed)) {
            return lines.error("tasks", &format!("`{}`", TaskState::HEADER));
        }
        lines.take();
        Ok(Columns(columns))
    }

    /// Reads the line of a task.
    pub(super) fn read_row(&self, lines: &mut Lines<'_>) -> Result<TaskState, LogError> {
        let task = self.row(lines)?;
        lines.take();
        Ok(task)
    }

    fn row(&self, lines: &Lines<'_>) -> Result<TaskState, LogError> {
        let line = lines.peek().unwrap_or_default();
        let Some((pid, mut rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) else {
            return lines.error("pid", "`[`, a process id and `]`");
        };
        let mut task = TaskState { pid: number(lines, "pid", pid.trim())?, ..TaskState::default() };
        for column in &self.0 {
            // The name may hold blanks, also first, so it is what follows the last number and one blank.
            let start = rest.trim_start();
            let (word, after) = start.split_once(' ').unwrap_or(start.split_at(start.len()));
            rest = after;
            match column {
                Column::Uid => match SignedId::read(word) {
                    Some(uid) => task.uid = uid,
                    None => return lines.error_at(word, "uid", "a number"),
                },
                Column::Tgid => task.tgid = number(lines, "tgid", word)?,
                Column::TotalVm => task.total_vm = number(lines, "total_vm", word)?,
                Column::Rss => task.rss = number(lines, "rss", word)?,
                Column::TableBytes => task.pgtables_bytes = number(lines, "pgtables_bytes", word)?,
                Column::Tables => {
                    let bytes = number::<i64>(lines, "nr_ptes", word)?.saturating_mul(TABLE_BYTES);
                    task.pgtables_bytes = task.pgtables_bytes.saturating_add(bytes);
                }
                Column::SwapEnts => task.swapents = number(lines, "swapents", word)?,
                Column::OomScoreAdj => task.oom_score_adj = number(lines, "oom_score_adj", word)?,
                Column::Other => {}
            }
        }
        rest.clone_into(&mut task.comm);
        Ok(task)
    }
}

fn number<T: FromStr>(lines: &Lines<'_>, field: &'static str, word: &str) -> Result<T, LogError> {
    match word.parse() {
        Ok(number) => Ok(number),
        Err(_) => lines.error_at(word, field, "a number"),
    }
}
