//! What a part of a text is.

use super::format::EventFormat;
use super::log::LogText;
use super::trace::TraceText;
use super::{Coverage, Kind};
use crate::error::LogError;
use crate::nodes::{Distances, Hardware, IdList};
use crate::shape::Shape;
use crate::zoneinfo::ZoneInfo;
use crate::{BuddyInfo, Counters, MemoryCounters, PageTypeInfo, Pressure, Sysctls};
use std::fmt::{Display, Formatter, Result as FmtResult};

/// Declares the kinds that have one value for the whole text and a [`Shape`].
macro_rules! contents {
    ($($(#[$meta:meta])* $name:ident($type:ty),)*) => {
        /// What a part of a text is.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Content {
            $($(#[$meta])* $name($type),)*
            /// The kernel's log.
            Log(LogText),
            /// Trace events.
            Trace(TraceText),
            /// Nothing known.
            Unknown(String),
        }

        impl Content {
            /// Reads a text of a kind.
            pub(super) fn read(kind: Kind, text: &str) -> Result<Content, LogError> {
                Ok(match kind {
                    $(Kind::$name => Content::$name(text.parse()?),)*
                    Kind::Log => Content::Log(LogText::read(text)?),
                    Kind::Trace => Content::Trace(TraceText::read(text)?),
                })
            }

            /// What the text has besides its values.
            fn shape(&self) -> Option<&Shape> {
                match self {
                    $(Content::$name(value) => Some(&value.shape),)*
                    Content::Log(_) | Content::Trace(_) | Content::Unknown(_) => None,
                }
            }
        }

        impl Display for Content {
            fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
                match self {
                    $(Content::$name(value) => value.fmt(f),)*
                    Content::Log(log) => log.fmt(f),
                    Content::Trace(trace) => trace.fmt(f),
                    Content::Unknown(text) => f.write_str(text),
                }
            }
        }
    };
}

contents! {
    /// `/proc/buddyinfo`.
    BuddyInfo(BuddyInfo),
    /// `/proc/zoneinfo`.
    ZoneInfo(ZoneInfo),
    /// `/proc/pagetypeinfo`.
    PageTypeInfo(PageTypeInfo),
    /// `/proc/vmstat`.
    VmStat(Counters),
    /// A node's `numastat`.
    NumaStat(Counters),
    /// `memory.stat` of a cgroup.
    CgroupStat(Counters),
    /// `/proc/meminfo`, or a node's.
    MemInfo(MemoryCounters),
    /// A node's `distance`.
    Distance(Distances),
    /// A set of CPUs or nodes.
    Ids(IdList),
    /// `numactl --hardware`.
    Hardware(Hardware),
    /// Settings.
    Sysctl(Sysctls),
    /// `/proc/pressure/memory`.
    Pressure(Pressure),
    /// `format` of a trace event.
    EventFormat(EventFormat),
}

impl Content {
    /// Adds its lines to what is understood or kept.
    pub(super) fn cover(&self, line: usize, lines: usize, coverage: &mut Coverage) {
        match self {
            Content::Log(log) => log.cover(line, coverage),
            Content::Trace(trace) => trace.cover(line, coverage),
            Content::Unknown(_) => (line..line + lines).for_each(|line| coverage.keep(line)),
            _ => {
                let Some(shape) = self.shape() else { return };
                // Blank lines hold nothing that could be understood or not.
                let kept = shape.kept().filter(|(_, text)| !text.trim().is_empty());
                let before = coverage.kept_lines;
                kept.for_each(|(number, _)| coverage.keep(line + number - 1));
                coverage.understood += lines - (coverage.kept_lines - before);
                coverage.kept_words += shape.kept_words().count();
            }
        }
    }
}
