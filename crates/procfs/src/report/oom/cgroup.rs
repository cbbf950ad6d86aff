//! A memory cgroup that is out of memory (`mem_cgroup_print_oom_meminfo`, mm/memcontrol.c).

use crate::line::codec::{Number, PagesKb};
use crate::line::{Named, line, named};
use crate::report::lines::Lines;
use crate::report::{LogError, is_part_of_report};

/// A memory cgroup's use and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupMemory {
    /// The counters: memory and swap in the unified hierarchy, memory, memory+swap and kmem in the old one.
    pub counters: Vec<CgroupCounter>,
    /// The cgroup's path.
    pub path: String,
    /// Names and values of its `memory.stat` in that file's order: bytes or events (`memory_stat_format`).
    pub stats: Vec<(String, u64)>,
}

named! {
    /// A page counter of a memory cgroup.
    pub enum CounterName {
        /// Memory.
        Memory = "memory",
        /// Swap, in the unified hierarchy.
        Swap = "swap",
        /// Memory and swap together, in the old hierarchy.
        MemoryAndSwap = "memory+swap",
        /// The kernel's own memory, in the old hierarchy.
        Kmem = "kmem",
    }
}

line! {
    /// A page counter's state (`struct page_counter`).
    pub struct CgroupCounter {
        /// Which counter.
        "" name: CounterName = Named,
        /// Pages in use.
        ": usage " usage: u64 = PagesKb,
        /// Most pages that may be in use; `i64::MAX / 4096` for no limit.
        ", limit " limit: u64 = PagesKb,
        /// Charges that failed.
        ", failcnt " failcnt: u64 = Number,
    }
    ""
}

impl CgroupMemory {
    pub(super) fn starts(line: &str) -> bool {
        line.starts_with("memory: usage ")
    }

    pub(super) fn read(lines: &mut Lines<'_>) -> Result<CgroupMemory, LogError> {
        let (mut counters, mut path, mut stats) = (Vec::new(), None, Vec::new());
        while let Some(line) = lines.peek().filter(|line| !is_part_of_report(line)) {
            if line.contains(": usage ") {
                counters.push(lines.read()?);
                continue;
            }
            let known = path.is_some() as usize + stats.len();
            if let Some(rest) = line.strip_prefix("Memory cgroup stats for ") {
                // Before 5.0 the statistics follow in the same line.
                let (name, one_line) = rest.split_once(": ").unwrap_or((rest.trim_end_matches(':'), ""));
                path = Some(name.to_owned());
                stats.extend(one_line.split(' ').filter_map(kilobytes));
            } else if let Some((name, value)) = line.split_once(' ').filter(|(name, _)| path.is_some() && is_name(name))
            {
                // Lines of other messages can start with such a word, too.
                stats.extend(value.parse().ok().map(|value| (name.to_owned(), value)));
            }
            lines.take_or_skip(path.is_some() as usize + stats.len() > known);
        }
        Ok(CgroupMemory { counters, path: path.unwrap_or_default(), stats })
    }
}

/// A name and its KB, as bytes.
fn kilobytes(word: &str) -> Option<(String, u64)> {
    let (name, number) = word.strip_suffix("KB")?.split_once(':')?;
    Some((name.to_owned(), number.parse::<u64>().ok()?.checked_mul(1024)?))
}

fn is_name(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && !word.is_empty()
}
