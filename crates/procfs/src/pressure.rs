//! `/proc/pressure/memory` (`psi_show`, kernel/sched/psi.c).

use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::sched::HZ;

/// The `some` line of /proc/pressure/memory: percent of the time in which a task was held up by lack of memory, and the
/// total in microseconds. There is no `full` line: work takes no time in the model, so whenever a task waits for
/// memory nobody else is at work either.
#[must_use]
pub fn pressure<S: Sink>(machine: &Machine<S>) -> String {
    let pressure = machine.pressure();
    let [avg10, avg60, avg300] = pressure.averages.map(percent);
    let total = pressure.some * (1_000_000 / HZ);
    format!("some avg10={avg10} avg60={avg60} avg300={avg300} total={total}\n")
}

/// A fixed-point number with eleven bits after the point, to two places (`LOAD_INT`, `LOAD_FRAC`).
fn percent(average: u64) -> String {
    format!("{}.{:02}", average >> 11, ((average & 2047) * 100) >> 11)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn averages_have_two_places() {
        assert_eq!([0, 2048, 37_100, 100 * 2048 - 1].map(percent), ["0.00", "1.00", "18.11", "99.99"]);
    }
}
