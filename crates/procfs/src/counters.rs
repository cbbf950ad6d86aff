//! Names with a number each: `/proc/vmstat`, a node's `numastat`, `memory.stat` of a cgroup.

use crate::error::LogError;
use crate::grammar::{Wanted, blank, end, is_word, number, read};
use crate::shape::Shape;
use std::collections::BTreeSet;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use winnow::Parser;
use winnow::token::{one_of, take_while};

/// Counters by name, in the order of the text. Kernels differ in which they have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    items: Vec<(String, u64)>,
    /// What the text has besides.
    pub shape: Shape,
}

impl Counters {
    /// Counters in this order.
    #[must_use]
    pub fn new(items: Vec<(String, u64)>) -> Counters {
        Counters { items, shape: Shape::default() }
    }

    /// Names and values.
    pub fn items(&self) -> impl Iterator<Item = (&str, u64)> {
        self.items.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        self.items().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn printed(&self) -> String {
        self.items.iter().map(|(name, value)| format!("{name} {value}\n")).collect()
    }
}

impl Display for Counters {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        if self.shape.is_plain() {
            return self.items.iter().try_for_each(|(name, value)| writeln!(f, "{name} {value}"));
        }
        self.shape.write(&self.printed(), f)
    }
}

impl FromStr for Counters {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Counters, LogError> {
        let name = (one_of(|c: char| c.is_ascii_alphabetic()), take_while(0.., is_word)).take();
        let name = name.context(Wanted("name", "a counter's name"));
        let mut grammar = (name, blank, number("value"), end).map(|(name, _, value, _)| (name, value));
        let mut counters = Counters::default();
        let mut names = BTreeSet::new();
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            let (name, value) = read(grammar.by_ref(), line, number)?;
            if !names.insert(name) {
                return Err(LogError::new(number, name, "each name once", line));
            }
            counters.items.push((name.to_owned(), value));
        }
        counters.shape = Shape::of(text, &counters.printed());
        Ok(counters)
    }
}
