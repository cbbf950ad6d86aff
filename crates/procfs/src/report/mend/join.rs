//! Lines that mail programs and terminals broke.

/// What stands directly after a comma, without a blank.
const AFTER_COMMA: [&str; 6] = ["cpuset=", "mems_allowed=", "global_oom", "oom_memcg=", "task_memcg=", "task="];

/// Longer than any line of the kernel about memory.
const MAX_LENGTH: usize = 4096;

/// What stands between a line and the one that it goes on in, if it does: a blank, or nothing. `bare` lines have no time
/// of their own.
pub(super) fn goes_on_with(row: &str, said: &str, bare: bool) -> Option<&'static str> {
    if !bare || said.is_empty() || row.len() > MAX_LENGTH {
        return None;
    }
    if ends_within_word(row, said) {
        return Some("");
    }
    if (is_open(row) && goes_on(said))
        || is_rest_of_request(row, said)
        || is_cut_row(row, said)
        || is_zone_alone(row, said)
    {
        let joined = row.ends_with(',') && AFTER_COMMA.iter().any(|start| said.starts_with(start));
        return Some(if joined { "" } else { " " });
    }
    None
}

/// Whether a line may go on in the next one.
fn is_open(line: &str) -> bool {
    let parts = [
        ": page allocation failure",
        ": page allocation stalls",
        ": vmalloc",
        " invoked oom-killer",
        "oom-kill:constraint=",
        "illed process ",
    ];
    line.starts_with("Node ") || parts.iter().any(|part| line.contains(part))
}

/// Whether a request's flags are still to come, or a list that a comma ended the line of.
fn is_rest_of_request(row: &str, said: &str) -> bool {
    let request = [": vmalloc", ": page allocation "].iter().any(|part| row.contains(part));
    (request && !row.contains("mode:") && said.contains("mode:"))
        || (row.starts_with("Swap cache stats:") && !row.contains('/'))
}

/// Whether a zone's name stands alone before its counters.
fn is_zone_alone(row: &str, said: &str) -> bool {
    super::start::ZONES.contains(&row) && said.starts_with("free:")
}

/// Whether a counter is broken within its name or value, as terminals do.
fn ends_within_word(row: &str, said: &str) -> bool {
    let Some(last) = row.rsplit(' ').next().filter(|last| row.starts_with("Node ") && !is_counter(last)) else {
        return false;
    };
    let first = said.split(' ').next().unwrap_or_default();
    is_counter(&format!("{last}{first}"))
}

/// Whether a word is a name and its kB.
pub(super) fn is_counter(word: &str) -> bool {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_()".contains(&byte));
    let value = word.split_once(':').filter(|(name, _)| is_name(name)).map(|(_, value)| value);
    let number = value.and_then(|value| value.strip_suffix("kB").or(value.strip_suffix("KB")));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a row of the table of tasks, or its heading, goes on in the next line.
fn is_cut_row(row: &str, said: &str) -> bool {
    let heading = row.starts_with("[ ") && row.contains(" pid ") && !row.ends_with(" name");
    if heading {
        return said.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b' ');
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
    // The machine's own counters begin with a number of pages.
    let of_machine = word.starts_with("active_anon:") && !is_counter(word);
    let named = name.len() < word.len() && name.starts_with([':', '=', '?']) && !of_machine;
    let blocks = word.split_once('*').is_some_and(|(count, _)| count.bytes().all(|b| b.is_ascii_digit()));
    let size = word.strip_suffix("kB").is_some_and(|kb| !kb.is_empty() && kb.bytes().all(|b| b.is_ascii_digit()));
    named || (blocks && word.ends_with("kB")) || size || ["=", "yes", "no"].contains(&word) || word.starts_with('(')
}
