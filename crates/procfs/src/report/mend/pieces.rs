//! A line of a text as the lines that the kernel printed.

/// How others write the end of a line inside one.
const LINE_ENDS: [&str; 2] = ["#012", "\\x0a"];

/// Longest time in brackets.
const MAX_TIME: usize = 24;

/// The kernel's lines in one of the text: those that a logger or a mail program put into one.
pub(super) fn pieces(line: &str) -> Vec<&str> {
    let mut rest = without_broken_time(without_record(line));
    let mut pieces = Vec::new();
    while let Some((end, next)) = LINE_ENDS.iter().filter_map(|end| Some((rest.find(end)?, end.len()))).min() {
        push(&mut pieces, &rest[..end]);
        rest = &rest[end + next..];
    }
    push(&mut pieces, rest);
    pieces
}

/// Adds what stands before each time, and what stands after the last.
fn push<'a>(pieces: &mut Vec<&'a str>, mut rest: &'a str) {
    while let Some(at) = inner_time(rest) {
        pieces.push(&rest[..at]);
        rest = &rest[at..];
    }
    // The beginning of a time that goes on in the next line.
    pieces.push(rest.strip_suffix(" [").unwrap_or(rest));
}

/// Where the next line's time begins, such as `[  776.233602]`.
fn inner_time(line: &str) -> Option<usize> {
    let is_time = |at: &usize| {
        let end = (at + 2 + MAX_TIME).min(line.len());
        let time = line.get(at + 2..end).unwrap_or_default().split_once("] ").map(|(time, _)| time.trim_start());
        time.and_then(|time| time.split_once('.')).is_some_and(|(seconds, rest)| is_number(seconds) && is_number(rest))
    };
    line.match_indices(" [")
        .map(|(at, _)| at)
        .filter(is_time)
        .map(|at| at + 1)
        .find(|at| !line[..*at].trim().is_empty())
}

/// Without the rest of a time whose bracket ends the line before.
fn without_broken_time(line: &str) -> &str {
    let time = line.split_once("] ").filter(|(time, _)| time.split('.').count() == 2 && time.split('.').all(is_number));
    time.map_or(line, |(_, rest)| rest)
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
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

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn lines_that_were_put_into_one_are_taken_apart() {
        assert_eq!(pieces("a:1\\x0a b:2#012c"), ["a:1", " b:2", "c"]);
        assert_eq!(pieces("yes [  776.233602] Normal [  776.3] x"), ["yes ", "[  776.233602] Normal ", "[  776.3] x"]);
        assert_eq!(pieces("find 0/0 ["), ["find 0/0"]);
        assert_eq!(pieces("776.292645] Free swap  = 0kB"), ["Free swap  = 0kB"]);
        assert_eq!(pieces("[    1.0] [ pid ] a [x] b"), ["[    1.0] [ pid ] a [x] b"]);
    }
}
