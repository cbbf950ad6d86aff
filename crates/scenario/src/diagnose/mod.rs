//! What the kernel's own texts say about a machine, in plain words and with the numbers of the text.
//!
//! A failure report is answered with the check that failed in each zone, the kind of failure, and changes that would have
//! let the request pass, each tried. An OOM report with how it came to it, the score table and the choice.

mod area;
mod around;
mod failure;
mod lack;
mod machine;
mod old_rule;
mod oom;
mod text;
mod trace;

pub use lack::{Lack, ZoneFinding};
pub use machine::Access;
pub use oom::Score;

use around::Around;

use crate::explain::{Remedy, Why};
use crate::rebuild::{ProcTexts, RebuildError, Told};
use crate::sentence::{Args, Sentence};
use crate::session::{AllocForm, FieldError, Session};
use buddyscope_procfs::LogError;
use buddyscope_procfs::document::{Content, Document, DocumentPart};
use buddyscope_procfs::report::{Logged, Mended, Message, read_mended};
use buddyscope_procfs::trace::TraceLine;
use serde::Serialize;

/// What a text is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// A request that failed.
    Failure,
    /// The OOM killer at work.
    Oom,
    /// A trace of page allocation.
    Trace,
    /// The state of a machine.
    Machine,
}

/// What one message of a log comes to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// Number of the message's first line, from 1.
    pub line: usize,
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub title: Sentence,
    /// Why, in one sentence, if the text tells enough.
    pub verdict: Option<Sentence>,
    /// What the zone lacked that tells most.
    pub lack: Option<Lack>,
    /// What else is worth knowing.
    pub notes: Vec<Sentence>,
    /// Each zone that was looked at, in the order of the walk.
    pub zones: Vec<ZoneFinding>,
    /// Who could be killed, highest score first.
    pub scores: Vec<Score>,
    /// What requests would still get, by their flags.
    pub access: Vec<Access>,
    /// The request, made again step by step in the machine that the text shows.
    pub walk: Option<Why>,
    /// Changes that were tried.
    pub remedies: Vec<Remedy>,
    /// What the text does not tell.
    pub assumptions: Vec<Sentence>,
    /// The request, to be made again in the rebuilt machine.
    pub request: Option<AllocForm>,
    /// The machine, if one could be made of the text.
    #[serde(skip)]
    pub told: Option<Told>,
    /// Whether there is such a machine.
    pub has_machine: bool,
    /// All of it as plain text.
    pub copy: String,
}

impl Diagnosis {
    fn new(line: usize, subject: Subject, title: Sentence) -> Diagnosis {
        Diagnosis {
            line,
            subject,
            title,
            verdict: None,
            lack: None,
            notes: Vec::new(),
            zones: Vec::new(),
            scores: Vec::new(),
            access: Vec::new(),
            walk: None,
            remedies: Vec::new(),
            assumptions: Vec::new(),
            request: None,
            told: None,
            has_machine: false,
            copy: String::new(),
        }
    }

    /// Keeps what the machine was made of, and the request.
    fn keep(&mut self, told: Told, request: Option<AllocForm>) {
        self.assumptions.clone_from(&told.assumptions);
        (self.told, self.request, self.has_machine) = (Some(told), request, true);
    }

    /// A session of the machine that the text tells of.
    ///
    /// # Errors
    /// [`FieldError`] about `text` if no machine could be made of it.
    pub fn session(&self) -> Result<Session, FieldError> {
        let told = self.told.clone().ok_or_else(|| FieldError::new("text", "no machine can be made of this report"))?;
        Session::rebuilt(told)
    }

    /// Calls zones by their own names on a machine with a HighMem zone, where they were read with those of others.
    fn rename_zones(&mut self) {
        const OWN: fn(&str) -> &str = |zone| match zone {
            "DMA32" => "Normal",
            "Normal" => "HighMem",
            other => other,
        };
        let sentences = [&mut self.title].into_iter().chain(&mut self.verdict).chain(&mut self.notes);
        let zones = self.zones.iter_mut().map(|zone| &mut zone.sentence);
        sentences.chain(zones).chain(&mut self.assumptions).for_each(|sentence| sentence.rename_zones(OWN));
        self.remedies.iter_mut().for_each(|remedy| remedy.rename_zones(OWN));
        self.walk = self.walk.take().map(|walk| walk.renamed_zones(OWN));
        if self.has_machine {
            self.assumptions.push(Sentence::new("assume.highmem", Args::new()));
        }
    }

    /// Notes why no machine could be made of what is told.
    fn refuse(&mut self, error: &RebuildError) {
        self.notes.push(Sentence::new("report.noMachine", Args::new().with("why", error.to_string())));
    }
}

/// Explains every report in a text, in its order, and the machine that files of /proc in it tell of; if there is neither,
/// the trace of page allocation that the text is.
///
/// # Errors
/// [`LogError`] with line, column and value if a known text cannot be read.
pub fn diagnose(text: &str) -> Result<Vec<Diagnosis>, LogError> {
    let document = read_document(text)?;
    // A log without times looks like files in places, so reports are looked for in all of it.
    let mended = read_mended(text)?;
    let mut found: Vec<Diagnosis> = (0..mended.messages.len()).filter_map(|nth| of_message(&mended, nth)).collect();
    if let Some(texts) = ProcTexts::of(&document) {
        let line = document.parts.iter().find(|part| matches!(part.content, Content::ZoneInfo(_)));
        found.push(machine::of_proc(line.map_or(1, |part| part.line), &texts));
    }
    if found.is_empty() {
        found.extend(trace::of_trace(&events(&document)));
    }
    for diagnosis in &mut found {
        diagnosis.copy = diagnosis.to_string();
    }
    Ok(found)
}

/// The trace events of a text, each with its line.
fn events(document: &Document) -> Vec<(usize, TraceLine)> {
    let of_part = |part: &DocumentPart| -> Vec<(usize, TraceLine)> {
        let Content::Trace(trace) = &part.content else { return Vec::new() };
        trace.events().map(|(line, row)| (part.line + line - 1, row.line.clone())).collect()
    };
    document.parts.iter().flat_map(of_part).collect()
}

/// The text as files of /proc, traces and logs. A log that only [`read_mended`] can read has none of these files.
fn read_document(text: &str) -> Result<Document, LogError> {
    match Document::read(text) {
        Err(error) if error.field != "size" && has_report(text) => Ok(Document::default()),
        document => document,
    }
}

fn has_report(text: &str) -> bool {
    [": page allocation failure", " invoked oom-killer", "Mem-Info:"].iter().any(|start| text.contains(start))
}

/// What a message comes to, if it is a report.
fn of_message(log: &Mended, nth: usize) -> Option<Diagnosis> {
    let Logged { line, message } = log.messages.get(nth)?;
    let around = Around::new(log, nth);
    let mut diagnosis = match message {
        Message::AllocFailure(failure) => failure::of_failure(*line, failure, &around),
        Message::Oom(report) => oom::of_oom(*line, report, &around),
        Message::Cma(failure) => area::of_area(*line, failure),
        Message::MemInfo(mem) => machine::of_mem_info(*line, mem),
        Message::OomNotice(_) => return None,
    };
    around.finish(&mut diagnosis);
    Some(diagnosis)
}
