//! Lines of the state of memory that are cut off or missing: what is left of them, and what has to stand for the rest.

use super::Row;
use super::blocks::{ORDERS, block, number};
use super::join::is_counter;
use crate::report::is_part_of_report;

/// Most zones of a machine.
const MAX_ZONES: usize = 256;

/// What is lost of a log. Numbers are those of the text's lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Lines that are cut off, or whose next one is missing.
    pub cut: Vec<usize>,
    /// Lines of zones whose free blocks are not told by order.
    pub unlisted: Vec<usize>,
}

/// A zone in the state of memory. Sizes are in kB.
struct Zone {
    /// Such as `Node 0 DMA`.
    name: String,
    /// Its row.
    at: usize,
    free: u64,
    min: u64,
    /// The row of its free blocks, if they are told.
    list: Option<usize>,
    has_reserve: bool,
}

/// Completes each part about the state of memory.
pub(super) fn complete(rows: Vec<Row>) -> (Vec<Row>, Lost) {
    let (mut all, mut lost) = (Vec::with_capacity(rows.len()), Lost::default());
    let mut part: Option<Vec<Row>> = None;
    for row in rows {
        if is_part_of_report(&row.text) {
            all.extend(part.take().into_iter().flat_map(|part| complete_part(part, &mut lost)));
            part = (row.text == "Mem-Info:").then(Vec::new);
            all.push(row);
        } else {
            part.as_mut().unwrap_or(&mut all).push(row);
        }
    }
    all.extend(part.into_iter().flat_map(|part| complete_part(part, &mut lost)));
    lost.cut.sort_unstable();
    lost.cut.dedup();
    (all, lost)
}

fn complete_part(mut rows: Vec<Row>, lost: &mut Lost) -> Vec<Row> {
    rows.iter_mut().filter(|row| row.text.starts_with("Node ")).for_each(|row| trim(row, lost));
    let zones = zones(&rows);
    for zone in &zones {
        let Some(list) = zone.list.and_then(|at| rows.get_mut(at)) else { continue };
        if let Some(text) = complete_list(&list.text, zone.free) {
            list.text = text;
            lost.cut.push(list.number);
        }
    }
    add_sizes(&mut rows, &zones, lost);
    let mut all = Vec::with_capacity(rows.len());
    if let Some(first) = zones.first().filter(|_| !rows.iter().any(|row| row.text.starts_with("active_anon:"))) {
        all.push(Row::new(of_machine(&rows), rows[first.at].number));
    }
    let mut lists = Vec::new();
    let mut next = zones.iter().peekable();
    for (at, row) in rows.into_iter().enumerate() {
        let number = row.number;
        let has_cma = row.text.contains(" free_cma:") && !row.text.contains(" free_cma:0kB");
        all.push(row);
        let Some(zone) = next.next_if(|zone| zone.at == at) else { continue };
        if !zone.has_reserve {
            lost.cut.push(number);
            all.push(Row::new("lowmem_reserve[]: 0 0 0 0".to_owned(), number));
        }
        if zone.list.is_none() {
            lost.unlisted.push(number);
            lists.push(Row::new(any_blocks(zone, if has_cma { " (MC)" } else { "" }), number));
        }
    }
    all.extend(lists);
    all
}

/// Drops what a line ends with in the middle of a counter.
fn trim(row: &mut Row, lost: &mut Lost) {
    let Some(label) = [" free:", " active_anon:"].iter().find(|label| row.text.contains(**label)) else { return };
    let whole = |word: &str| is_counter(word) || word.ends_with("kB") || ["yes", "no"].contains(&word);
    let front = row.text.find(label).unwrap_or_default();
    let mut cut = false;
    while let Some((rest, last)) = row.text.rsplit_once(' ').filter(|(rest, _)| rest.len() >= front) {
        if whole(last) {
            break;
        }
        cut = true;
        let length = rest.len();
        row.text.truncate(length);
    }
    if cut {
        lost.cut.push(row.number);
    }
}

/// The zones whose marks are told.
fn zones(rows: &[Row]) -> Vec<Zone> {
    let mut zones: Vec<Zone> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let text = row.text.as_str();
        if let Some((name, _)) = text.split_once(" free:").filter(|_| text.starts_with("Node ")) {
            let marks = ["free", "min", "low", "high"].map(|mark| kb(text, mark));
            if let [Some(free), Some(min), Some(_), Some(_)] = marks
                && zones.len() < MAX_ZONES
            {
                zones.push(Zone { name: name.to_owned(), at, free, min, list: None, has_reserve: false });
            }
        } else if text.starts_with("lowmem_reserve[]:") {
            zones.iter_mut().last().into_iter().for_each(|zone| zone.has_reserve = true);
        } else if let Some((name, _)) = text.split_once(": ").filter(|_| text.starts_with("Node ")) {
            let zone = zones.iter_mut().find(|zone| zone.name == name);
            zone.into_iter().for_each(|zone| zone.list = Some(at));
        }
    }
    zones
}

