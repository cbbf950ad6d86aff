//! Logs as mail programs, terminals and other kernels leave them, put into the form that is read.

mod blocks;
mod head;
mod join;
mod lost;
mod old_gfp;
mod pieces;
mod start;

pub use lost::Lost;

use super::lines::message;
use super::{LogError, Logged, OomNotice, read_log};

/// The messages of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Its messages; lines are those of the text.
    pub messages: Vec<Logged>,
    /// Whether the machine has a HighMem zone. Zones have the next lower one's name then, `DMA32` being none of its own:
    /// Normal is called DMA32, and HighMem is called Normal.
    pub highmem: bool,
    /// The size of the machine's pages in kB. In the messages all are of 4 kB.
    pub page_kb: u64,
    /// Lines of messages that stand for something else.
    pub origins: Vec<(usize, Origin)>,
    /// Lines of reports whose kernel is told, and its version, such as 4.19.
    pub kernels: Vec<(usize, (u64, u64))>,
    /// What had to be made up.
    pub lost: Lost,
}

/// What a message stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A failed request of vmalloc, page by page or in huge pages.
    Vmalloc,
    /// So many bytes that vmalloc found no range of addresses for: no request for a page.
    Addresses {
        /// How many.
        bytes: u64,
    },
    /// A request that goes on trying.
    Stall {
        /// For how long it has, in milliseconds.
        ms: u64,
    },
    /// A report of the OOM killer whose first line is missing.
    Headless,
}

/// Most lines that are left out because they cannot be read.
const MAX_LEFT_OUT: usize = 64;

/// Reads a log as [`read_log`] does after joining what was broken into lines, adding the node that machines of one node
/// leave out, and so on. What is cut off is made up as far as the rest allows, and said.
///
/// # Errors
/// [`LogError`] as [`read_log`], with the line of the text.
pub fn read_mended(text: &str) -> Result<Mended, LogError> {
    let mut log = Log::default();
    for (line, number) in text.lines().zip(1..) {
        pieces::pieces(line).into_iter().for_each(|piece| log.add(piece, number));
    }
    let (highmem, page_kb) = log.settle();
    let (rows, mut lost) = lost::complete(head::with_heads(log.rows));
    log.rows = rows;
    let rows_of = log.rows_of_lines();
    let mut messages = log.read(&rows_of, &mut lost)?;
    messages.iter_mut().for_each(|logged| logged.line = log.number(&rows_of, logged.line));
    let origins = log.rows.iter().filter_map(|row| Some((row.number, row.origin?))).collect();
    let kernels = log.rows.iter().filter_map(|row| Some((row.number, row.kernel?))).collect();
    Ok(Mended { messages, highmem, page_kb, origins, kernels, lost })
}

/// Lines, put together.
#[derive(Default)]
struct Log {
    rows: Vec<Row>,
}

/// A line, and the number of the text's line where it begins.
struct Row {
    text: String,
    number: usize,
    origin: Option<Origin>,
    /// The version of the kernel that reports.
    kernel: Option<(u64, u64)>,
}

impl Row {
    fn new(text: String, number: usize) -> Row {
        Row { text, number, origin: None, kernel: None }
    }
}

impl Log {
    /// The messages. What other kernels say otherwise at their end, and nothing depends on, is left out, and so is a row
    /// at the end of the log that is cut.
    fn read(&mut self, rows_of: &[usize], lost: &mut Lost) -> Result<Vec<Logged>, LogError> {
        let last = self.rows.iter().rposition(|row| !row.text.is_empty());
        for _ in 0..MAX_LEFT_OUT {
            match read_log(&self.text()) {
                Err(error) => match rows_of.get(error.line.wrapping_sub(1)).copied() {
                    Some(at) if is_dispensable(&self.rows[at].text) => self.rows[at].text.clear(),
                    Some(at) if Some(at) == last && self.rows[at].text.starts_with('[') => {
                        lost.cut.push(self.rows[at].number);
                        self.rows[at].text.clear();
                    }
                    _ => return Err(LogError { line: self.number(rows_of, error.line), ..error }),
                },
                messages => return messages,
            }
        }
        read_log(&self.text()).map_err(|error| LogError { line: self.number(rows_of, error.line), ..error })
    }

