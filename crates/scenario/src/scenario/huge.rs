//! Transparent huge pages: who gets them, and how hard faults try.

use super::error::ScenarioError;
use super::fields::{Field, Fields};
use buddyscope_mm::config::{Thp, ThpDefrag, ThpSettings};

type Result<T> = core::result::Result<T, ScenarioError>;

/// Files of /sys/kernel/mm/transparent_hugepage that are written; `None` for those that stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThpSpec {
    /// `enabled`.
    pub enabled: Option<Thp>,
    /// `defrag`.
    pub defrag: Option<ThpDefrag>,
    /// `use_zero_page`.
    pub zero_page: Option<bool>,
}

impl ThpSpec {
    /// The settings after writing.
    #[must_use]
    pub fn over(&self, before: ThpSettings) -> ThpSettings {
        ThpSettings {
            enabled: self.enabled.unwrap_or(before.enabled),
            defrag: self.defrag.unwrap_or(before.defrag),
            zero_page: self.zero_page.unwrap_or(before.zero_page),
        }
    }

    /// The fields beside `enabled`.
    pub(super) fn rest(enabled: Option<Thp>, fields: &mut Fields<'_>) -> Result<ThpSpec> {
        let modes = [
            ("always", ThpDefrag::Always),
            ("defer", ThpDefrag::Defer),
            ("defer+madvise", ThpDefrag::DeferMadvise),
            ("madvise", ThpDefrag::Madvise),
            ("never", ThpDefrag::Never),
        ];
        Ok(ThpSpec {
            enabled,
            defrag: fields.read("defrag", |field| field.one_of(&modes))?,
            zero_page: fields.read("zero_page", Field::flag)?,
        })
    }
}

/// `enabled`.
pub(super) fn enabled(field: &Field<'_>) -> Result<Thp> {
    field.one_of(&[("always", Thp::Always), ("madvise", Thp::Madvise), ("never", Thp::Never)])
}

/// `[thp]`.
pub(super) fn thp(field: &Field<'_>) -> Result<ThpSpec> {
    let mut fields = field.table()?;
    let enabled = fields.read("enabled", enabled)?;
    let spec = ThpSpec::rest(enabled, &mut fields)?;
    fields.end()?;
    Ok(spec)
}
