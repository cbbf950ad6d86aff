//! Who and when: what stands before an event.

use super::TraceLine;
use std::fmt::{Formatter, Result};

/// How a tool sets lines of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Files `trace` and `trace_pipe`: `task-pid [cpu] flags time: event: values`. Flags may be missing.
    Trace,
    /// `trace` with the option `latency-format`: `task-pid cpuflags timeus : event: values`.
    Latency,
    /// `trace-cmd report`: like `trace`, the event in a column.
    TraceCmd,
    /// `perf script`: `task pid [cpu] time: group:event: values`.
    Perf,
}

/// A line, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Split<'a> {
    pub(crate) layout: Layout,
    pub(crate) comm: &'a str,
    pub(crate) pid: i32,
    pub(crate) cpu: u32,
    pub(crate) flags: &'a str,
    pub(crate) micros: u64,
    /// Group of the event, which only `perf script` tells.
    pub(crate) group: &'a str,
    pub(crate) name: &'a str,
    pub(crate) values: &'a str,
}

/// Takes a line with an event of any name apart.
pub(crate) fn split(line: &str) -> Option<Split<'_>> {
    let (context, event) = with_bracket(line).or_else(|| with_micros(line))?;
    let trimmed = event.trim_start();
    let (name, values) = trimmed.split_once(": ").or_else(|| Some((trimmed.strip_suffix(':')?, "")))?;
    let (group, name) = name.rsplit_once(':').unwrap_or(("", name));
    let padded = values.starts_with(' ');
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let layout = match context.layout {
        Layout::Trace if padded => Layout::TraceCmd,
        layout => layout,
    };
    let is_fitting = is_name && (group.is_empty() || layout == Layout::Perf);
    is_fitting.then(|| Split { layout, group, name, values: values.trim_start(), ..context })
}

/// Context, name and values of a line whose context cannot be taken apart.
pub(crate) fn with_bad_context(line: &str) -> Option<(&str, &str, &str)> {
    let (_, rest) = line.split_at_checked(cpu(line)?)?;
    let (_, event) = rest.split_once(": ")?;
    let (name, values) = event.split_once(": ")?;
    Some((line.strip_suffix(event)?.trim().trim_end_matches(':'), name, values))
}

/// Where the CPU in brackets is.
fn cpu(line: &str) -> Option<usize> {
    // A task's name may hold brackets and colons, too, but hardly a number of three digits in brackets.
    line.match_indices(" [").map(|(at, _)| at + 1).find(|&at| is_cpu(line.get(at..).unwrap_or_default()))
}

/// A line with the CPU in brackets, and its event.
fn with_bracket(line: &str) -> Option<(Split<'_>, &str)> {
    let (task, rest) = line.split_at_checked(cpu(line)?)?;
    let (cpu, rest) = rest.strip_prefix('[')?.split_once(']')?;
    let (context, event) = rest.split_once(": ")?;
    let (flags, time) = context.trim().rsplit_once([' ', '\t']).unwrap_or(("", context.trim()));
    let (layout, comm, pid) = task_and_pid(task.trim())?;
    let (cpu, micros, flags) = (cpu.parse().ok()?, micros(time)?, flags.trim());
    Some((Split { layout, comm, pid, cpu, flags, micros, group: "", name: "", values: "" }, event))
}

fn is_cpu(text: &str) -> bool {
    let digits = text.bytes().skip(1).take(5).take_while(u8::is_ascii_digit).count();
    digits >= 3 && text.as_bytes().get(digits + 1) == Some(&b']')
}

fn task_and_pid(task: &str) -> Option<(Layout, &str, i32)> {
    // Option record-tgid adds a thread group: `task-pid ( tgid)`.
    let (task, _) = task.rsplit_once('(').filter(|(_, group)| group.ends_with(')')).unwrap_or((task, ""));
    let task = task.trim_end();
    if let Some((comm, pid)) = task.rsplit_once('-')
        && let Ok(pid) = pid.trim_end().parse()
    {
        return Some((Layout::Trace, comm, pid));
    }
    let (comm, pid) = task.rsplit_once(' ')?;
    // Newer perf shows thread group and thread: `task 12/13`.
    let pid = pid.rsplit_once('/').map_or(pid, |(_, pid)| pid);
    Some((Layout::Perf, comm.trim_end(), pid.parse().ok()?))
}

/// Microseconds of `seconds.micros`; nanoseconds are cut.
fn micros(time: &str) -> Option<u64> {
    let (seconds, part) = time.split_once('.')?;
    let micros: u64 = part.get(..6).filter(|_| part.len() == 6 || part.len() == 9)?.parse().ok()?;
    seconds.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micros)
}

/// A line in latency format, and its event.
fn with_micros(line: &str) -> Option<(Split<'_>, &str)> {
    let (context, event) = line.split_once(": ")?;
    // A mark for long delays stands between.
    let context = context.trim_end_matches([' ', '+', '!', '#', '*', '@', '$']);
    let (context, time) = context.strip_suffix("us")?.rsplit_once([' ', '\t'])?;
    let (task, cpu) = context.trim_end().rsplit_once([' ', '\t'])?;
    let digits = cpu.bytes().take_while(u8::is_ascii_digit).count();
    let (cpu, flags) = cpu.split_at_checked(digits)?;
    let (comm, pid) = task.trim().rsplit_once('-')?;
    let (cpu, pid, micros) = (cpu.parse().ok()?, pid.trim_end().parse().ok()?, time.parse().ok()?);
    Some((Split { layout: Layout::Latency, comm, pid, cpu, flags, micros, group: "", name: "", values: "" }, event))
}

impl Layout {
    /// Writes a line; the group is that of `perf script`.
    pub(crate) fn write(self, line: &TraceLine, group: &str, f: &mut Formatter<'_>) -> Result {
        let TraceLine { comm, pid, cpu, flags, micros, event } = line;
        let (seconds, part) = (micros / 1_000_000, micros % 1_000_000);
        match self {
            Layout::Trace | Layout::TraceCmd => {
                write!(f, "{comm:>16}-{pid:<7} [{cpu:03}] ")?;
                if !flags.is_empty() {
                    write!(f, "{flags} ")?;
                }
                write!(f, "{seconds:>5}.{part:06}: {event}")
            }
            Layout::Latency => write!(f, "{comm:>8}-{pid:<7} {cpu:>3}{flags} {micros:>4}us : {event}"),
            Layout::Perf => {
                write!(f, "{comm:>16} {pid:>5} [{cpu:03}] {seconds:>5}.{part:06}: ")?;
                if !group.is_empty() {
                    write!(f, "{group}:")?;
                }
                write!(f, "{event}")
            }
        }
    }
}
