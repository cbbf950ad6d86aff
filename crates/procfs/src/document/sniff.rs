//! What a line begins, and how far it goes.

use super::Kind;
use crate::trace::split;

/// The kind of text that begins with a line; the one after it may have to be seen, too.
pub(super) fn begins(line: &str, next: &str) -> Option<Kind> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    Some(match first {
        "Node" if is_zone(rest) => match after_zone(rest) {
            "" => Kind::ZoneInfo,
            _ => Kind::BuddyInfo,
        },
        "Node" if rest.contains(" MemTotal: ") => Kind::MemInfo,
        "Page" if rest.starts_with("block order:") => Kind::PageTypeInfo,
        "MemTotal:" => Kind::MemInfo,
        "nr_free_pages" => Kind::VmStat,
        "numa_hit" => Kind::NumaStat,
        "cache" if next.starts_with("rss ") => Kind::CgroupStat,
        "anon" if next.starts_with("file ") => Kind::CgroupStat,
        "available:" if rest.contains(" nodes (") => Kind::Hardware,
        "some" | "full" if rest.starts_with("avg10=") => Kind::Pressure,
        "min_free_kbytes" => Kind::Sysctl,
        "name:" if next.starts_with("ID: ") => Kind::EventFormat,
        _ if is_setting(first, rest) => Kind::Sysctl,
        _ if split(line).is_some() => Kind::Trace,
        "#" if rest.starts_with("tracer: ") => Kind::Trace,
        _ => return None,
    })
}

/// Whether a line goes on with a text of a kind. A damaged line does, so that its error is found.
pub(super) fn goes_on(kind: Kind, line: &str) -> bool {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    match kind {
        Kind::BuddyInfo => first == "Node" && is_zone(rest) && !after_zone(rest).is_empty(),
        Kind::ZoneInfo => line.starts_with("  ") || first == "Node" && is_zone(rest) && after_zone(rest).is_empty(),
        Kind::PageTypeInfo => {
            first == "Node" && is_zone(rest)
                || ["Page block order:", "Pages per block:", "Free pages count per", "Number of "]
                    .iter()
                    .any(|start| line.starts_with(start))
        }
        Kind::VmStat | Kind::NumaStat | Kind::CgroupStat => is_name(first) && !rest.is_empty() && !rest.contains(' '),
        Kind::MemInfo => first.ends_with(':') || first == "Node",
        Kind::Hardware => {
            ["node ", "No distance "].iter().any(|start| line.starts_with(start))
                || line.trim_start().starts_with(|c: char| c.is_ascii_digit())
        }
        Kind::Sysctl => is_setting(first, rest) || is_name(first) && !rest.is_empty() && !rest.contains(' '),
        Kind::Pressure => ["some", "full"].contains(&first),
        Kind::EventFormat => {
            let starts = ["ID: ", "format:", "\tfield:", "print fmt: "];
            starts.iter().any(|start| line.starts_with(start))
        }
        // Call chains of perf are indented by tabs.
        Kind::Trace => first.starts_with('#') || line.starts_with('\t') || split(line).is_some(),
        Kind::Distance | Kind::Ids | Kind::Log => false,
    }
}

/// Whether blank lines can stand within a text of a kind.
pub(super) fn has_blank_lines(kind: Kind) -> bool {
    matches!(kind, Kind::PageTypeInfo | Kind::EventFormat | Kind::Trace)
}

/// The file whose text follows: `==> FILE <==`, or a shell's command such as `$ cat FILE`.
pub(super) fn announces(line: &str) -> Option<Kind> {
    let line = line.trim();
    if let Some(path) = line.strip_prefix("==> ").and_then(|rest| rest.strip_suffix(" <==")) {
        return Kind::of_path(path);
    }
    let (before, path) = line.rsplit_once("cat /")?;
    (before.is_empty() || before.ends_with(['$', '#', ' '])).then(|| Kind::of_path(path)).flatten()
}

/// What follows the word `Node` in a line about a zone.
fn is_zone(rest: &str) -> bool {
    let rest = rest.trim_start();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest.get(digits..).is_some_and(|rest| rest.starts_with(", zone"))
}

/// What follows the zone's name.
fn after_zone(rest: &str) -> &str {
    let name = rest.split_once(", zone").map_or("", |(_, rest)| rest.trim_start());
    name.split_once(' ').map_or("", |(_, rest)| rest.trim())
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_setting(name: &str, rest: &str) -> bool {
    rest.starts_with("= ") && ["vm.", "kernel.", "fs.", "net.", "dev."].iter().any(|group| name.starts_with(group))
}
