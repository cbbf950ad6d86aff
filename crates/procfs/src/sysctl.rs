//! Settings: `sysctl -a`, or names and values with a blank between.

use crate::error::LogError;
use crate::grammar::{Part, Wanted, end, read};
use crate::shape::Shape;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use winnow::Parser;
use winnow::combinator::alt;
use winnow::token::{one_of, rest, take_while};

/// Settings by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sysctls {
    /// The settings, in the order of the text.
    pub items: Vec<Sysctl>,
    /// What the text has besides.
    pub shape: Shape,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sysctl {
    /// Its name, such as `vm.swappiness` or `swappiness`.
    pub name: String,
    /// Its value; several have tabs between.
    pub value: String,
    /// Whether an equals sign stands between.
    pub with_equals: bool,
}

impl Sysctls {
    /// The value of this name, with or without `vm.` before it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let item = self.items.iter().find(|item| item.name.strip_prefix("vm.").unwrap_or(&item.name) == name)?;
        Some(&item.value)
    }

    /// The numbers of this name.
    #[must_use]
    pub fn numbers(&self, name: &str) -> Option<Vec<i64>> {
        self.get(name)?.split_whitespace().map(|number| number.parse().ok()).collect()
    }

    fn printed(&self) -> String {
        let line = |Sysctl { name, value, with_equals }: &Sysctl| {
            format!("{name}{}{value}\n", if *with_equals { " = " } else { " " })
        };
        self.items.iter().map(line).collect()
    }
}

impl Display for Sysctls {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.shape.write(&self.printed(), f)
    }
}

fn grammar(input: &mut &str) -> Part<Sysctl> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    let name = (one_of(|c: char| c.is_ascii_alphabetic()), take_while(0.., is_name)).take();
    let name = name.context(Wanted("name", "a setting's name"));
    let between = alt((" = ".value(true), " =".value(true), " ".value(false), end.value(false)));
    let between = between.context(Wanted("value", "a blank, or ` = `"));
    let (name, with_equals, value) = (name, between, rest).parse_next(input)?;
    Ok(Sysctl { name: name.to_owned(), value: value.trim_end().to_owned(), with_equals })
}

impl FromStr for Sysctls {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Sysctls, LogError> {
        let mut settings = Sysctls::default();
        for (line, number) in text.lines().zip(1..) {
            if !line.trim().is_empty() {
                settings.items.push(read(grammar, line, number)?);
            }
        }
        settings.shape = Shape::of(text, &settings.printed());
        Ok(settings)
    }
}
