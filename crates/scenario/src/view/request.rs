//! What request flags mean.

use crate::session::FieldError;
use buddyscope_mm::gfp::{gfp_migratetype, gfp_zone};
use buddyscope_mm::parse_gfp;
use serde::Serialize;

/// Flags, read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GfpView {
    /// Their bits.
    pub mask: u32,
    /// As the kernel prints them.
    pub text: String,
    /// Highest zone they allow.
    pub zone: &'static str,
    /// Their mobility.
    pub migratetype: u8,
    /// What was read differently from how it was written, and why.
    pub ignored: Vec<String>,
}

impl GfpView {
    /// Reads flags in any spelling.
    ///
    /// # Errors
    /// [`FieldError`] about `gfp` with the position of what cannot be read, or with the contradiction.
    pub fn parse(text: &str) -> Result<GfpView, FieldError> {
        let parsed = parse_gfp(text).map_err(|error| FieldError::new("gfp", error.to_string()))?;
        parsed.gfp.check().map_err(|error| FieldError::new("gfp", error.to_string()))?;
        Ok(GfpView {
            mask: parsed.gfp.bits(),
            text: parsed.gfp.to_string(),
            zone: gfp_zone(parsed.gfp).name(),
            migratetype: gfp_migratetype(parsed.gfp) as u8,
            ignored: parsed.notes.iter().map(ToString::to_string).collect(),
        })
    }
}
