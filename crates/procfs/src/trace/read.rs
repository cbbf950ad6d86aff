//! Reading the `trace` file.

use super::{
    CompactionEvent, IsolationEvent, KmemEvent, OomEvent, PagemapEvent, TraceEvent, TraceLine, VmscanEvent,
    WritebackEvent,
};
use crate::line::FieldError;
use crate::report::LogError;

/// Reads the known events of a `trace` file, each with the number of its line from 1. Comments and other events are passed over.
///
/// # Errors
/// [`LogError`] with line and value, where a known event has something else where a value should be.
pub fn read_trace(text: &str) -> Result<Vec<(usize, TraceLine)>, LogError> {
    let mut events = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let Some((context, name, values)) = split(line) else { continue };
        let Some(event) = event(name, values).map_err(|error| placed(error, line, values, number))? else { continue };
        let Some(line) = trace_line(context, event) else {
            return Err(LogError::new(number, "context", "`task-pid [cpu] flags time`", context.trim()));
        };
        events.push((number, line));
    }
    Ok(events)
}

/// An error in an event's values, which stand at the end of a line.
fn placed(error: FieldError, line: &str, values: &str, number: usize) -> LogError {
    let before = line.strip_suffix(values).unwrap_or_default().chars().count();
    LogError::at(number, before, error)
}

/// Who and when, the event's name, and its values.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    // A task's name may hold brackets and colons, too, but hardly a number of three digits in brackets.
    let cpu_end = line.match_indices("] ").map(|(at, _)| at).find(|&at| {
        let cpu = line[..at].rsplit_once('[').map_or("", |(_, cpu)| cpu);
        cpu.len() >= 3 && cpu.bytes().all(|b| b.is_ascii_digit())
    })?;
    let time_end = cpu_end + line[cpu_end..].find(": ")?;
    let (name, values) = line[time_end + 2..].split_once(": ")?;
    Some((&line[..time_end], name, values))
}

fn event(name: &str, values: &str) -> Result<Option<TraceEvent>, FieldError> {
    Ok(if let Some(event) = KmemEvent::read(name, values)? {
        Some(TraceEvent::Kmem(event))
    } else if let Some(event) = VmscanEvent::read(name, values)? {
        Some(TraceEvent::Vmscan(event))
    } else if let Some(event) = CompactionEvent::read(name, values)? {
        Some(TraceEvent::Compaction(event))
    } else if let Some(event) = OomEvent::read(name, values)? {
        Some(TraceEvent::Oom(event))
    } else if let Some(event) = WritebackEvent::read(name, values)? {
        Some(TraceEvent::Writeback(event))
    } else if let Some(event) = PagemapEvent::read(name, values)? {
        Some(TraceEvent::Pagemap(event))
    } else {
        IsolationEvent::read(name, values)?.map(TraceEvent::Isolation)
    })
}

fn trace_line(context: &str, event: TraceEvent) -> Option<TraceLine> {
    let (task, rest) = context.rsplit_once('[')?;
    let (cpu, rest) = rest.split_once("] ")?;
    let (comm, pid) = task.trim().rsplit_once('-')?;
    let (flags, time) = rest.trim().split_once(' ')?;
    let (seconds, micros) = time.trim().split_once('.').filter(|(_, micros)| micros.len() == 6)?;
    let micros = seconds.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micros.parse().ok()?)?;
    let (pid, cpu) = (pid.trim().parse().ok()?, cpu.parse().ok()?);
    Some(TraceLine { comm: comm.to_owned(), pid, cpu, flags: flags.to_owned(), micros, event })
}
