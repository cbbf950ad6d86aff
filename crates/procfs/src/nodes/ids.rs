//! Lists of numbers: a node's distances, and sets of CPUs or nodes.

use crate::error::LogError;
use crate::grammar::{Part, Wanted, end_after, number, read};
use crate::shape::Shape;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use winnow::Parser;
use winnow::ascii::space1;
use winnow::combinator::{opt, preceded, separated, terminated};

/// A node's `distance`: to each online node, 10 to itself (`node_read_distance`, drivers/base/node.c).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distances {
    /// The distances, by node.
    pub to: Vec<u32>,
    /// Other blanks than the kernel's.
    pub shape: Shape,
}

impl Distances {
    fn printed(&self) -> String {
        self.to.iter().map(u32::to_string).collect::<Vec<_>>().join(" ") + "\n"
    }
}

impl Display for Distances {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.shape.write(&self.printed(), f)
    }
}

impl FromStr for Distances {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Distances, LogError> {
        let grammar = terminated(separated(1.., number::<u32>("distance"), space1), end_after("distance"));
        let mut distances = Distances { to: read(grammar, only_line(text)?, 1)?, shape: Shape::default() };
        distances.shape = Shape::of(text, &distances.printed());
        Ok(distances)
    }
}

/// A set of CPUs or nodes as ranges: a node's `cpulist`, `online`, `possible`, `has_cpu` and the like (`%*pbl`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdList {
    /// First and last of each range.
    pub ranges: Vec<(u32, u32)>,
    /// Other blanks than the kernel's.
    pub shape: Shape,
}

/// A set of ascending numbers.
impl FromIterator<u32> for IdList {
    fn from_iter<I: IntoIterator<Item = u32>>(ids: I) -> IdList {
        let mut list = IdList::default();
        for id in ids {
            match list.ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(id) => *last = id,
                _ => list.ranges.push((id, id)),
            }
        }
        list
    }
}

impl IdList {
    /// Whether a number is in the set.
    #[must_use]
    pub fn contains(&self, id: u32) -> bool {
        self.ranges.iter().any(|&(first, last)| (first..=last).contains(&id))
    }

    fn printed(&self) -> String {
        let range = |&(first, last): &(u32, u32)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        self.ranges.iter().map(range).collect::<Vec<_>>().join(",") + "\n"
    }
}

impl Display for IdList {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.shape.write(&self.printed(), f)
    }
}

fn range(input: &mut &str) -> Part<(u32, u32)> {
    let range = (number::<u32>("id"), opt(preceded("-", number::<u32>("id"))));
    let range = range.map(|(first, last)| (first, last.unwrap_or(first))).verify(|(first, last)| first <= last);
    range.context(Wanted("id", "a number, or two in ascending order")).parse_next(input)
}

impl FromStr for IdList {
    type Err = LogError;

    fn from_str(text: &str) -> Result<IdList, LogError> {
        let grammar = terminated(separated(0.., range, ","), end_after("id"));
        let mut list = IdList { ranges: read(grammar, only_line(text)?, 1)?, shape: Shape::default() };
        list.shape = Shape::of(text, &list.printed());
        Ok(list)
    }
}

/// The text's only line.
fn only_line(text: &str) -> Result<&str, LogError> {
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default();
    match lines.zip(2..).find(|(line, _)| !line.trim().is_empty()) {
        Some((more, number)) => Err(LogError::new(number, "end of text", "nothing more", more)),
        None => Ok(line),
    }
}
