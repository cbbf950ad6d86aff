//! Logs as mail programs, terminals and other kernels leave them, put into the form that is read.

use super::lines::message;
use super::{LogError, Logged, OomNotice, read_log};

/// Zones of any machine.
const ZONES: [&str; 6] = ["DMA", "DMA32", "Normal", "HighMem", "Movable", "Device"];
/// How others write the end of a line inside one.
const LINE_ENDS: [&str; 2] = ["#012", "\\x0a"];
/// What stands directly after a comma, without a blank.
const AFTER_COMMA: [&str; 6] = ["cpuset=", "mems_allowed=", "global_oom", "oom_memcg=", "task_memcg=", "task="];
/// Orders of the lists of free blocks.
const ORDERS: u32 = 11;

/// The messages of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Its messages; lines are those of the text.
    pub messages: Vec<Logged>,
    /// Whether the machine has a HighMem zone. Zones have the next lower one's name then, `DMA32` being none of its own:
    /// Normal is called DMA32, and HighMem is called Normal.
    pub highmem: bool,
    /// Lines of requests that vmalloc made, page by page or in huge pages.
    pub vmalloc: Vec<usize>,
}

/// Most lines that are left out because they cannot be read.
const MAX_LEFT_OUT: usize = 64;

/// Reads a log as [`read_log`] does after joining what was broken into lines, adding the node that machines of one node
/// leave out, and so on.
///
/// # Errors
/// [`LogError`] as [`read_log`], with the line of the text.
pub fn read_mended(text: &str) -> Result<Mended, LogError> {
    let mut log = Log::default();
    for (line, number) in text.lines().zip(1..) {
        let mut rest = line;
        while let Some((at, end)) = LINE_ENDS.iter().filter_map(|end| Some((rest.find(end)?, *end))).min() {
            log.add(&rest[..at], number);
            rest = &rest[at + end.len()..];
        }
        log.add(rest, number);
    }
    let highmem = log.rows.iter().any(|row| row.text.starts_with("Node ") && row.text.contains(" HighMem free:"));
    if highmem {
        log.rows.iter_mut().for_each(|row| row.text = renamed(&row.text));
    }
    let mut messages = log.read()?;
    messages.iter_mut().for_each(|logged| logged.line = log.number(logged.line));
    let vmalloc = log.rows.iter().filter(|row| row.vmalloc).map(|row| row.number).collect();
    Ok(Mended { messages, highmem, vmalloc })
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
    vmalloc: bool,
}

impl Log {
    /// The messages. What other kernels say otherwise at their end, and nothing depends on, is left out.
    fn read(&mut self) -> Result<Vec<Logged>, LogError> {
        for _ in 0..MAX_LEFT_OUT {
            match read_log(&self.text()) {
                Err(error) => match self.rows.get_mut(error.line.wrapping_sub(1)) {
                    Some(row) if row.text.starts_with("oom-kill:") || OomNotice::starts(&row.text) => row.text.clear(),
                    _ => return Err(LogError { line: self.number(error.line), ..error }),
                },
                messages => return messages,
            }
        }
        read_log(&self.text()).map_err(|error| LogError { line: self.number(error.line), ..error })
    }

    fn text(&self) -> String {
        self.rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The text's line where a line begins.
    fn number(&self, line: usize) -> usize {
        self.rows.get(line.wrapping_sub(1)).or(self.rows.last()).map_or(line, |row| row.number)
    }

    fn add(&mut self, line: &str, number: usize) {
        let line = without_record(line);
        let said = message(line);
        let bare = said.len() == line.trim().len();
        let goes_on = |last: &&mut Row| bare && (is_open(&last.text) && goes_on(said) || is_cut_row(&last.text, said));
        if let Some(last) = self.rows.last_mut().filter(goes_on) {
            let joined = last.text.ends_with(',') && AFTER_COMMA.iter().any(|start| said.starts_with(start));
            last.text.push_str(if joined { "" } else { " " });
            last.text.push_str(said);
        } else {
            let vmalloc = vmalloc_request(said);
            self.rows.push(Row { vmalloc: vmalloc.is_some(), text: vmalloc.unwrap_or_else(|| started(said)), number });
        }
        if let Some(last) = self.rows.last_mut().filter(|last| last.text.contains("kB") && last.text.contains("*4kB")) {
            last.text = with_all_orders(&last.text);
        }
    }
}

/// Without what /dev/kmsg puts first, such as `4,1968,2412,-;`.
fn without_record(line: &str) -> &str {
    match line.split_once(';') {
        Some((record, rest))
            if record.matches(',').count() >= 3 && record.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            rest
        }
        _ => line,
    }
}

/// What vmalloc says of pages that it did not get, as the request for them would say it (`__vmalloc_area_node`).
fn vmalloc_request(said: &str) -> Option<String> {
    let (comm, rest) = said.split_once(": vmalloc")?;
    let (what, mode) = rest.split_once(", mode:")?;
    let order = match what.split_once("page order ") {
        Some((_, order)) => order.split(',').next()?.parse::<u32>().ok()?,
        None if what.contains("allocation failure") => 0,
        None => return None,
    };
    Some(format!("{comm}: page allocation failure: order:{order}, mode:{mode}"))
}

/// A line's usual start: with the node, and with the heading's usual letters.
fn started(said: &str) -> String {
    let zone = said.split([' ', ':']).next().unwrap_or_default();
    let rest = said.get(zone.len()..).unwrap_or_default();
    let lists = rest.strip_prefix(": ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if ZONES.contains(&zone) && (rest.starts_with(" free:") || lists) {
        return format!("Node 0 {said}");
    }
    if said == "Mem-info:" { "Mem-Info:".to_owned() } else { said.to_owned() }
}

