//! Decisions of the OOM killer (mm/oom_kill.c). The tracepoints of the `oom` group are a subset.

/// One decision of the OOM killer. Fields are named as the kernel names them; counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum OomEvent {
    /// The OOM killer was called although it is off (`oom_killer_disable`).
    Disabled,
}
