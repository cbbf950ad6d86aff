//! Fault injection: requests that fail although memory is there (`fail_page_alloc`, mm/page_alloc.c and
//! lib/fault-inject.c, v5.10).

use crate::gfp::Gfp;
use crate::pfn::Order;
use crate::rng::Rng;
use crate::task::Task;
use thiserror::Error;

/// When requests fail (`fail_page_alloc` in debugfs). The stack filters are not modelled: the model has no stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultInjection {
    /// Per cent of the requests that get this far and fail; 0 switches injection off, 100 and more fail all.
    pub probability: u64,
    /// Of so many requests one may fail.
    pub interval: u64,
    /// Failures left; −1 for no limit.
    pub times: i64,
    /// Pages that are handed out before the first failure.
    pub space: i64,
    /// How much the kernel says about a failure: 0 nothing, 1 a line, 2 a stack trace too.
    pub verbose: u64,
    /// Only tasks with [`Task::make_it_fail`].
    pub task_filter: bool,
    /// Requests below this order never fail.
    pub min_order: u32,
    /// Requests that may use high memory never fail.
    pub ignore_gfp_highmem: bool,
    /// Requests that may reclaim directly never fail (`ignore-gfp-wait`).
    pub ignore_gfp_reclaim: bool,
    /// Requests counted towards the interval.
    pub count: u64,
}

impl Default for FaultInjection {
    /// The state at boot: off.
    fn default() -> Self {
        FaultInjection {
            probability: 0,
            interval: 1,
            times: 1,
            space: 0,
            verbose: 2,
            task_filter: false,
            min_order: 1,
            ignore_gfp_highmem: true,
            ignore_gfp_reclaim: true,
            count: 0,
        }
    }
}

/// A boot parameter that is not four numbers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("fail_page_alloc=`{0}`: four numbers are expected, interval,probability,space,times, such as 1,10,0,-1")]
pub struct FaultParameterError(String);

impl FaultInjection {
    /// Reads the boot parameter `fail_page_alloc=interval,probability,space,times` (`setup_fault_attr`).
    ///
    /// # Errors
    /// [`FaultParameterError`] unless there are four numbers, the first two not negative.
    pub fn from_boot_parameter(text: &str) -> Result<FaultInjection, FaultParameterError> {
        let error = || FaultParameterError(text.chars().take(60).collect());
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        let &[interval, probability, space, times] = fields.as_slice() else {
            return Err(error());
        };
        Ok(FaultInjection {
            interval: interval.parse().map_err(|_| error())?,
            probability: probability.parse().map_err(|_| error())?,
            space: space.parse::<i32>().map_err(|_| error())?.into(),
            times: times.parse::<i32>().map_err(|_| error())?.into(),
            ..FaultInjection::default()
        })
    }

    /// Whether this request is to fail (`__should_fail_alloc_page`). Counts as the kernel counts, in its order.
    #[inline]
    pub fn should_fail(&mut self, task: &mut Task, gfp: Gfp, order: Order, rng: &mut Rng) -> bool {
        if self.probability == 0 && task.fail_nth == 0 {
            return false;
        }
        !self.is_immune(gfp, order) && self.draw(task, order.pages() as i64, rng)
    }

    /// Requests that injection leaves alone.
    fn is_immune(&self, gfp: Gfp, order: Order) -> bool {
        u32::from(order.get()) < self.min_order
            || gfp.contains(Gfp::NOFAIL)
            || (self.ignore_gfp_highmem && gfp.contains(Gfp::HIGHMEM))
            || (self.ignore_gfp_reclaim && gfp.contains(Gfp::DIRECT_RECLAIM))
    }

    /// `should_fail` of lib/fault-inject.c.
    fn draw(&mut self, task: &mut Task, pages: i64, rng: &mut Rng) -> bool {
        if task.context.in_task() && task.fail_nth != 0 {
            task.fail_nth -= 1;
            return task.fail_nth == 0 && self.fail();
        }
        if self.probability == 0 || self.is_filtered(task) || self.times == 0 {
            return false;
        }
        if self.space > pages {
            self.space -= pages;
            return false;
        }
        if self.interval > 1 {
            self.count = self.count.wrapping_add(1);
            if !self.count.is_multiple_of(self.interval) {
                return false;
            }
        }
        self.probability > rng.below(100) && self.fail()
    }

