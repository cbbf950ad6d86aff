//! The commands that made a load: a small reader of exactly the shapes that occur. A command it does not know is an
//! error, never passed over.

mod command;
mod expand;
mod lex;
mod parse;

pub(crate) use command::{Command, Controller, Dd, Input, Memfrag, Memhog, Pattern, bytes};

use thiserror::Error;

/// One step of a load.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// What is done.
    pub(crate) command: Command,
    /// Whether the next step waits for it.
    pub(crate) background: bool,
}

/// Why the commands cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{line}`: {problem}")]
pub struct ShellError {
    /// The line of commands.
    pub line: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads the lines of a load. Variables live from line to line.
pub(crate) fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Vec<Step>, ShellError> {
    let mut shell = expand::Shell::default();
    for line in lines {
        let error = |problem: String| ShellError { line: line.to_owned(), problem };
        let tokens = lex::tokens(line).map_err(error)?;
        let script = parse::script(&tokens).map_err(error)?;
        shell.run(&script).map_err(error)?;
    }
    Ok(shell.steps)
}

#[cfg(test)]
mod tests;
