//! Lists of free blocks with other orders than 5.10 has, and pages of other sizes.

use super::Row;

/// Orders of the lists of free blocks.
pub(super) const ORDERS: u32 = 11;
/// Sizes of pages in kB.
const PAGE_SIZES: [u64; 4] = [4, 8, 16, 64];

/// Free blocks with a count for each order, and with today's letters.
pub(super) fn with_all_orders(line: &str) -> String {
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

/// A number of blocks and their size in kB, such as `3*16kB`.
pub(super) fn block(word: &str) -> Option<(u64, u64)> {
    let (count, size) = word.strip_suffix("kB")?.split_once('*')?;
    Some((count.parse().ok()?, size.parse().ok()?))
}

/// Blocks of orders above 10 as blocks of order 10.
fn without_larger(front: &str) -> String {
    let largest = 4u64 << (ORDERS - 1);
    let is_larger = |word: &str| block(word).is_some_and(|(_, size)| size > largest && size.is_power_of_two());
    let words: Vec<&str> = front.split_whitespace().collect();
    let Some(at) = words.iter().position(|word| is_larger(word)) else { return front.to_owned() };
    let larger = words[at..].iter().filter_map(|word| block(word));
    let more = larger.fold(0, |sum: u64, (count, size)| sum.saturating_add(count.saturating_mul(size / largest)));
    let top = words.iter().position(|word| block(word).is_some_and(|(_, size)| size == largest)).unwrap_or(at);
    let count = block(words[top]).filter(|_| top < at).map_or(0, |(count, _)| count).saturating_add(more);
    let mut letters: Vec<char> = words[top..].concat().chars().filter(char::is_ascii_uppercase).collect();
    letters.retain(|letter| *letter != 'B');
    letters.dedup();
    let mut text = format!("{} {count}*{largest}kB", words[..top].join(" "));
    if !letters.is_empty() {
        let mut seen = String::new();
        letters.into_iter().for_each(|letter| {
            if !seen.contains(letter) {
                seen.push(letter)
            }
        });
        text.push_str(&format!(" ({seen})"));
    }
    text
}

/// The size of the machine's pages in kB: that of its smallest blocks, or what its counters of free memory tell.
pub(super) fn page_kb(rows: &[Row]) -> u64 {
    let zones = || rows.iter().filter(|row| row.text.starts_with("Node "));
    let first = zones().find_map(|row| row.text.split(' ').find_map(block));
    let size = first.map(|(_, size)| size).or_else(|| {
        let free = zones().filter_map(|row| number(&row.text, " free:")).fold(0, u64::saturating_add);
        let pages = rows.iter().find_map(|row| row.text.strip_prefix("free:").and_then(|rest| number(rest, "")))?;
        free.checked_div(pages)
    });
    size.filter(|size| PAGE_SIZES.contains(size)).unwrap_or(4)
}

/// The number after a label.
pub(super) fn number(text: &str, label: &str) -> Option<u64> {
    let rest = text.get(text.find(label)? + label.len()..)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest.get(..digits)?.parse().ok()
}

/// A line about memory with 4 kB for each page, whatever its size is.
pub(super) fn with_small_pages(line: &str, page_kb: u64) -> String {
    let about_pages = line.starts_with("Node ") && !line.contains(" hugepages_");
    if !about_pages && !line.starts_with("Free swap ") && !line.starts_with("Total swap ") {
        return line.to_owned();
    }
    line.split(' ').map(|word| small(word, page_kb).unwrap_or_else(|| word.to_owned())).collect::<Vec<_>>().join(" ")
}

fn small(word: &str, page_kb: u64) -> Option<String> {
    let front = word.strip_suffix("kB").or(word.strip_suffix("KB"))?;
    let name = front.trim_end_matches(|c: char| c.is_ascii_digit());
    let kb: u64 = front.get(name.len()..)?.parse().ok()?;
    let is_pages = name != "kernel_stack:" && kb.is_multiple_of(page_kb);
    is_pages.then(|| format!("{name}{}{}", kb / page_kb * 4, &word[front.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_blocks_stand_for_larger_ones() {
        let line = "Node 0 Normal: 1*4kB (U) 2*4096kB (M) 3*8192kB (MC) 1*16384kB (C) = 49156kB";
        let text = with_all_orders(line);
        assert!(text.starts_with("Node 0 Normal: 1*4kB (U) 12*4096kB (MC) 0*8kB"), "{text}");
        assert!(with_all_orders("Node 0 DMA: 1*4kB = 4kB").ends_with("0*4096kB = 4kB"));
    }

    #[test]
    fn large_pages_are_counted_like_small_ones() {
        let line = "Node 0 Normal free:2035072kB min:64kB reserved_highatomic:128KB kernel_stack:3632kB";
        let small = "Node 0 Normal free:127192kB min:4kB reserved_highatomic:8KB kernel_stack:3632kB";
        assert_eq!(with_small_pages(line, 64), small);
        assert_eq!(
            with_small_pages("Node 0 Normal: 4*64kB (M) 5*128kB = 896kB", 64),
            "Node 0 Normal: 4*4kB (M) 5*8kB = 56kB"
        );
        assert_eq!(with_small_pages("Node 0 hugepages_size=2048kB", 64), "Node 0 hugepages_size=2048kB");
    }
}
