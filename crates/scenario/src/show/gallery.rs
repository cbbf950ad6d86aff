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

const FILES: [(&str, &str); 2] =
    [("stream", include_str!("../../scenarios/stream.toml")), ("hog", include_str!("../../scenarios/hog.toml"))];

/// The name of the scenario with that text.
pub(super) fn name_of(text: &str) -> Option<&'static str> {
    FILES.iter().find(|(_, file)| *file == text).map(|(name, _)| *name)
}

/// All scenarios.
#[must_use]
pub fn scenarios() -> Vec<ScenarioView> {
    let view = |(name, text)| {
        let scenario = Scenario::parse(text).ok()?;
        Some(ScenarioView { name, title: scenario.title, about: scenario.about, text })
    };
    FILES.into_iter().filter_map(view).collect()
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
