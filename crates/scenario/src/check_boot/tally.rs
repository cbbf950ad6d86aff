//! Counting compared values.

use std::fmt::{self, Debug, Display};

/// Characters of a value that a difference shows.
const MAX_SHOWN: usize = 300;
/// Differences that are printed for a topology.
const MAX_PRINTED: usize = 40;

/// A value that is not the kernel's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which value.
    pub what: String,
    /// What the kernel had.
    pub kernel: String,
    /// What the model has.
    pub model: String,
}

/// How many values of a topology were compared, and which differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Name of the topology.
    pub name: String,
    /// Values compared.
    pub values: u64,
    /// Those that differ.
    pub differences: Vec<Difference>,
}

impl Tally {
    pub(super) fn new(name: &str) -> Tally {
        Tally { name: name.to_owned(), values: 0, differences: Vec::new() }
    }

    /// Values that are the kernel's.
    #[must_use]
    pub fn matching(&self) -> u64 {
        self.values - self.differences.len() as u64
    }

    /// Compares a value.
    pub(super) fn same<T: PartialEq + Debug>(&mut self, what: impl Display, kernel: T, model: T) {
        self.values += 1;
        if kernel != model {
            let what = what.to_string();
            self.differences.push(Difference { what, kernel: shown(&kernel), model: shown(&model) });
        }
    }
}

fn shown(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}/{} values", self.name, self.matching(), self.values)?;
        for difference in self.differences.iter().take(MAX_PRINTED) {
            let Difference { what, kernel, model } = difference;
            write!(f, "\n  {what}\n    kernel {kernel}\n    model  {model}")?;
        }
        match self.differences.len().checked_sub(MAX_PRINTED) {
            Some(more @ 1..) => write!(f, "\n  and {more} more"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_counted_and_told() {
        let mut tally = Tally::new("one");
        tally.same("a", 1, 1);
        tally.same("b", 1, 2);
        assert_eq!((tally.matching(), tally.values), (1, 2));
        assert_eq!(tally.to_string(), "one: 1/2 values\n  b\n    kernel 1\n    model  2");
    }

    #[test]
    fn long_values_and_lists_are_cut() {
        let mut tally = Tally::new("one");
        for value in 0..MAX_PRINTED + 2 {
            tally.same(value, "é".repeat(1000), String::new());
        }
        let text = tally.to_string();
        assert!(text.ends_with("\n  and 2 more") && text.contains("é…"));
    }
}
