//! How fast and how long an action goes on.

use crate::scenario::{HZ, Pace};

/// Keeps an action to its rate: so many operations may have been done by a jiffy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pacer {
    pace: Pace,
    began: u64,
    done: u64,
    /// Operations of a jiffy where no rate is given.
    unpaced: u64,
}

/// What may be done now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Allowance {
    /// So many operations, at least one.
    Operations(u64),
    /// None before so many jiffies have passed.
    Wait(u32),
    /// None any more: its time is over.
    Over,
}

impl Pacer {
    pub(super) fn new(pace: Pace, now: u64, unpaced: u64) -> Pacer {
        Pacer { pace, began: now, done: 0, unpaced: unpaced.max(1) }
    }

    /// What may be done at a jiffy.
    pub(super) fn allowance(&self, now: u64) -> Allowance {
        let passed = now.saturating_sub(self.began);
        if self.pace.time.is_some_and(|time| passed >= time) {
            return Allowance::Over;
        }
        let due = self.due(passed + 1);
        if due > self.done {
            return Allowance::Operations(due - self.done);
        }
        // The first jiffy by which one more is due.
        let jiffies = match self.pace.rate {
            Some(rate) => ((self.done + 1) * HZ).div_ceil(rate),
            None => (self.done + 1).div_ceil(self.unpaced),
        };
        Allowance::Wait((jiffies - 1).saturating_sub(passed).clamp(1, u64::from(u32::MAX)) as u32)
    }

    fn due(&self, jiffies: u64) -> u64 {
        match self.pace.rate {
            Some(rate) => jiffies * rate / HZ,
            None => jiffies * self.unpaced,
        }
    }

    /// Notes operations.
    pub(super) fn note(&mut self, operations: u64) {
        self.done += operations;
    }

    /// Times the whole is to be gone through.
    pub(super) fn passes(&self) -> u64 {
        self.pace.passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: Option<u64>, time: Option<u64>) -> Pace {
        Pace { rate, passes: 1, time }
    }

    #[test]
    fn a_second_has_as_many_operations_as_the_rate_says() {
        for rate in [1, 3, 250, 1000, 99_999] {
            let mut pacer = Pacer::new(pace(Some(rate), None), 75_000, 1);
            let (mut now, mut done) = (75_000, 0);
            while now < 75_000 + HZ {
                match pacer.allowance(now) {
                    Allowance::Operations(n) => (0..n).for_each(|_| {
                        pacer.note(1);
                        done += 1;
                    }),
                    Allowance::Wait(jiffies) => now += u64::from(jiffies),
                    Allowance::Over => panic!("no time was given"),
                }
            }
            assert_eq!(done, rate);
        }
    }

    #[test]
    fn time_ends_an_action() {
        let pacer = Pacer::new(pace(None, Some(10)), 100, 64);
        assert_eq!(pacer.allowance(100), Allowance::Operations(64));
        assert_eq!(pacer.allowance(110), Allowance::Over);
    }
}
