//! What a CPU is doing when it allocates: who can sleep and who counts as an interrupt.

/// The execution context of a request (`preempt_count`, include/linux/preempt.h, v5.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Context {
    /// A task.
    #[default]
    Task,
    /// A task that has switched softirqs off (`local_bh_disable`), which already counts as in interrupt.
    TaskBhDisabled,
    /// A softirq.
    Softirq,
    /// A device interrupt.
    Hardirq {
        /// Whether it came while a softirq ran.
        interrupted_softirq: bool,
    },
    /// A non-maskable interrupt.
    Nmi {
        /// Whether it came while a softirq ran.
        interrupted_softirq: bool,
    },
}

impl Context {
    /// Whether policies, cpusets and task privileges are left aside (`in_interrupt`).
    #[inline]
    #[must_use]
    pub const fn in_interrupt(self) -> bool {
        !matches!(self, Context::Task)
    }

    /// Whether a softirq runs (`in_serving_softirq`).
    #[inline]
    #[must_use]
    pub const fn in_serving_softirq(self) -> bool {
        match self {
            Context::Softirq => true,
            Context::Task | Context::TaskBhDisabled => false,
            Context::Hardirq { interrupted_softirq } | Context::Nmi { interrupted_softirq } => interrupted_softirq,
        }
    }

    /// Whether this is the task's own code (`in_task`).
    #[inline]
    #[must_use]
    pub const fn in_task(self) -> bool {
        matches!(self, Context::Task | Context::TaskBhDisabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_without_softirqs_counts_as_an_interrupt_but_stays_a_task() {
        let context = Context::TaskBhDisabled;
        assert!(context.in_interrupt() && context.in_task() && !context.in_serving_softirq());
        assert!(!Context::Task.in_interrupt() && Context::Task.in_task());
    }

    #[test]
    fn an_interrupt_serves_a_softirq_if_it_interrupted_one() {
        assert!(Context::Softirq.in_serving_softirq());
        for interrupted_softirq in [false, true] {
            for context in [Context::Hardirq { interrupted_softirq }, Context::Nmi { interrupted_softirq }] {
                assert!(context.in_interrupt() && !context.in_task());
                assert_eq!(context.in_serving_softirq(), interrupted_softirq);
            }
        }
    }
}
