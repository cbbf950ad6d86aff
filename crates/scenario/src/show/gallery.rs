//! The scenarios that come with the page.

use crate::scenario::Scenario;
use serde::Serialize;

/// A scenario to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScenarioView {
    /// Its short name.
    pub name: &'static str,
    /// The question that it answers.
    pub title: String,
    /// The answer.
    pub about: String,
    /// The file.
    pub text: &'static str,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*] };
}

/// Name and text of each, from what most want to know first.
const FILES: &[(&str, &str)] = files![
    "stream",
    "hog",
    "network",
    "hopeless",
    "throttle",
    "thrash",
    "writers",
    "slab",
    "memcg",
    "cpuset",
    "policy",
    "node-reclaim",
    "forkbomb",
    "min-free",
    "thp",
    "cma",
];

/// The name of the scenario with that text.
pub(super) fn name_of(text: &str) -> Option<&'static str> {
    FILES.iter().find(|(_, file)| *file == text).map(|(name, _)| *name)
}

/// All scenarios.
#[must_use]
pub fn scenarios() -> Vec<ScenarioView> {
    let view = |&(name, text)| {
        let scenario = Scenario::parse(text).ok()?;
        Some(ScenarioView { name, title: scenario.title, about: scenario.about, text })
    };
    FILES.iter().filter_map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_that_comes_along_can_be_begun() {
        assert_eq!(scenarios().len(), FILES.len());
        for scenario in scenarios() {
            assert!(crate::show::Show::start(scenario.text).is_ok(), "{}", scenario.name);
        }
    }
}
