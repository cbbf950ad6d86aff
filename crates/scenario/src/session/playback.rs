//! A recording of a real kernel, stepped through with the model beside it.

use super::Trace;
use super::allocations::Allocations;
use super::error::FieldError;
use crate::explain::{Why, explain};
use crate::pagemap::Classes;
use crate::recording::{MemorySource, OpReader, Recording};
use crate::replay::{Checked, ReplayError, Runner};
use crate::view::Sight;
use buddyscope_mm::event::Event;
use serde::Serialize;

/// Where a playback is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordingView {
    /// Name of the recording.
    pub name: String,
    /// Operations in all.
    pub operations: u64,
    /// Operations done.
    pub position: u64,
    /// The line that was done last.
    pub line: String,
    /// What the kernel did, as far as the line says it: what stands after its arrow.
    pub kernel: String,
    /// What the model did.
    pub model: String,
    /// Operations that kernel and model did alike.
    pub matches: u64,
    /// The first difference, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<String>,
}

/// A recording being played back.
pub struct Playback {
    recording: Recording,
    ops: Vec<u8>,
    operations: u64,
    runner: Runner<Trace>,
    /// Where the next line begins: byte and number.
    place: (usize, u32),
    position: u64,
    matches: u64,
    mismatch: Option<String>,
    last: Last,
    classes: Classes,
    nobody: Allocations,
}

const FILE: &str = "ops.txt";

/// The operation that was done last.
#[derive(Clone, Default)]
struct Last {
    /// Its bytes of the file.
    line: (usize, usize),
    /// The numbers of its events.
    events: (u64, u64),
    /// What the model did where that differs.
    differs: Option<String>,
}

impl Playback {
    /// Loads a recording: files by name, decompressed.
    ///
    /// # Errors
    /// [`FieldError`] about `recording`, naming file and line of what cannot be read.
    pub fn load(name: &str, files: Vec<(String, Vec<u8>)>) -> Result<Playback, FieldError> {
        let mut source = MemorySource::new();
        files.into_iter().for_each(|(path, bytes)| source.insert(path, bytes));
        let recording = Recording::new(name, source);
        let ops = recording.ops().map_err(|error| refused(&error.into()))?;
        let operations = count(&ops).map_err(|error| refused(&error))?;
        let runner = Runner::new(&recording, Trace::default()).map_err(|error| refused(&error))?;
        Ok(Playback {
            recording,
            ops,
            operations,
            runner,
            place: (0, 0),
            position: 0,
            matches: 0,
            mismatch: None,
            last: Last::default(),
            classes: Classes::default(),
            nobody: Allocations::default(),
        })
    }

    /// Back to the start.
    ///
    /// # Errors
    /// As [`Playback::load`], which would be a defect now.
    pub fn rewind(&mut self) -> Result<(), FieldError> {
        self.runner = Runner::new(&self.recording, Trace::default()).map_err(|error| refused(&error))?;
        (self.place, self.position, self.matches) = ((0, 0), 0, 0);
        (self.mismatch, self.last) = (None, Last::default());
        self.classes.reset();
        Ok(())
    }

    /// Does up to `count` operations, and what is written between them. Differences are noted and do not stop it.
    ///
    /// # Errors
    /// [`FieldError`] about `recording` if a line cannot be read or done; the lines before it are done then.
    pub fn step(&mut self, count: u64) -> Result<(), FieldError> {
        let end = self.position.saturating_add(count);
        while self.position < end && self.line()? {}
        Ok(())
    }

    /// Does one line; false at the end.
    fn line(&mut self) -> Result<bool, FieldError> {
        let mut reader = OpReader::new(&self.ops, FILE);
        reader.resume(self.place.0, self.place.1);
        let op = match reader.next_op() {
            None => return Ok(false),
            Some(op) => op.map_err(|error| refused(&error.into()))?,
        };
        let is_operation = Runner::<Trace>::is_operation(&op);
        let from = self.runner.machine().sink().now();
        let checked = self.runner.run(op, reader.line()).map_err(|error| refused(&error))?;
        let (begin, end) = (self.place.0, reader.position());
        self.place = (end, reader.line());
        let differs = match checked {
            Checked::Differs(model) => Some(model),
            _ => None,
        };
        if let (Some(model), None) = (&differs, &self.mismatch) {
            let line = self.text((begin, end));
            self.mismatch = Some(format!("{FILE}, line {}: {line}: the model: {model}", self.place.1));
        }
        if is_operation {
            self.position += 1;
            self.matches += u64::from(self.mismatch.is_none());
            self.last = Last { line: (begin, end), events: (from, self.runner.machine().sink().now()), differs };
        }
        Ok(true)
    }

    fn text(&self, (begin, end): (usize, usize)) -> String {
        String::from_utf8_lossy(&self.ops[begin..end]).trim().to_owned()
    }

    /// Where it is.
    #[must_use]
    pub fn view(&self) -> RecordingView {
        let line = self.text(self.last.line);
        let model = match &self.last.differs {
            Some(model) => model.clone(),
            None if self.position == 0 => String::new(),
            None => outcome_of(&self.events()),
        };
        RecordingView {
            name: self.recording.name().to_owned(),
            operations: self.operations,
            position: self.position,
            kernel: line.split_once("-> ").map_or_else(String::new, |(_, kernel)| kernel.to_owned()),
            line,
            model,
            matches: self.matches,
            mismatch: self.mismatch.clone(),
        }
    }

    fn events(&self) -> Vec<Event> {
        let (from, to) = self.last.events;
        self.runner.machine().sink().between(from, to).unwrap_or_default()
    }

    /// The walk of the operation last done, if it was an allocation.
    #[must_use]
    pub fn why(&self) -> Option<Why> {
        let events = self.events();
        let allocates = events.iter().any(|event| matches!(event, Event::AllocBegin { .. }));
        allocates.then(|| explain(0, &events, true, Vec::new()))
    }

    /// The machine to look at, with its page classes brought up to date.
    pub fn sight(&mut self) -> Sight<'_> {
        let machine = self.runner.machine();
        self.classes.update(machine, &self.nobody);
        let (title, version) = (self.recording.name(), self.position);
        Sight { machine, allocations: &self.nobody, classes: &self.classes, title, rebuilt: false, version }
    }
}

/// Operations in all, which also shows that every line can be read.
fn count(ops: &[u8]) -> Result<u64, ReplayError> {
    let mut reader = OpReader::new(ops, FILE);
    let mut count = 0;
    while let Some(op) = reader.next_op() {
        count += u64::from(Runner::<Trace>::is_operation(&op?));
    }
    Ok(count)
}

/// What an operation came to, in the recording's words.
fn outcome_of(events: &[Event]) -> String {
    match events.last() {
        Some(Event::AllocEnd { pfn: Some(pfn), zone: Some(zone), .. }) => {
            format!("pfn={pfn} zone={}:{}", zone.node(), zone.zone_type().index())
        }
        Some(Event::AllocEnd { pfn: None, .. }) => "pfn=FAIL".to_owned(),
        _ => "the same".to_owned(),
    }
}

fn refused(error: &ReplayError) -> FieldError {
    FieldError::new("recording", error.to_string())
}
