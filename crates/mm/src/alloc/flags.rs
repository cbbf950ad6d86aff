//! Which marks and reserves the attempts of the slow path go by (mm/page_alloc.c).

use crate::alloc::fast::current_alloc_flags;
use crate::gfp::{AllocFlags, Gfp};
use crate::pfn::MigrateType;
use crate::task::{Task, TaskFlags};

/// Flags for the min mark (`gfp_to_alloc_flags`).
pub(crate) fn gfp_to_alloc_flags(task: &Task, gfp: Gfp, migratetype: MigrateType) -> AllocFlags {
    let mut flags = AllocFlags::CPUSET;
    flags.set(AllocFlags::HIGH, gfp.contains(Gfp::HIGH));
    flags.set(AllocFlags::KSWAPD, gfp.contains(Gfp::KSWAPD_RECLAIM));
    if gfp.contains(Gfp::ATOMIC) {
        flags.set(AllocFlags::HARDER, !gfp.contains(Gfp::NOMEMALLOC));
        flags -= AllocFlags::CPUSET;
    } else if task.realtime && !task.context.in_interrupt() {
        flags |= AllocFlags::HARDER;
    }
    flags | current_alloc_flags(task, migratetype)
}

/// Which reserves the request may use whatever the marks say (`__gfp_pfmemalloc_flags`).
pub(crate) fn pfmemalloc_flags(task: &Task, gfp: Gfp) -> AllocFlags {
    let memalloc = task.flags.contains(TaskFlags::MEMALLOC);
    if gfp.contains(Gfp::NOMEMALLOC) {
        return AllocFlags::empty();
    }
    if gfp.contains(Gfp::MEMALLOC) || (memalloc && task.context.in_serving_softirq()) {
        return AllocFlags::NO_WATERMARKS;
    }
    if task.context.in_interrupt() {
        return AllocFlags::empty();
    }
    if memalloc {
        return AllocFlags::NO_WATERMARKS;
    }
    if task.oom_victim { AllocFlags::OOM } else { AllocFlags::empty() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pfn::CpuId;
    use crate::task::Context;

    fn flags(task: &Task, gfp: Gfp) -> AllocFlags {
        gfp_to_alloc_flags(task, gfp, MigrateType::Unmovable)
    }

    #[test]
    fn atomic_requests_try_harder_and_leave_their_cpuset() {
        let task = Task::new(CpuId(0));
        let all = AllocFlags::HIGH | AllocFlags::HARDER | AllocFlags::KSWAPD;
        assert_eq!(flags(&task, Gfp::GFP_ATOMIC), all);
        assert_eq!(flags(&task, Gfp::GFP_ATOMIC | Gfp::NOMEMALLOC), all - AllocFlags::HARDER);
        assert_eq!(flags(&task, Gfp::GFP_KERNEL), AllocFlags::CPUSET | AllocFlags::KSWAPD);
    }

    #[test]
    fn real_time_tasks_try_harder_outside_interrupts() {
        let mut task = Task { realtime: true, ..Task::new(CpuId(0)) };
        assert!(flags(&task, Gfp::GFP_KERNEL).contains(AllocFlags::HARDER | AllocFlags::CPUSET));
        task.context = Context::Softirq;
        assert!(!flags(&task, Gfp::GFP_KERNEL).contains(AllocFlags::HARDER));
    }

    #[test]
    fn the_first_rule_that_fits_opens_the_reserves() {
        let with = |flags, context, oom_victim| Task { flags, context, oom_victim, ..Task::new(CpuId(0)) };
        let (none, memalloc) = (TaskFlags::empty(), TaskFlags::MEMALLOC);
        let (all, half) = (AllocFlags::NO_WATERMARKS, AllocFlags::OOM);
        let rows = [
            (with(memalloc, Context::Task, true), Gfp::NOMEMALLOC | Gfp::MEMALLOC, AllocFlags::empty()),
            (with(none, Context::Hardirq { interrupted_softirq: false }, false), Gfp::MEMALLOC, all),
            (with(memalloc, Context::Softirq, false), Gfp::empty(), all),
            (with(memalloc, Context::Hardirq { interrupted_softirq: false }, true), Gfp::empty(), AllocFlags::empty()),
            (with(memalloc, Context::Task, true), Gfp::empty(), all),
            (with(none, Context::Task, true), Gfp::empty(), half),
            (with(none, Context::Task, false), Gfp::GFP_KERNEL, AllocFlags::empty()),
        ];
        for (task, gfp, reserves) in rows {
            assert_eq!(pfmemalloc_flags(&task, gfp), reserves, "{task:?} {gfp}");
        }
    }
}
