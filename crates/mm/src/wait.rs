//! Where a task that gets memory back can sleep.
//!
//! Work that can sleep (a slow-path request, a run of kswapd) is a value of its own with a `resume` method: it does one
//! stretch of work on the machine and says whether it is done or what it waits for. So any number of tasks can be
//! inside at once, each can be stepped by hand, all state stays plain memory that can be copied, and nothing borrows
//! the machine while it sleeps.

use crate::pfn::NodeId;

/// What came of a stretch of work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step<T> {
    /// The work is done.
    Done(T),
    /// It goes on when the wait is over.
    Wait(Wait),
}

impl<T> Step<T> {
    /// The same wait, or what is made of the result.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Step::Done(result) => Step::Done(make(result)),
            Step::Wait(wait) => Step::Wait(wait),
        }
    }
}

/// What a task waits for. Times are in jiffies (4 ms).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Nothing: others may run (`cond_resched`).
    Yield,
    /// So much time, whatever happens (`schedule_timeout_uninterruptible`, `msleep`).
    Sleep(u32),
    /// So much time, or until a congested device has room (`congestion_wait`).
    Congestion(u32),
    /// The same, but only while some device is congested (`wait_iff_congested`).
    IfCongested(u32),
    /// kswapd of the node to make room (`throttle_direct_reclaim`); at most so long, if a number is given.
    Throttle {
        /// The node.
        node: NodeId,
        /// Without `__GFP_FS` the wait ends after so many jiffies.
        timeout: Option<u32>,
    },
    /// A page's I/O to end (`wait_on_page_writeback`, `lock_page`).
    PageIo(crate::pfn::Frame),
    /// A request to kswapd (`wakeup_kswapd`), at most so long if a number is given.
    Kswapd {
        /// The node.
        node: NodeId,
        /// Jiffies.
        timeout: Option<u32>,
    },
    /// A request to kcompactd (`wakeup_kcompactd`), at most so long.
    Kcompactd {
        /// The node.
        node: NodeId,
        /// Jiffies.
        timeout: u32,
    },
    /// Work for a flusher (`wakeup_flusher_threads`), at most so long if a number is given.
    Flusher {
        /// The device.
        device: u16,
        /// Jiffies.
        timeout: Option<u32>,
    },
    /// An address space to reap (`wake_oom_reaper`).
    OomReaper,
    /// Work that memory cgroups leave for later (`schedule_work`).
    MemcgWork,
    /// One's turn to take a range from a contiguous area (`cma_mutex`).
    CmaTurn(u32),
}

impl Wait {
    /// Jiffies after which the wait ends by itself.
    #[must_use]
    pub const fn timeout(self) -> Option<u32> {
        match self {
            Wait::Yield => Some(0),
            Wait::Sleep(jiffies) | Wait::Congestion(jiffies) | Wait::IfCongested(jiffies) => Some(jiffies),
            Wait::Throttle { timeout, .. } | Wait::Kswapd { timeout, .. } | Wait::Flusher { timeout, .. } => timeout,
            Wait::Kcompactd { timeout, .. } => Some(timeout),
            Wait::PageIo(_) | Wait::OomReaper | Wait::MemcgWork | Wait::CmaTurn(_) => None,
        }
    }
}

/// Waits that a caller lets pass at once before it takes work for one that never ends.
const MAX_WAITS: u32 = 1 << 16;

/// Does work to its end, every wait passing at once; `None` if it would go on for ever while nobody else runs.
pub(crate) fn finish<T>(mut resume: impl FnMut() -> Step<T>) -> Option<T> {
    (0..MAX_WAITS).find_map(|_| match resume() {
        Step::Done(result) => Some(result),
        Step::Wait(_) => None,
    })
}
