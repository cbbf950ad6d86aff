//! Tables of a scenario file, read field by field: what is not known is an error, and every error knows its line.

use super::error::ScenarioError;
use super::units;
use core::ops::RangeInclusive;
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

type Result<T> = core::result::Result<T, ScenarioError>;

/// A table, its place in the file, and the fields that were asked for.
pub(super) struct Fields<'t> {
    source: &'t str,
    path: String,
    at: usize,
    table: &'t DeTable<'t>,
    known: BTreeSet<&'static str>,
}

/// One value with its place.
#[derive(Clone)]
pub(super) struct Field<'t> {
    source: &'t str,
    pub(super) path: String,
    value: &'t Spanned<DeValue<'t>>,
}

fn line_of(source: &str, at: usize) -> u32 {
    source.as_bytes()[..at.min(source.len())].iter().filter(|&&b| b == b'\n').count() as u32 + 1
}

/// The file's tables.
pub(super) fn parse(source: &str) -> Result<Spanned<DeTable<'_>>> {
    DeTable::parse(source).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        ScenarioError::new(line_of(source, at), "", error.message())
    })
}

impl<'t> Fields<'t> {
    /// The file itself.
    pub(super) fn root(source: &'t str, table: &'t Spanned<DeTable<'t>>) -> Fields<'t> {
        Fields { source, path: String::new(), at: 0, table: table.get_ref(), known: BTreeSet::new() }
    }

    /// An error about the table as a whole.
    pub(super) fn wrong(&self, message: impl Into<String>) -> ScenarioError {
        ScenarioError::new(line_of(self.source, self.at), self.path.clone(), message)
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A field, if it is there.
    pub(super) fn get(&mut self, name: &'static str) -> Option<Field<'t>> {
        self.known.insert(name);
        let value = self.table.get(name)?;
        Some(Field { source: self.source, path: self.path_of(name), value })
    }

    /// A field that has to be there.
    pub(super) fn need(&mut self, name: &'static str) -> Result<Field<'t>> {
        self.get(name).ok_or_else(|| self.wrong(format!("`{name}` is missing")))
    }

    /// A field read by `read`, if it is there.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Field<'t>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.get(name).map(|field| read(&field)).transpose()
    }

    /// The tables of an array of tables; none if it is not there.
    pub(super) fn tables(&mut self, name: &'static str) -> Result<Vec<Fields<'t>>> {
        let Some(field) = self.get(name) else { return Ok(Vec::new()) };
        field.items()?.iter().map(Field::table).collect()
    }

    /// Fields whose names the caller does not know in advance, in the file's order of names.
    pub(super) fn rest(&self) -> impl Iterator<Item = (&'t str, Field<'t>)> + '_ {
        let unknown = self.table.iter().filter(|(name, _)| !self.known.contains(&**name.get_ref()));
        unknown.map(|(name, value)| {
            let name: &'t str = name.get_ref();
            (name, Field { source: self.source, path: self.path_of(name), value })
        })
    }

    /// Refuses what nobody asked for.
    pub(super) fn end(&self) -> Result<()> {
        match self.rest().next() {
            None => Ok(()),
            Some((name, field)) => {
                let known: Vec<&str> = self.known.iter().copied().collect();
                Err(field.wrong(format!("`{name}` means nothing here; known are {}", known.join(", "))))
            }
        }
    }
}

impl<'t> Field<'t> {
    /// The line it is on.
    pub(super) fn line(&self) -> u32 {
        line_of(self.source, self.value.span().start)
    }

    /// An error about this field.
    pub(super) fn wrong(&self, message: impl Into<String>) -> ScenarioError {
        ScenarioError::new(self.line(), self.path.clone(), message)
    }

    fn expected(&self, what: &str) -> ScenarioError {
        self.wrong(format!("{} given; {what} is expected", self.value.get_ref().type_str()))
    }

    pub(super) fn text(&self) -> Result<&'t str> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.expected("text")),
        }
    }

    /// Text or a number, as it is written.
    pub(super) fn scalar(&self) -> Result<String> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) => Ok(number.as_str().to_owned()),
            DeValue::Boolean(on) => Ok(u8::from(*on).to_string()),
            _ => Err(self.expected("text or a number")),
        }
    }

    pub(super) fn flag(&self) -> Result<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(on) => Ok(*on),
            _ => Err(self.expected("true or false")),
        }
    }

    pub(super) fn integer(&self, range: RangeInclusive<i64>) -> Result<i64> {
        let DeValue::Integer(number) = self.value.get_ref() else { return Err(self.expected("a whole number")) };
        let value = i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok();
        value.filter(|value| range.contains(value)).ok_or_else(|| {
            let (low, high) = (range.start(), range.end());
            self.wrong(format!("{} given; a whole number from {low} to {high} is expected", number.as_str()))
        })
    }

    pub(super) fn number(&self, range: RangeInclusive<u64>) -> Result<u64> {
        let low = i64::try_from(*range.start()).unwrap_or(i64::MAX);
        let high = i64::try_from(*range.end()).unwrap_or(i64::MAX);
        self.integer(low..=high).map(|value| value as u64)
    }

    fn quantity<T>(&self, read: impl FnOnce(&str) -> core::result::Result<T, String>) -> Result<T> {
        read(self.text()?.trim()).map_err(|message| self.wrong(message))
    }

    /// A size, in pages.
    pub(super) fn pages(&self) -> Result<u64> {
        self.quantity(units::pages)
    }

    /// A time, in jiffies.
    pub(super) fn jiffies(&self) -> Result<u64> {
        self.quantity(units::jiffies)
    }

    /// Pages or operations a second.
    pub(super) fn per_second(&self) -> Result<u64> {
        self.quantity(units::per_second)
    }

    /// A share in thousandths.
    pub(super) fn permille(&self) -> Result<u32> {
        self.quantity(units::permille)
    }

    /// One of several words, each standing for a value.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|&(_, value)| value).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|word| word.0).collect();
            self.wrong(format!("`{text}` given; one of {} is expected", known.join(", ")))
        })
    }

    /// The elements of an array.
    pub(super) fn items(&self) -> Result<Vec<Field<'t>>> {
        let DeValue::Array(items) = self.value.get_ref() else { return Err(self.expected("an array")) };
        let items: &'t DeArray<'t> = items;
        let field = |(n, value)| Field { source: self.source, path: format!("{}[{n}]", self.path), value };
        Ok(items.iter().enumerate().map(field).collect())
    }

    /// The fields of a table.
    pub(super) fn table(&self) -> Result<Fields<'t>> {
        let DeValue::Table(table) = self.value.get_ref() else { return Err(self.expected("a table")) };
        let at = self.value.span().start;
        Ok(Fields { source: self.source, path: self.path.clone(), at, table, known: BTreeSet::new() })
    }

    /// An array of numbers.
    pub(super) fn numbers(&self, range: RangeInclusive<u64>) -> Result<Vec<u64>> {
        self.items()?.iter().map(|item| item.number(range.clone())).collect()
    }
}
