//! Time that tasks lose for lack of memory (kernel/sched/psi.c). Nothing in the allocator reads it.

use super::Task;

/// How often and how long tasks were held up by lack of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pressure {
    /// Times that a task began to be held up.
    pub memstalls: u64,
    /// Tasks held up now.
    pub stalled: u32,
    /// Jiffies during which at least one task was held up (the `some` line of `/proc/pressure/memory`).
    pub some: u64,
    /// Jiffies lost by all tasks together.
    pub lost: u64,
    /// Percent of the last 10, 60 and 300 seconds that `some` grew in, times 2048 (`FIXED_1`).
    pub averages: [u64; 3],
    /// Jiffies of the window under way, and what `some` was when it began.
    window: (u64, u64),
}

/// Jiffies after which averages are brought up to date (`PSI_FREQ`).
const WINDOW: u64 = 2 * 250 + 1;
/// 1 as a fixed-point number (`FIXED_1`).
const ONE: u64 = 2048;
/// What is left of an average after a window, of 2048 (`EXP_10s`, `EXP_60s`, `EXP_300s`).
const LEFT: [u64; 3] = [1677, 1981, 2034];

/// An average after a window of which `percent` were lost (`calc_load`).
fn averaged(average: u64, left: u64, percent: u64) -> u64 {
    let active = percent * ONE;
    let up = if active >= average { ONE - 1 } else { 0 };
    (average * left + active * (ONE - left) + up) / ONE
}

impl Pressure {
    /// A task begins to be held up (`psi_memstall_enter`); says whether it was before, for [`Pressure::leave`].
    pub(crate) fn enter(&mut self, task: &mut Task) -> bool {
        let before = core::mem::replace(&mut task.in_memstall, true);
        if !before {
            self.begin();
        }
        before
    }

    /// A task is as free as it was before [`Pressure::enter`] (`psi_memstall_leave`).
    pub(crate) fn leave(&mut self, task: &mut Task, before: bool) {
        task.in_memstall = before;
        if !before {
            self.end();
        }
    }

    /// Someone begins to be held up.
    pub(crate) fn begin(&mut self) {
        self.memstalls += 1;
        self.stalled += 1;
    }

    /// Someone is held up no longer.
    pub(crate) fn end(&mut self) {
        self.stalled = self.stalled.saturating_sub(1);
    }

    /// Time goes by.
    pub(crate) fn pass(&mut self, mut jiffies: u64) {
        while jiffies > 0 {
            let step = jiffies.min(WINDOW - self.window.0);
            self.some += if self.stalled > 0 { step } else { 0 };
            self.lost += u64::from(self.stalled) * step;
            self.window.0 += step;
            if self.window.0 == WINDOW {
                self.end_window();
            }
            jiffies -= step;
        }
    }

    /// Brings the averages up to date (`update_averages`).
    fn end_window(&mut self) {
        let percent = (self.some - self.window.1) * 100 / WINDOW;
        self.window = (0, self.some);
        for (average, left) in self.averages.iter_mut().zip(LEFT) {
            *average = averaged(*average, left, percent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pfn::CpuId;

    #[test]
    fn time_counts_for_each_task_that_is_held_up_and_once_for_the_machine() {
        let mut pressure = Pressure::default();
        let [mut one, mut other] = [Task::new(CpuId(0)), Task::new(CpuId(0))];
        pressure.pass(5);
        let first = pressure.enter(&mut one);
        pressure.pass(10);
        let second = pressure.enter(&mut other);
        pressure.pass(100);
        pressure.leave(&mut one, first);
        pressure.pass(1000);
        pressure.leave(&mut other, second);
        pressure.pass(10_000);
        assert_eq!((pressure.some, pressure.lost, pressure.memstalls, pressure.stalled), (1110, 1210, 2, 0));
    }

    #[test]
    fn what_a_task_that_is_held_up_does_for_itself_is_part_of_one_stall() {
        let mut pressure = Pressure::default();
        let mut task = Task::new(CpuId(0));
        let outer = pressure.enter(&mut task);
        let inner = pressure.enter(&mut task);
        pressure.leave(&mut task, inner);
        assert!(task.in_memstall);
        pressure.pass(3);
        pressure.leave(&mut task, outer);
        assert_eq!((pressure.lost, pressure.memstalls, task.in_memstall), (3, 1, false));
    }

    #[test]
    fn averages_follow_what_was_lost_each_at_its_own_pace() {
        let mut pressure = Pressure::default();
        let mut task = Task::new(CpuId(0));
        let before = pressure.enter(&mut task);
        pressure.pass(WINDOW);
        // Of 100 %, 371, 67 and 14 parts of 2048.
        assert_eq!(pressure.averages, [37_100, 6_700, 1_400]);
        pressure.leave(&mut task, before);
        pressure.pass(150 * WINDOW);
        assert_eq!(pressure.averages[0], 0);
        assert!(pressure.averages[2] > 0);
    }
}
