//! A contiguous area that could not give a range (`cma_alloc`, mm/cma.c).

use super::LogError;
use super::lines::Lines;
use crate::line::codec::{Number, Text};
use crate::line::{FieldError, Line, line};
use std::fmt::{Display, Formatter, Result as FmtResult};

/// A range that was not given, and what was left of the area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CmaFailure {
    /// The request.
    pub request: CmaRequest,
    /// What the area had, with `CONFIG_CMA_DEBUG`.
    pub area: Option<CmaArea>,
}

line! {
    /// A request for a range.
    pub struct CmaRequest {
        /// The function, in newer kernels also the area.
        "cma: " place: String = Text,
        /// Pages side by side.
        ": alloc failed, req-size: " pages: u64 = Number,
        /// Why not, as a negative error number.
        " pages, ret: " error: i32 = Number,
    }
    ""
}

/// Ranges of an area that it has not given away (`cma_debug_show_areas`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CmaArea {
    /// Their pages, and the page of the area where they begin.
    pub unused: Vec<(u64, u64)>,
    /// Pages in them.
    pub free: u64,
    /// Pages of the area.
    pub total: u64,
}

impl CmaArea {
    /// Pages of the longest range.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.unused.iter().map(|(pages, _)| *pages).max().unwrap_or(0)
    }
}

const AREA: &str = "cma: number of available pages: ";

impl CmaFailure {
    pub(super) fn starts(line: &str) -> bool {
        line.starts_with("cma: ") && line.contains(": alloc failed, req-size: ")
    }

    pub(super) fn read(lines: &mut Lines<'_>) -> Result<CmaFailure, LogError> {
        let request = lines.read()?;
        let has_area = lines.peek().is_some_and(|line| line.starts_with(AREA));
        Ok(CmaFailure { request, area: if has_area { Some(lines.read()?) } else { None } })
    }
}

impl Line for CmaArea {
    fn read_line(text: &str) -> Result<Self, FieldError> {
        let rest = text.strip_prefix(AREA).unwrap_or(text);
        let error = |found, field, expected| FieldError::new(text, found, field, expected);
        let (ranges, counts) = rest.split_once("=> ").ok_or_else(|| error(rest, "free", "`=>`"))?;
        let range = |range: &str| {
            let (pages, start) = range.split_once('@')?;
            Some((pages.parse().ok()?, start.parse().ok()?))
        };
        let ranges = ranges.split('+').filter(|it| !it.is_empty());
        let unused = ranges.map(|it| range(it).ok_or_else(|| error(it, "unused", "pages, `@` and a page")));
        let unused = unused.collect::<Result<Vec<_>, _>>()?;
        let counted = counts.strip_suffix(" total pages").and_then(|counts| counts.split_once(" free of "));
        let counted = counted.and_then(|(free, total)| Some((free.parse().ok()?, total.parse().ok()?)));
        let (free, total) = counted.ok_or_else(|| error(counts, "free", "pages that are free, and all pages"))?;
        Ok(CmaArea { unused, free, total })
    }
}

impl Display for CmaArea {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        f.write_str(AREA)?;
        for (nth, (pages, start)) in self.unused.iter().enumerate() {
            write!(f, "{}{pages}@{start}", if nth > 0 { "+" } else { "" })?;
        }
        write!(f, "=> {} free of {} total pages", self.free, self.total)
    }
}

impl Display for CmaFailure {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        writeln!(f, "{}", self.request)?;
        self.area.iter().try_for_each(|area| writeln!(f, "{area}"))
    }
}
