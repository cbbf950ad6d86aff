//! The parts of an explanation, as `web/worker/model.ts` declares them.

use crate::sentence::{Args, Sentence, fill};
use crate::tell::StepKind;
use buddyscope_mm::pfn::ZoneId;
use serde::Serialize;

/// One step of a walk.
#[derive(Clone, Debug, Serialize)]
pub struct WhyStep {
    /// What it does.
    pub kind: StepKind,
    /// Which sentence.
    pub key: &'static str,
    /// Its arguments.
    pub args: Args,
    /// The sentence in English.
    pub text: String,
    /// Arithmetic, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sum: Vec<String>,
    /// The kernel function.
    #[serde(rename = "fn")]
    pub function: &'static str,
    /// The zone it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<usize>,
}

impl WhyStep {
    /// A step without arithmetic that is about no zone.
    pub(super) fn new(kind: StepKind, key: &'static str, function: &'static str, args: Args) -> WhyStep {
        let text = fill(key, &args);
        WhyStep { kind, key, args, text, sum: Vec::new(), function, zone: None }
    }

    pub(super) fn at(mut self, zone: ZoneId) -> WhyStep {
        self.zone = Some(zone.index());
        self
    }

    pub(super) fn with_sum(mut self, sum: Vec<String>) -> WhyStep {
        self.sum = sum;
        self
    }
}

/// A change that was tried on a copy of the machine as it was before the request.
#[derive(Clone, Debug, Serialize)]
pub struct Remedy {
    /// Which change.
    pub key: &'static str,
    /// Its arguments.
    pub args: Args,
    /// The change in English.
    pub text: String,
    /// Whether the request got a page.
    pub ok: bool,
    /// What came of it, in English.
    pub detail: String,
    /// The same for other languages.
    pub outcome: Sentence,
}

impl Remedy {
    /// With the names of zones changed.
    #[cfg(feature = "reader")]
    pub(crate) fn rename_zones(&mut self, rename: fn(&str) -> &str) {
        self.args.rename_zones(rename);
        self.text = fill(self.key, &self.args);
        self.outcome.rename_zones(rename);
        self.detail.clone_from(&self.outcome.text);
    }

    pub(super) fn new(change: Sentence, ok: bool, outcome: Sentence) -> Remedy {
        let Sentence { key, args, text } = change;
        Remedy { key, args, text, ok, detail: outcome.text.clone(), outcome }
    }
}

/// An explanation.
#[derive(Clone, Debug, Serialize)]
pub struct Why {
    /// The allocation.
    pub id: u32,
    /// Whether it got what it asked for.
    pub ok: bool,
    /// How it ended.
    pub answer: Sentence,
    /// Step by step.
    pub steps: Vec<WhyStep>,
    /// What would have helped.
    pub remedies: Vec<Remedy>,
    /// All of it as plain text.
    pub copy: String,
}

impl Why {
    /// With the names of zones changed.
    #[cfg(feature = "reader")]
    pub(crate) fn renamed_zones(mut self, rename: fn(&str) -> &str) -> Why {
        self.answer.rename_zones(rename);
        for step in &mut self.steps {
            step.args.rename_zones(rename);
            step.text = fill(step.key, &step.args);
        }
        Why::new(self.id, self.ok, self.answer, self.steps, self.remedies)
    }

    pub(super) fn new(id: u32, ok: bool, answer: Sentence, steps: Vec<WhyStep>, remedies: Vec<Remedy>) -> Why {
        let mut copy = format!("{}\n", answer.text);
        for (n, step) in steps.iter().enumerate() {
            copy.push_str(&format!("{:>3}. {} [{}]\n", n + 1, step.text, step.function));
            step.sum.iter().for_each(|line| copy.push_str(&format!("       {line}\n")));
        }
        for remedy in &remedies {
            copy.push_str(&format!("  {} {}: {}\n", if remedy.ok { "+" } else { "-" }, remedy.text, remedy.detail));
        }
        Why { id, ok, answer, steps, remedies, copy }
    }
}
