//! Reading the `trace` file.

use super::context::{Split, split, with_bad_context};
use super::{
    CompactionEvent, IsolationEvent, KmemEvent, OomEvent, PagemapEvent, TraceEvent, TraceLine, VmscanEvent,
    WritebackEvent,
};
use crate::error::LogError;
use crate::line::FieldError;

/// Reads the known events of a `trace` file, each with the number of its line from 1. Comments and other events are passed over.
///
/// # Errors
/// [`LogError`] with line and value, where a known event has something else where a value should be.
pub fn read_trace(text: &str) -> Result<Vec<(usize, TraceLine)>, LogError> {
    let mut events = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let Some(split) = split(line) else {
            check_context(line, number)?;
            continue;
        };
        if let Some(line) = trace_line(&split).map_err(|error| placed(error, line, split.values, number))? {
            events.push((number, line));
        }
    }
    Ok(events)
}

/// Fails if a line that cannot be taken apart has a known event.
pub(crate) fn check_context(line: &str, number: usize) -> Result<(), LogError> {
    let Some((context, name, values)) = with_bad_context(line) else { return Ok(()) };
    match event(name, values) {
        Ok(Some(_)) => Err(LogError::new(number, "context", "`task-pid [cpu] flags time`", context)),
        _ => Ok(()),
    }
}

/// An error in an event's values, which stand at the end of a line.
pub(crate) fn placed(error: FieldError, line: &str, values: &str, number: usize) -> LogError {
    let before = line.strip_suffix(values).unwrap_or_default().chars().count();
    LogError::at(number, before, error)
}

/// The line with its event, `None` for an event of another name.
pub(crate) fn trace_line(line: &Split<'_>) -> Result<Option<TraceLine>, FieldError> {
    let Split { comm, pid, cpu, flags, micros, name, values, .. } = *line;
    let Some(event) = event(name, values)? else { return Ok(None) };
    Ok(Some(TraceLine { comm: comm.to_owned(), pid, cpu, flags: flags.to_owned(), micros, event }))
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