    fn text(&self) -> String {
        self.rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The row of each line of [`Log::text`]: one that is made up may stand for several.
    fn rows_of_lines(&self) -> Vec<usize> {
        let lines = |row: &Row| row.text.matches('\n').count() + 1;
        self.rows.iter().enumerate().flat_map(|(at, row)| std::iter::repeat_n(at, lines(row))).collect()
    }

    /// The text's line where a line begins.
    fn number(&self, rows_of: &[usize], line: usize) -> usize {
        let row = rows_of.get(line.wrapping_sub(1)).and_then(|&at| self.rows.get(at));
        row.or(self.rows.last()).map_or(line, |row| row.number)
    }

    fn add(&mut self, line: &str, number: usize) {
        let mut said = message(line);
        let bare = said.len() == line.trim().len();
        if bare && self.rows.last().is_some_and(|last| last.text.starts_with("Node ")) {
            // What some programs put before the rest of a line.
            said = said.trim_start_matches('+');
        }
        let between = |last: &Row| join::goes_on_with(&last.text, said, bare);
        if let Some((last, between)) = self.rows.last_mut().and_then(|last| between(last).map(|it| (last, it))) {
            last.text.push_str(between);
            last.text.push_str(said);
            if !last.text.starts_with("Node ") && said.starts_with("free:") {
                last.text = start::started(&last.text);
            }
            return;
        }
        self.rows.push(Row::new(start::started(said), number));
    }

    /// Puts the joined lines into the form that 5.10 gives them: tells whether there is HighMem, and the size of a page.
    fn settle(&mut self) -> (bool, u64) {
        let page_kb = blocks::page_kb(&self.rows);
        let highmem = self.rows.iter().any(|row| row.text.starts_with("Node ") && row.text.contains(" HighMem free:"));
        for row in &mut self.rows {
            if let Some((text, origin)) = start::as_failure(&row.text) {
                (row.text, row.origin) = (text, Some(origin));
            }
            if row.text.starts_with("Node ") {
                row.text = start::without_blanks(&row.text);
            }
            if page_kb != 4 {
                row.text = blocks::with_small_pages(&row.text, page_kb);
            }
            if row.text.contains("kB") && row.text.contains("*4kB") {
                row.text = blocks::with_all_orders(&row.text);
            }
            if highmem {
                row.text = start::renamed(&row.text);
            }
        }
        old_gfp::translate(&mut self.rows);
        (highmem, page_kb)
    }
}

/// Whether nothing depends on a line.
fn is_dispensable(text: &str) -> bool {
    text.starts_with("oom-kill:") || OomNotice::starts(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<String> {
        let mut log = Log::default();
        text.lines().zip(1..).for_each(|(line, number)| log.add(line, number));
        log.settle();
        log.rows.into_iter().map(|row| row.text).collect()
    }

    #[test]
    fn lines_that_a_mail_program_broke_are_joined() {
        let text = "[    1.0] x: page allocation failure: order:0,\nmode:0xa20(GFP_ATOMIC), nodemask=(null),\ncpuset=/,mems_allowed=0\n\
                    [    1.0] Node 0 Normal free:8kB min:4kB\nlow:8kB all_unreclaimable?\nno\n[    1.0] lowmem_reserve[]: 0\n";
        let expected = [
            "x: page allocation failure: order:0, mode:0xa20(GFP_ATOMIC), nodemask=(null),cpuset=/,mems_allowed=0",
            "Node 0 Normal free:8kB min:4kB low:8kB all_unreclaimable? no",
            "lowmem_reserve[]: 0",
        ];
        assert_eq!(rows(text), expected);
    }

    #[test]
    fn lines_that_a_terminal_broke_are_joined_without_a_blank() {
        let text = "[ 1.0] Node 0 Normal free:8kB local_pcp:0\nkB free_cma:0kB\n[ 1.0] Node 0 active_anon:8kB wr\niteback:0kB\n";
        let expected = ["Node 0 Normal free:8kB local_pcp:0kB free_cma:0kB", "Node 0 active_anon:8kB writeback:0kB"];
        assert_eq!(rows(text), expected);
        let cut = "Node 0 active_anon:8kB isolated(ano\nNode 0 Normal free:8kB\n";
        assert_eq!(rows(cut).len(), 2);
    }

    #[test]
    fn counters_after_a_break_are_those_of_the_zone() {
        let text = "Mem-Info:\nactive_anon:1\nNormal\nfree:8kB min:8kB\n+active_anon:0kB inactive_file:28k B isolated(file) :0kB\n";
        let zone = "Node 0 Normal free:8kB min:8kB active_anon:0kB inactive_file:28kB isolated(file):0kB";
        assert_eq!(rows(text), ["Mem-Info:", "active_anon:1", zone]);
    }

    #[test]
    fn lines_of_their_own_stay_apart() {
        let text = "Mem-Info:\nactive_anon:1 inactive_anon:2\n active_file:3\n free:4\nNode 0 hugepages_total=0\n657 total pagecache pages\n";
        assert_eq!(rows(text).len(), 6);
    }

    #[test]
    fn machines_of_one_node_get_its_number() {
        assert_eq!(rows("[ 2.0] Normal free:4kB min:8kB"), ["Node 0 Normal free:4kB min:8kB"]);
        assert_eq!(
            rows("[ 2.0] DMA: 1*4kB 0*8kB = 4kB")[0].split(' ').take(4).collect::<Vec<_>>(),
            ["Node", "0", "DMA:", "1*4kB"]
        );
        assert_eq!(rows("Normal people"), ["Normal people"]);
    }
}
