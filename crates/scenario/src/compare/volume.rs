//! Numbers of the same size.

use super::check::{Check, Kind};
use super::window::Window;
use std::collections::{BTreeMap, BTreeSet};

/// Part by which numbers may differ in any case.
const TOLERANCE: f64 = 0.1;
/// How many times the kernel's own spread.
const SPREADS: f64 = 2.0;

/// One check for each number that either side has. `ranges` are those of the kernel's own runs of this load.
pub(super) fn checks(kernel: &Window, model: &Window, ranges: &BTreeMap<String, (f64, f64)>) -> Vec<Check> {
    let names: BTreeSet<&String> = kernel.values.keys().chain(model.values.keys()).collect();
    let check = |name: &String| {
        let what = format!("{}: {name}", kernel.name);
        within(what, kernel.value(name), model.value(name), ranges.get(name))
    };
    names.into_iter().map(check).collect()
}

/// Whether a number of a whole run is of the same size.
pub(super) fn check(what: &str, kernel: f64, model: f64) -> Check {
    within(what.to_owned(), kernel, model, None)
}

fn within(what: String, kernel: f64, model: f64, range: Option<&(f64, f64)>) -> Check {
    let spread = range.map_or(0.0, |(low, high)| high - low);
    let allowed = (TOLERANCE * kernel).max(SPREADS * spread);
    Check {
        what,
        kind: Kind::Volume,
        kernel: number(kernel),
        model: number(model),
        holds: (model - kernel).abs() <= allowed,
        note: range.map(|(low, high)| format!("the kernel itself: {} to {}", number(*low), number(*high))),
    }
}

fn number(value: f64) -> String {
    format!("{value:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(value: f64) -> Window {
        Window { name: "begin to end".to_owned(), values: BTreeMap::from([("pages".to_owned(), value)]) }
    }

    fn holds(kernel: f64, model: f64, ranges: &[(f64, f64)]) -> bool {
        let ranges = ranges.iter().map(|range| ("pages".to_owned(), *range)).collect();
        checks(&window(kernel), &window(model), &ranges).iter().all(|check| check.holds)
    }

    #[test]
    fn a_tenth_is_allowed() {
        assert!(holds(100.0, 110.0, &[]) && holds(100.0, 90.0, &[]));
        assert!(!holds(100.0, 111.0, &[]) && !holds(100.0, 89.0, &[]));
        assert!(!holds(0.0, 1.0, &[]) && !holds(1.0, 0.0, &[]));
    }

    #[test]
    fn twice_the_kernels_own_spread_is_allowed() {
        assert!(holds(100.0, 160.0, &[(90.0, 120.0)]));
        assert!(!holds(100.0, 161.0, &[(90.0, 120.0)]));
        assert!(holds(100.0, 110.0, &[(99.0, 101.0)]));
    }
}