fn kb(text: &str, name: &str) -> Option<u64> {
    number(text, &format!(" {name}:"))
}

/// Sizes and pages of contiguous areas for the zones that have lost them, out of what the machine has: in proportion to
/// their min marks, as the kernel sets these.
fn add_sizes(rows: &mut [Row], zones: &[Zone], lost: &mut Lost) {
    let text = |zone: &Zone| rows[zone.at].text.as_str();
    let is_cut = |zone: &Zone| kb(text(zone), "present").is_none();
    let total = |label: &str| rows.iter().find_map(|row| row.text.strip_suffix(label)?.parse::<u64>().ok());
    let told = |name: &str| zones.iter().filter_map(|zone| kb(text(zone), name)).fold(0, u64::saturating_add);
    let pages = total(" pages RAM").map(|ram| ram.saturating_sub(total(" pages reserved").unwrap_or(0)));
    let left = pages.map(|pages| pages.saturating_mul(4).saturating_sub(told("managed")));
    let min = zones.iter().filter(|zone| is_cut(zone)).map(|zone| zone.min).fold(0, u64::saturating_add);
    let sizes: Vec<Option<u64>> = zones
        .iter()
        .map(|zone| is_cut(zone).then(|| share(left.unwrap_or(0), zone.min, min).max(least(text(zone), zone.free))))
        .collect();
    let of_areas = rows.iter().find_map(|row| pages_of_areas(&row.text)).unwrap_or(0).saturating_mul(4);
    let areas_left = of_areas.saturating_sub(told("free_cma"));
    let has_areas = |zone: &Zone| zone.list.is_some_and(|at| rows[at].text.contains('C'));
    let lacks_areas = |zone: &&Zone| kb(text(zone), "free_cma").is_none();
    let owner = zones.iter().filter(lacks_areas).find(|zone| zones.len() == 1 || has_areas(zone)).map(|zone| zone.at);
    for (zone, size) in zones.iter().zip(sizes) {
        let row = &mut rows[zone.at];
        if let Some(size) = size {
            lost.cut.push(row.number);
            row.text.push_str(&format!(" present:{size}kB managed:{size}kB"));
        }
        if owner == Some(zone.at) && areas_left > 0 {
            row.text.push_str(&format!(" free_cma:{}kB", areas_left.min(zone.free)));
        }
    }
}

fn share(all: u64, part: u64, sum: u64) -> u64 {
    let share = u128::from(all) * u128::from(part) / u128::from(sum.max(1));
    u64::try_from(share).unwrap_or(u64::MAX) / 4 * 4
}

/// What a zone has at least: what is free, and what is on its lists.
fn least(text: &str, free: u64) -> u64 {
    let names = ["active_anon", "inactive_anon", "active_file", "inactive_file", "unevictable"];
    names.iter().filter_map(|name| kb(text, name)).fold(free, u64::saturating_add) / 4 * 4
}

/// Free pages of contiguous areas, where the machine's counters tell them.
fn pages_of_areas(text: &str) -> Option<u64> {
    let rest = &text[text.find("free_cma:")?..];
    let word = rest.split_whitespace().next().filter(|_| !text.starts_with("Node "))?;
    word.strip_prefix("free_cma:")?.parse().ok()
}

/// The machine's counters, as far as its zones tell them.
fn of_machine(rows: &[Row]) -> String {
    let sum = |name: &str| {
        let zones = rows.iter().filter(|row| row.text.starts_with("Node ") && row.text.contains(" free:"));
        zones.filter_map(|row| kb(&row.text, name)).fold(0, u64::saturating_add) / 4
    };
    let [anon, idle_anon, file, idle_file, unevictable, free] =
        ["active_anon", "inactive_anon", "active_file", "inactive_file", "unevictable", "free"].map(sum);
    let lists = format!("active_anon:{anon} inactive_anon:{idle_anon} isolated_anon:0\n active_file:{file}");
    format!("{lists} inactive_file:{idle_file} isolated_file:0\n unevictable:{unevictable}\n free:{free}")
}

