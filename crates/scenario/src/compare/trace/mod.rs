//! What a kernel, or the model in its place, did under a load: events and samples in the order of time.

mod event;
mod ftrace;
mod moment;
mod read;

pub(crate) use event::{LoadEvent, SlabEnd, SlabStart};
pub(crate) use moment::{Moment, NodeMoment, Why, ZoneMoment};

use buddyscope_mm::pfn::CpuId;

/// A load's trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    /// What happened, by time.
    pub(crate) entries: Vec<Entry>,
}

/// One thing that happened, or one sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Microseconds since the trace began.
    pub(crate) micros: u64,
    /// What it is.
    pub(crate) what: What,
}

/// Events and samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An event.
    Event {
        /// Where it happened.
        cpu: CpuId,
        /// Whose doing it was.
        pid: u32,
        /// What happened.
        event: LoadEvent,
    },
    /// A sample of all nodes and zones.
    Moment(Moment),
    /// A value that the load's commands wrote down.
    Note(String),
}

impl Trace {
    /// Events with time and process id.
    pub(crate) fn events(&self) -> impl Iterator<Item = (u64, u32, &LoadEvent)> {
        self.entries.iter().filter_map(|entry| match &entry.what {
            What::Event { pid, event, .. } => Some((entry.micros, *pid, event)),
            _ => None,
        })
    }

    /// Samples with time.
    pub(crate) fn moments(&self) -> impl Iterator<Item = (u64, &Moment)> {
        self.entries.iter().filter_map(|entry| match &entry.what {
            What::Moment(moment) => Some((entry.micros, moment)),
            _ => None,
        })
    }

    /// Events that come with a sample, and that sample: the next one of this reason.
    pub(crate) fn sampled(&self, why: Why) -> impl Iterator<Item = (u32, &LoadEvent, &Moment)> {
        self.entries.iter().enumerate().filter_map(move |(at, entry)| match &entry.what {
            What::Event { pid, event, .. } if event.sample() == Some(why) => {
                let sample = self.entries[at..].iter().find_map(|entry| match &entry.what {
                    What::Moment(moment) if moment.why == why => Some(moment),
                    _ => None,
                });
                Some((*pid, event, sample?))
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests;
