//! Not saying the same too often (`___ratelimit`, lib/ratelimit.c).

/// How often something was said of late. `INTERVAL` is the length of a window in jiffies, `BURST` what it may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateLimit<const INTERVAL: u64, const BURST: u32> {
    /// When the window began; 0 before the first time.
    begin: u64,
    printed: u32,
    missed: u32,
}

/// Whether it may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) go: bool,
    /// How often it was not said in the window that has ended.
    pub(crate) suppressed: Option<u32>,
}

impl<const INTERVAL: u64, const BURST: u32> RateLimit<INTERVAL, BURST> {
    pub(crate) fn allows(&mut self, now: u64) -> Allowed {
        if self.begin == 0 {
            self.begin = now;
        }
        let mut suppressed = None;
        if now > self.begin + INTERVAL {
            suppressed = Some(self.missed).filter(|&missed| missed > 0);
            *self = RateLimit { begin: now, printed: 0, missed: 0 };
        }
        let go = self.printed < BURST;
        *(if go { &mut self.printed } else { &mut self.missed }) += 1;
        Allowed { go, suppressed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_in_five_seconds_then_silence_that_is_counted() {
        let mut rate = RateLimit::<{ 5 * crate::sched::HZ }, 10>::default();
        assert!((0..10).all(|_| rate.allows(1000).go));
        assert!((0..3).all(|_| !rate.allows(2250).go));
        assert_eq!(rate.allows(2251), Allowed { go: true, suppressed: Some(3) });
        assert_eq!(rate.allows(2251), Allowed { go: true, suppressed: None });
    }
}
