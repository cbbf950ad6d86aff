//! Checks and their results.

use std::fmt;

/// How exactly numbers have to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Equal: thresholds, identities, the arithmetic and text of reports.
    Exact,
    /// Within 10 %, or twice the spread that the kernel itself shows under one load, whichever is larger.
    Volume,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is compared.
    pub what: String,
    /// How exactly it has to agree.
    pub kind: Kind,
    /// What the kernel did.
    pub kernel: String,
    /// What the model does, or says about what the kernel did.
    pub model: String,
    /// Whether they agree.
    pub holds: bool,
    /// Where they do not, the first difference; or what else is worth knowing.
    pub note: Option<String>,
}

/// All checks of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Name of the run.
    pub name: String,
    /// Its checks.
    pub checks: Vec<Check>,
}

impl RunReport {
    /// Checks that hold.
    #[must_use]
    pub fn held(&self) -> usize {
        self.checks.iter().filter(|check| check.holds).count()
    }
}

impl Check {
    /// Whether two texts or numbers are equal.
    pub(super) fn equal<T: fmt::Display + PartialEq>(what: impl Into<String>, kernel: T, model: T) -> Check {
        let holds = kernel == model;
        let (kernel, model) = (kernel.to_string(), model.to_string());
        Check { what: what.into(), kind: Kind::Exact, kernel, model, holds, note: None }
    }

    /// The same about the model's own trace.
    pub(super) fn of_model(self) -> Check {
        let what = format!("in the model's own trace, {}", self.what);
        let kernel = format!("a rule, {}", self.kernel);
        Check { what, kernel, ..self }
    }

    /// Something that should have been possible and was not.
    pub(super) fn failed(what: impl Into<String>, why: String) -> Check {
        let (kernel, model) = ("yes".to_owned(), "no".to_owned());
        Check { what: what.into(), kind: Kind::Exact, kernel, model, holds: false, note: Some(why) }
    }

    /// Whether the model says the same as the kernel about each of many things.
    pub(super) fn each(what: impl Into<String>, tally: Tally) -> Check {
        let Tally { seen, agreed, first } = tally;
        let holds = seen == agreed;
        let (kernel, model) = (format!("{seen} seen"), format!("{agreed} so"));
        Check { what: what.into(), kind: Kind::Exact, kernel, model, holds, note: first }
    }
}

/// Many things of one kind: how many, for how many the model says the same, and the first for which it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) seen: u64,
    pub(super) agreed: u64,
    pub(super) first: Option<String>,
}

impl Tally {
    /// Counts one thing; `describe` tells about it if the model does not agree.
    pub(super) fn add(&mut self, agrees: bool, describe: impl FnOnce() -> String) {
        self.seen += 1;
        self.agreed += u64::from(agrees);
        if !agrees && self.first.is_none() {
            self.first = Some(describe());
        }
    }

    /// The check, if there was anything to check.
    pub(super) fn check(self, what: &str) -> Option<Check> {
        (self.seen > 0).then(|| Check::each(what, self))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Exact => "exact",
            Kind::Volume => "volume",
        })
    }
}