    fn is_filtered(&self, task: &Task) -> bool {
        self.task_filter && !(task.context.in_task() && task.make_it_fail)
    }

    /// Counts a failure; a limit never goes below zero.
    fn fail(&mut self) -> bool {
        if self.times != -1 && self.times != 0 {
            self.times -= 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pfn::CpuId;
    use crate::task::Context;

    fn order(order: u32) -> Order {
        Order::new(order).unwrap_or(Order::MAX)
    }

    /// How the next eight requests fare: 1 for a failure.
    fn outcomes(faults: &mut FaultInjection, task: &mut Task, gfp: Gfp, o: u32) -> String {
        let mut rng = Rng::new(1);
        (0..8).map(|_| if faults.should_fail(task, gfp, order(o), &mut rng) { '1' } else { '0' }).collect()
    }

    fn always() -> FaultInjection {
        FaultInjection { probability: 100, times: -1, ..FaultInjection::default() }
    }

    #[test]
    fn nothing_fails_by_default() {
        let mut task = Task::new(CpuId(0));
        assert_eq!(outcomes(&mut FaultInjection::default(), &mut task, Gfp::GFP_ATOMIC, 3), "00000000");
    }

    #[test]
    fn some_requests_are_immune() {
        let mut task = Task::new(CpuId(0));
        assert_eq!(outcomes(&mut always(), &mut task, Gfp::GFP_ATOMIC, 0), "00000000", "order 0");
        assert_eq!(outcomes(&mut always(), &mut task, Gfp::GFP_KERNEL, 1), "00000000", "may reclaim");
        assert_eq!(outcomes(&mut always(), &mut task, Gfp::HIGHMEM, 1), "00000000", "high memory");
        assert_eq!(outcomes(&mut always(), &mut task, Gfp::NOFAIL, 1), "00000000", "must not fail");
        assert_eq!(outcomes(&mut always(), &mut task, Gfp::GFP_ATOMIC, 1), "11111111");
    }

    #[test]
    fn interval_space_and_times_are_counted() {
        let mut task = Task::new(CpuId(0));
        let mut every_third = FaultInjection { interval: 3, ..always() };
        assert_eq!(outcomes(&mut every_third, &mut task, Gfp::GFP_ATOMIC, 1), "00100100");
        let mut twice = FaultInjection { times: 2, ..always() };
        assert_eq!(outcomes(&mut twice, &mut task, Gfp::GFP_ATOMIC, 1), "11000000");
        let mut after_six_pages = FaultInjection { space: 6, ..always() };
        assert_eq!(outcomes(&mut after_six_pages, &mut task, Gfp::GFP_ATOMIC, 1), "00111111");
    }

    #[test]
    fn a_task_can_ask_for_its_nth_request_to_fail() {
        let mut task = Task::new(CpuId(0));
        task.fail_nth = 3;
        assert_eq!(outcomes(&mut FaultInjection::default(), &mut task, Gfp::GFP_ATOMIC, 1), "00100000");
    }

    #[test]
    fn the_task_filter_spares_interrupts_and_unmarked_tasks() {
        let mut faults = FaultInjection { task_filter: true, ..always() };
        let mut task = Task::new(CpuId(0));
        assert_eq!(outcomes(&mut faults, &mut task, Gfp::GFP_ATOMIC, 1), "00000000");
        task.make_it_fail = true;
        assert_eq!(outcomes(&mut faults, &mut task, Gfp::GFP_ATOMIC, 1), "11111111");
        task.context = Context::Softirq;
        assert_eq!(outcomes(&mut faults, &mut task, Gfp::GFP_ATOMIC, 1), "00000000");
    }

    #[test]
    fn the_boot_parameter_is_four_numbers() {
        let read = FaultInjection::from_boot_parameter("2,10,100,-1");
        let expected =
            FaultInjection { interval: 2, probability: 10, space: 100, times: -1, ..FaultInjection::default() };
        assert_eq!(read, Ok(expected));
        for bad in ["", "1,2,3", "1,2,3,x", "-1,2,3,4", "1,2,3,4,5", "1,2,99999999999,4"] {
            assert!(FaultInjection::from_boot_parameter(bad).is_err(), "{bad}");
        }
    }
}