/// A list of free blocks that is cut off, completed out of the free pages; `None` if nothing is lost.
fn complete_list(text: &str, free: u64) -> Option<String> {
    let (zone, list) = text.split_once(": ")?;
    let is_letters = |word: &str| word.starts_with('(') && word.ends_with(')');
    let words: Vec<&str> =
        list.split_whitespace().take_while(|word| block(word).is_some() || is_letters(word)).collect();
    let orders = words.iter().filter(|word| block(word).is_some()).count() as u32;
    let total = list.rsplit_once("= ").and_then(|(_, total)| total.strip_suffix("kB")?.parse::<u64>().ok());
    if total.is_some() && orders == ORDERS {
        return None;
    }
    let told = kb_of(words.iter().copied());
    let lost = largest_blocks(orders, free.saturating_sub(told), "");
    let all: Vec<String> = words.iter().map(|&word| word.to_owned()).chain(lost).collect();
    Some(list_of(zone, &all))
}

/// Free blocks of a zone as large as its free pages allow.
fn any_blocks(zone: &Zone, letters: &str) -> String {
    list_of(&zone.name, &largest_blocks(0, zone.free, letters))
}

/// The counts of blocks from an order on, by order: as few and large ones as hold so many kB.
fn largest_blocks(first: u32, mut kb: u64, letters: &str) -> Vec<String> {
    let counts = (first..ORDERS).rev().map(|order| {
        let size = 4 << order;
        let count = kb / size;
        kb %= size;
        format!("{count}*{size}kB{}", if count > 0 { letters } else { "" })
    });
    let mut words: Vec<String> = counts.collect();
    words.reverse();
    words
}

/// A zone's line of free blocks, and what they come to.
fn list_of(zone: &str, words: &[String]) -> String {
    // A count and the letters of its types are two words of the line.
    let list = words.join(" ");
    format!("{zone}: {list} = {}kB", kb_of(list.split(' ')))
}

/// What the counts of blocks among some words come to.
fn kb_of<'a>(words: impl Iterator<Item = &'a str>) -> u64 {
    words.filter_map(block).fold(0, |sum, (count, size)| sum.saturating_add(count.saturating_mul(size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(text: &str) -> (Vec<String>, Lost) {
        let rows = text.lines().zip(1..).map(|(line, number)| Row::new(line.to_owned(), number)).collect();
        let (rows, lost) = complete(rows);
        (rows.into_iter().map(|row| row.text).collect(), lost)
    }

    #[test]
    fn what_is_whole_stays_as_it_is() {
        let list =
            "Node 0 DMA: 1*4kB (U) 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB 0*256kB 0*512kB 0*1024kB 0*2048kB 0*4096kB = 4kB";
        let text = format!(
            "Mem-Info:\nactive_anon:1\n free:1\nNode 0 DMA free:4kB min:4kB low:4kB high:4kB present:8kB\nlowmem_reserve[]: 0\n{list}"
        );
        let (rows, lost) = completed(&text);
        assert_eq!(rows.join("\n"), text);
        assert_eq!(lost, Lost::default());
    }

    #[test]
    fn a_cut_zone_gets_what_the_others_leave() {
        let (rows, lost) = completed(
            "Mem-Info:\nactive_anon:1\nNode 0 DMA free:4kB min:4kB low:4kB high:4kB active_anon:0kB inactive_ano\n\
             lowmem_reserve[]: 0 0\nNode 0 Normal free:4kB min:12kB low:4kB high:4kB active_anon:0B\nlowmem_reserve[]: 0 0\n\
             Node 0 DMA: 1*4kB (U) 0*8kB 0*1B\nNode 0 Normal: 0*4kB 0*8k\n1100 pages RAM\n100 pages reserved",
        );
        assert!(rows[2].ends_with("active_anon:0kB present:1000kB managed:1000kB"), "{}", rows[2]);
        assert!(rows[4].ends_with("high:4kB present:3000kB managed:3000kB"), "{}", rows[4]);
        assert!(rows[6].starts_with("Node 0 DMA: 1*4kB (U) 0*8kB 0*16kB") && rows[6].ends_with("0*4096kB = 4kB"));
        assert_eq!(lost, Lost { cut: vec![3, 5, 7, 8], unlisted: Vec::new() });
    }

    #[test]
    fn missing_lines_are_stood_in_for() {
        let (rows, lost) = completed("Mem-Info:\nNode 0 DMA free:12kB min:4kB low:4kB high:4kB present:8kB");
        assert!(rows[1].starts_with("active_anon:0") && rows[1].ends_with(" free:3"), "{}", rows[1]);
        assert_eq!(rows[3], "lowmem_reserve[]: 0 0 0 0");
        assert!(rows[4].starts_with("Node 0 DMA: 1*4kB 1*8kB 0*16kB") && rows[4].ends_with("= 12kB"), "{}", rows[4]);
        assert_eq!(lost, Lost { cut: vec![2], unlisted: vec![2] });
    }
}
