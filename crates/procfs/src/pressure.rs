//! `/proc/pressure/memory` (`psi_show`, kernel/sched/psi.c).

use crate::error::LogError;
use crate::grammar::{Part, Wanted, end, number, read};
use crate::shape::Shape;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::sched::HZ;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use winnow::Parser;
use winnow::combinator::{alt, preceded, separated_pair, terminated};
use winnow::token::take_while;

/// All of `/proc/pressure/memory`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Time in which some task was held up by lack of memory.
    pub some: Option<Stall>,
    /// Time in which no task could do anything else.
    pub full: Option<Stall>,
    /// What the text has besides.
    pub shape: Shape,
}

/// How long tasks were held up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stall {
    /// Hundredths of a percent of the last 10, 60 and 300 seconds.
    pub averages: [u32; 3],
    /// Microseconds since boot.
    pub total: u64,
}

impl Pressure {
    /// The state of a machine. There is no `full` line: work takes no time in the model, so whenever a task waits for
    /// memory nobody else is at work either.
    #[must_use]
    pub fn of<S: Sink>(machine: &Machine<S>) -> Pressure {
        let pressure = machine.pressure();
        let stall = Stall { averages: pressure.averages.map(hundredths), total: pressure.some * (1_000_000 / HZ) };
        Pressure { some: Some(stall), ..Pressure::default() }
    }

    fn printed(&self) -> String {
        let line = |(name, stall): (&str, Option<Stall>)| match stall {
            Some(stall) => format!("{name} {stall}\n"),
            None => String::new(),
        };
        [("some", self.some), ("full", self.full)].map(line).concat()
    }
}

/// The text of /proc/pressure/memory, its `some` line alone.
#[must_use]
pub fn pressure<S: Sink>(machine: &Machine<S>) -> String {
    Pressure::of(machine).to_string()
}

/// Hundredths of a percent of a fixed-point number with eleven bits after the point (`LOAD_INT`, `LOAD_FRAC`).
fn hundredths(average: u64) -> u32 {
    ((average >> 11) * 100 + (((average & 2047) * 100) >> 11)) as u32
}

impl Display for Stall {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        for (name, average) in ["avg10", "avg60", "avg300"].into_iter().zip(self.averages) {
            write!(f, "{name}={}.{:02} ", average / 100, average % 100)?;
        }
        write!(f, "total={}", self.total)
    }
}

impl Display for Pressure {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.shape.write(&self.printed(), f)
    }
}

fn percent(input: &mut &str) -> Part<u32> {
    let two_digits =
        take_while(2..=2, |c: char| c.is_ascii_digit()).verify_map(|digits: &str| digits.parse::<u32>().ok());
    let percent = separated_pair(number::<u32>("average").verify(|&percent| percent <= 100), ".", two_digits);
    let percent = percent.map(|(whole, part)| whole * 100 + part);
    percent.context(Wanted("average", "a percentage with two places")).parse_next(input)
}

fn stall(input: &mut &str) -> Part<Stall> {
    let averages = (preceded("avg10=", percent), preceded(" avg60=", percent), preceded(" avg300=", percent));
    let ((avg10, avg60, avg300), total) = (averages, preceded(" total=", number("total"))).parse_next(input)?;
    Ok(Stall { averages: [avg10, avg60, avg300], total })
}

impl FromStr for Pressure {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Pressure, LogError> {
        let name = alt(("some", "full")).context(Wanted("name", "`some` or `full`"));
        let mut grammar = terminated(separated_pair(name, " ", stall), end);
        let mut pressure = Pressure::default();
        for (line, number) in text.lines().zip(1..) {
            let (name, stall) = read(grammar.by_ref(), line, number)?;
            let place = if name == "some" { &mut pressure.some } else { &mut pressure.full };
            if place.replace(stall).is_some() {
                return Err(LogError::new(number, name, "each name once", line));
            }
        }
        pressure.shape = Shape::of(text, &pressure.printed());
        Ok(pressure)
    }
}

#[cfg(test)]
mod tests {
    use super::{Stall, hundredths};

    #[test]
    fn averages_have_two_places() {
        let shown = |average| Stall { averages: [hundredths(average), 0, 0], total: 0 }.to_string();
        for (average, text) in [(0, "0.00"), (2048, "1.00"), (37_100, "18.11"), (100 * 2048 - 1, "99.99")] {
            assert!(shown(average).starts_with(&format!("avg10={text} ")));
        }
    }
}