/// Whether a line may go on in the next one.
fn is_open(line: &str) -> bool {
    let parts = [": page allocation failure", " invoked oom-killer", "oom-kill:constraint=", "illed process "];
    line.starts_with("Node ") || parts.iter().any(|part| line.contains(part))
}

/// Whether a row of the table of tasks, or its heading, goes on in the next line.
fn is_cut_row(row: &str, said: &str) -> bool {
    let heading = row.starts_with("[ ") && row.contains(" pid ") && !row.ends_with(" name");
    if heading {
        return said.ends_with("name") && said.len() < 60;
    }
    let pid = row.strip_prefix('[').and_then(|row| row.split_once(']'));
    let is_row = pid.is_some_and(|(pid, rest)| {
        let numbers = rest.split_whitespace().all(|word| word.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
        pid.trim().parse::<u32>().is_ok() && numbers && !rest.trim().is_empty()
    });
    is_row && !said.is_empty() && !said.starts_with('[')
}

/// Whether a line is the rest of another: it begins with a value, or with a name and its value.
fn goes_on(said: &str) -> bool {
    let word = said.split(' ').next().unwrap_or_default();
    let name = word.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '_' || c == '(' || c == ')');
    let named = name.len() < word.len() && name.starts_with([':', '=', '?']) && !said.starts_with("active_anon:");
    let blocks = word.split_once('*').is_some_and(|(count, _)| count.bytes().all(|b| b.is_ascii_digit()));
    let size = word.strip_suffix("kB").is_some_and(|kb| !kb.is_empty() && kb.bytes().all(|b| b.is_ascii_digit()));
    named || (blocks && word.ends_with("kB")) || size || ["=", "yes", "no"].contains(&word) || word.starts_with('(')
}

/// Free blocks with a count for each order, and with today's letters.
fn with_all_orders(line: &str) -> String {
    let Some((front, total)) = line.rsplit_once('=') else { return line.to_owned() };
    // What was kept for atomic requests before there were pageblocks of their own for these.
    let mut text = without_larger(&front.trim_end().replace("(R)", "(U)").replace('R', ""));
    for order in 0..ORDERS {
        let size = format!("*{}kB", 4u64 << order);
        if !text.split_whitespace().any(|word| word.ends_with(&size)) {
            text.push_str(&format!(" 0{size}"));
        }
    }
    format!("{text} ={total}")
}

/// Blocks of orders above 10 as blocks of order 10.
fn without_larger(front: &str) -> String {
    let largest = 4u64 << (ORDERS - 1);
    let block = |word: &str| {
        let (count, size) = word.strip_suffix("kB")?.split_once('*')?;
        Some((count.parse::<u64>().ok()?, size.parse::<u64>().ok()?))
    };
    let larger = |word: &&str| block(word).filter(|(_, size)| *size > largest && size.is_power_of_two());
    let more: u64 = front
        .split_whitespace()
        .filter_map(|word| larger(&word))
        .map(|(count, size)| count.saturating_mul(size / largest))
        .fold(0, u64::saturating_add);
    if front.split_whitespace().all(|word| larger(&word).is_none()) {
        return front.to_owned();
    }
    let words = front.split_whitespace().take_while(|word| larger(word).is_none()).map(|word| match block(word) {
        Some((count, size)) if size == largest => format!("{}*{size}kB", count.saturating_add(more)),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A line about a zone of a machine with HighMem.
fn renamed(line: &str) -> String {
    let mut words = line.splitn(4, ' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some("Node"), Some(node), Some(zone), Some(rest)) => {
            let (name, colon) = zone.strip_suffix(':').map_or((zone, ""), |name| (name, ":"));
            let name = match name {
                "Normal" => "DMA32",
                "HighMem" => "Normal",
                other => other,
            };
            format!("Node {node} {name}{colon} {rest}")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<String> {
        let mut log = Log::default();
        text.lines().zip(1..).for_each(|(line, number)| log.add(line, number));
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
    fn lines_of_their_own_stay_apart() {
        let text = "Mem-Info:\nactive_anon:1 inactive_anon:2\n active_file:3\n free:4\nNode 0 hugepages_total=0\n657 total pagecache pages\n";
        assert_eq!(rows(text).len(), 6);
    }

    #[test]
    fn machines_of_one_node_get_its_number() {
        assert_eq!(rows("[ 2.0] Normal free:4kB min:8kB"), ["Node 0 Normal free:4kB min:8kB"]);
        assert_eq!(
            rows("4,19,24,-;DMA: 1*4kB 0*8kB = 4kB")[0].split(' ').take(4).collect::<Vec<_>>(),
            ["Node", "0", "DMA:", "1*4kB"]
        );
        assert_eq!(rows("Normal people"), ["Normal people"]);
    }

    #[test]
    fn a_machine_with_highmem_is_read_with_the_names_of_the_next_lower_zones() {
        assert_eq!(renamed("Node 0 HighMem free:4kB min:8kB"), "Node 0 Normal free:4kB min:8kB");
        assert_eq!(renamed("Node 0 Normal: 1*4kB = 4kB"), "Node 0 DMA32: 1*4kB = 4kB");
        assert_eq!(renamed("Node 0 DMA: 1*4kB = 4kB"), "Node 0 DMA: 1*4kB = 4kB");
    }
}
