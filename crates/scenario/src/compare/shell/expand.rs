//! Running loops and filling in variables, up to plain commands.

use super::Step;
use super::command::{Command, Files};
use super::lex::{Piece, tokens};
use super::parse::{self, Node, Script};
use std::collections::BTreeMap;

/// Most steps a load may have; a loop without end has more.
const MAX_STEPS: usize = 100_000;
/// What `$$` stands for: the shell itself, which becomes the command that is run in its place.
pub(super) const SELF: &str = "$$";

type Result<T> = core::result::Result<T, String>;

/// What a shell knows, and the steps it has come to.
#[derive(Default)]
pub(super) struct Shell {
    variables: BTreeMap<String, String>,
    files: Files,
    pub(super) steps: Vec<Step>,
    /// Times anything was run.
    turns: usize,
}

impl Shell {
    pub(super) fn run(&mut self, script: &Script) -> Result<()> {
        for item in script {
            let first = self.steps.len();
            self.node(&item.node)?;
            if item.background {
                match &mut self.steps[first..] {
                    [step] => step.background = true,
                    _ => return Err("only one command can be put into the background".to_owned()),
                }
            }
        }
        Ok(())
    }

    /// Runs a command; whether it succeeds, as far as loops need that.
    fn node(&mut self, node: &Node) -> Result<bool> {
        self.turns += 1;
        if self.turns > MAX_STEPS {
            return Err(format!("more than {MAX_STEPS} commands"));
        }
        match node {
            Node::Simple { words, output } => self.simple(words, output.as_deref()),
            Node::And(first, second) => Ok(self.node(first)? && self.node(second)?),
            Node::While { condition, body } => {
                while self.node(condition)? {
                    self.run(body)?;
                }
                Ok(true)
            }
            Node::For { name, words, body } => {
                for word in words {
                    let value = self.word(word)?;
                    self.variables.insert(name.clone(), value);
                    self.run(body)?;
                }
                Ok(true)
            }
        }
    }

    fn simple(&mut self, words: &[Vec<Piece>], output: Option<&[Piece]>) -> Result<bool> {
        let words: Vec<String> = words.iter().map(|word| self.word(word)).collect::<Result<_>>()?;
        let output = output.map(|word| self.word(word)).transpose()?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match &words[..] {
            ["[", left, "-lt", right, "]"] => Ok(number(left)? < number(right)?),
            // Only the recorder's own files are asked for.
            ["[", "-e", _, "]"] => Ok(true),
            ["sh", "-c", script] => self.subshell(script),
            [assignment] if is_assignment(assignment) => {
                let (name, value) = assignment.split_once('=').unwrap_or((assignment, ""));
                self.variables.insert(name.to_owned(), value.to_owned());
                Ok(true)
            }
            words => {
                if let Some(command) = Command::of(words, output.as_deref(), &mut self.files)? {
                    self.steps.push(Step { command, background: false });
                }
                Ok(true)
            }
        }
    }

    /// `sh -c`: a shell of its own that moves into groups and becomes a command.
    fn subshell(&mut self, script: &str) -> Result<bool> {
        let mut inner = Shell { files: self.files.clone(), ..Shell::default() };
        inner.run(&parse::script(&tokens(script)?)?)?;
        let mut groups = Vec::new();
        for step in inner.steps {
            match step.command {
                Command::Enter(group) => groups.push(group),
                command => {
                    let command = Command::Within { groups: groups.clone(), command: Box::new(command) };
                    self.steps.push(Step { command, background: step.background });
                }
            }
        }
        Ok(true)
    }

    fn word(&self, pieces: &[Piece]) -> Result<String> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Arithmetic(sum) => text.push_str(&self.sum(sum)?.to_string()),
                Piece::Variable { name, prefix } => {
                    let value = self.variable(name)?;
                    text.push_str(value.strip_prefix(prefix.as_str()).unwrap_or(&value));
                }
            }
        }
        Ok(text)
    }

    fn variable(&self, name: &str) -> Result<String> {
        match name {
            "$" => Ok(SELF.to_owned()),
            // The job put into the background last; there is no other to wait for.
            "!" => Ok("last".to_owned()),
            name => self.variables.get(name).cloned().ok_or_else(|| format!("`${name}` is not set")),
        }
    }

    /// Sums of products, as far as needed: numbers, names, `+` and `*`.
    fn sum(&self, text: &str) -> Result<u64> {
        let value = |term: &str| match term.trim() {
            term if term.starts_with(|c: char| c.is_ascii_digit()) => number(term),
            name => number(&self.variable(name)?),
        };
        let product = |factors: &str| -> Result<u64> {
            factors.split('*').try_fold(1, |product, term| Ok(product * value(term)?))
        };
        text.split('+').try_fold(0, |sum, factors| Ok(sum + product(factors)?))
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

pub(super) fn number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}
