//! Keys of sentences that Why and the log of a run share.

use buddyscope_mm::event::{Outcome, Wakeup};

/// How a request ended.
pub(crate) const fn answer_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fast => "answer.fast",
        Outcome::MinMark => "answer.minMark",
        Outcome::EarlyCompaction => "answer.earlyCompaction",
        Outcome::Retry => "answer.retry",
        Outcome::Reclaim => "answer.reclaim",
        Outcome::Compaction => "answer.compaction",
        Outcome::LastTry => "answer.lastTry",
        Outcome::NoFail => "answer.noFail",
        Outcome::NoZone => "answer.noZone",
        Outcome::CompactionHopeless => "answer.compactionHopeless",
        Outcome::CannotReclaim => "answer.cannotReclaim",
        Outcome::NeedsReclaim => "answer.needsReclaim",
        Outcome::WouldRecurse => "answer.wouldRecurse",
        Outcome::NoRetry => "answer.noRetry",
        Outcome::Costly => "answer.costly",
        Outcome::OomRefused => "answer.oomRefused",
        Outcome::OomVictim => "answer.oomVictim",
        Outcome::NoFailCannotReclaim => "answer.noFailCannotReclaim",
        Outcome::Livelock => "answer.livelock",
        Outcome::NotCharged => "answer.notCharged",
        Outcome::Injected => "answer.injected",
        Outcome::OrderTooLarge => "answer.orderTooLarge",
    }
}

/// What came of asking for kswapd.
pub(crate) const fn wakeup_key(wakeup: Wakeup) -> &'static str {
    match wakeup {
        Wakeup::Woken => "kswapd.woken",
        Wakeup::AlreadyAwake => "kswapd.awake",
        Wakeup::BalancedWakesKcompactd => "kswapd.kcompactd",
        Wakeup::Balanced => "kswapd.balanced",
        Wakeup::HopelessWakesKcompactd => "kswapd.hopelessKcompactd",
        Wakeup::Hopeless => "kswapd.hopeless",
    }
}
