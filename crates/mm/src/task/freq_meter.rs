//! A decaying rate of events a second (`struct fmeter`, kernel/cgroup/cpuset.c, v5.10).

/// What is left after a second, in thousandths: half after ten (`FM_COEF`).
const COEF: u64 = 933;
/// One event (`FM_SCALE`).
const SCALE: u64 = 1000;
/// Seconds after which nothing is left (`FM_MAXTICKS`).
const MAX_TICKS: u64 = 99;
/// Most that is counted between two updates (`FM_MAXCNT`).
const MAX_COUNT: u64 = 1_000_000;

/// The meter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FreqMeter {
    /// Events not yet in the rate, times 1000.
    count: u64,
    /// The rate, in events a second times 1000.
    rate: u64,
    /// When it was last updated, in seconds.
    time: u64,
}

impl FreqMeter {
    /// Counts an event (`fmeter_markevent`). `now` is in seconds.
    pub fn mark_event(&mut self, now: u64) {
        self.update(now);
        self.count = MAX_COUNT.min(self.count + SCALE);
    }

    /// Events a second, times 1000 (`fmeter_getrate`). `now` is in seconds.
    pub fn rate(&mut self, now: u64) -> u64 {
        self.update(now);
        self.rate
    }

    fn update(&mut self, now: u64) {
        let ticks = now.saturating_sub(self.time);
        if ticks == 0 {
            return;
        }
        for _ in 0..ticks.min(MAX_TICKS) {
            self.rate = COEF * self.rate / SCALE;
        }
        self.time = now;
        self.rate += (SCALE - COEF) * self.count / SCALE;
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_told_as_it_is_and_halves_in_ten_seconds() {
        let mut meter = FreqMeter::default();
        for second in 1..200 {
            (0..10).for_each(|_| meter.mark_event(second));
        }
        let steady = meter.rate(200);
        assert!((9_900..=10_000).contains(&steady), "{steady}");
        let later = meter.rate(210);
        assert!((steady / 2 - 50..=steady / 2 + 50).contains(&later), "{later}");
        assert_eq!(meter.rate(1000), 0, "long forgotten but for rounding");
    }

    #[test]
    fn no_more_than_a_thousand_events_count_at_once() {
        let mut meter = FreqMeter::default();
        (0..5000).for_each(|_| meter.mark_event(1));
        assert_eq!(meter.rate(2), 67_000);
    }
}
