//! Sentences with numbers in them: a key and arguments for other languages, and the English text.

#[cfg(feature = "reclaim")]
mod decisions;
pub(crate) mod names;
#[cfg(feature = "reader")]
mod reports;
mod requests;

use buddyscope_mm::pfn::{MigrateType, Pfn, ZoneId};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// An argument of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A number.
    Number(i64),
    /// A name that is the same in every language.
    Text(String),
    /// A part of the sentence with a key of its own.
    Phrase(&'static str),
}

impl From<i64> for Arg {
    fn from(value: i64) -> Arg {
        Arg::Number(value)
    }
}

impl From<i32> for Arg {
    fn from(value: i32) -> Arg {
        Arg::Number(value.into())
    }
}

impl From<u64> for Arg {
    fn from(value: u64) -> Arg {
        Arg::Number(value as i64)
    }
}

impl From<usize> for Arg {
    fn from(value: usize) -> Arg {
        Arg::Number(value as i64)
    }
}

impl From<u32> for Arg {
    fn from(value: u32) -> Arg {
        Arg::Number(value.into())
    }
}

impl From<u16> for Arg {
    fn from(value: u16) -> Arg {
        Arg::Number(value.into())
    }
}

impl From<u8> for Arg {
    fn from(value: u8) -> Arg {
        Arg::Number(value.into())
    }
}

impl From<Pfn> for Arg {
    fn from(pfn: Pfn) -> Arg {
        Arg::Number(pfn.0 as i64)
    }
}

impl From<MigrateType> for Arg {
    fn from(migratetype: MigrateType) -> Arg {
        Arg::Text(migratetype.name().to_owned())
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Arg {
        Arg::Text(text)
    }
}

/// Arguments by name, in the order they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args(Vec<(&'static str, Arg)>);

impl Args {
    /// No argument.
    #[must_use]
    pub fn new() -> Args {
        Args::default()
    }

    /// With one more argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Arg>) -> Args {
        self.0.push((name, value.into()));
        self
    }

    /// With a zone, as `node` and `zone`.
    #[must_use]
    pub fn zone(self, zone: ZoneId) -> Args {
        self.with("node", zone.node().0).with("zone", zone.zone_type().name())
    }

    /// With the names of zones changed.
    #[cfg(feature = "reader")]
    pub(crate) fn rename_zones(&mut self, rename: fn(&str) -> &str) {
        for (name, value) in &mut self.0 {
            if let (&mut "zone", Arg::Text(zone)) = (name, value) {
                *zone = rename(zone).to_owned();
            }
        }
    }

    /// The argument of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            match value {
                Arg::Number(number) => map.serialize_entry(name, number)?,
                Arg::Text(text) => map.serialize_entry(name, text)?,
                Arg::Phrase(key) => map.serialize_entry(name, &Phrase { phrase: key })?,
            }
        }
        map.end()
    }
}

/// A phrase as others see it.
#[derive(Serialize)]
struct Phrase {
    phrase: &'static str,
}

/// A sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// Which sentence.
    pub key: &'static str,
    /// Its arguments.
    pub args: Args,
    /// The sentence in English.
    pub text: String,
}

impl Sentence {
    pub(crate) fn new(key: &'static str, args: Args) -> Sentence {
        let text = fill(key, &args);
        Sentence { key, args, text }
    }

    /// With the names of zones changed.
    #[cfg(feature = "reader")]
    pub(crate) fn rename_zones(&mut self, rename: fn(&str) -> &str) {
        self.args.rename_zones(rename);
        self.text = fill(self.key, &self.args);
    }

    /// Somebody's own words, the same in every language.
    #[cfg(feature = "show")]
    pub(crate) fn verbatim(text: &str) -> Sentence {
        Sentence { key: "", args: Args::new(), text: text.to_owned() }
    }
}

/// Key and English template of every sentence.
pub fn templates() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let more: [&[(&str, &str)]; 2] = [
        #[cfg(feature = "reclaim")]
        decisions::TEMPLATES,
        #[cfg(not(feature = "reclaim"))]
        &[],
        #[cfg(feature = "reader")]
        reports::TEMPLATES,
        #[cfg(not(feature = "reader"))]
        &[],
    ];
    requests::TEMPLATES.iter().chain(more.into_iter().flatten())
}

/// The English template of a sentence; the key itself if there is none.
fn template(key: &str) -> &str {
    let known = templates().find(|(known, _)| *known == key);
    debug_assert!(known.is_some(), "no sentence {key}");
    known.map_or(key, |(_, template)| template)
}

/// The English sentence for a key: the template with `{name}` replaced by its argument and `{name#noun}` by a number
/// and the noun.
#[must_use]
pub fn fill(key: &str, args: &Args) -> String {
    let mut text = String::new();
    let mut rest = template(key);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        text.push_str(before);
        let (name, noun) = name.split_once('#').unwrap_or((name, ""));
        match args.get(name) {
            Some(Arg::Number(number)) => {
                text.push_str(&signed(*number));
                if !noun.is_empty() {
                    text.push(' ');
                    text.push_str(noun);
                    text.push_str(if *number == 1 { "" } else { "s" });
                }
            }
            Some(Arg::Text(name)) => text.push_str(name),
            Some(Arg::Phrase(key)) => text.push_str(template(key)),
            None => debug_assert!(false, "sentence {key} lacks {name}"),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// A number with a minus sign instead of a hyphen.
pub(crate) fn signed(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", number.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_its_template_with_the_arguments_in_place() {
        let args =
            Args::new().with("cpu", 3u16).with("type", MigrateType::Movable).with("left", 61u32).with("pfn", Pfn(77));
        let text = fill("pcp.take", &args);
        assert!(
            text.contains("77") && text.contains("CPU 3") && text.contains("Movable") && text.contains("61"),
            "{text}"
        );
        assert!(!text.contains('{'), "{text}");
    }

    #[test]
    fn nouns_follow_their_number() {
        let kibibytes = |left: u32| {
            fill("pcp.take", &Args::new().with("cpu", 0u16).with("type", "x").with("pfn", 1u32).with("left", left))
        };
        assert!(kibibytes(1).contains("1 page left") && kibibytes(2).contains("2 pages left"), "{}", kibibytes(1));
    }

    #[test]
    fn keys_are_unique_and_templates_are_whole() {
        let templates: Vec<_> = templates().collect();
        for (at, (key, template)) in templates.iter().enumerate() {
            assert!(templates[at + 1..].iter().all(|(other, _)| other != key), "{key} is there twice");
            assert_eq!(template.matches('{').count(), template.matches('}').count(), "{key}");
        }
    }
}
