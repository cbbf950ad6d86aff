//! The form that describes a request for memory.

use super::error::FieldError;
use super::policy::{Target, parse_policy};
use super::value::Value;
use buddyscope_mm::event::Sink;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, Order};
use buddyscope_mm::task::{Context, Task, TaskFlags};
use buddyscope_mm::{Machine, parse_gfp};
use serde::{Deserialize, Serialize};

/// Most requests that one form may ask for.
pub const MAX_COUNT: u64 = 100_000;

/// A request for memory, as typed and ticked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AllocForm {
    /// Flags in any spelling.
    pub gfp: String,
    /// 0..=10.
    pub order: Value,
    /// The CPU that asks.
    pub cpu: Value,
    /// `default`, `local`, `preferred:N`, `bind:0,1`, `interleave:0-3`, or `node:N` for a call that names its node.
    pub policy: String,
    /// How many times; 1 when left out.
    pub count: Value,
    /// `task`, `bh_disabled`, `softirq`, `hardirq` or `nmi`; a task when left out.
    pub context: Option<String>,
    /// `PF_MEMALLOC`, `PF_MEMALLOC_NOCMA`, `PF_MEMALLOC_NOFS`, `PF_MEMALLOC_NOIO`, `PF_EXITING`, `rt`, `oom_victim`.
    pub task_flags: Vec<String>,
    /// Whether the pages go to an LRU list afterwards.
    pub lru: bool,
}

/// A request that can be made.
#[derive(Clone, Debug)]
pub struct Request {
    /// The flags.
    pub gfp: Gfp,
    /// The order.
    pub order: Order,
    /// Who asks; its policy included.
    pub task: Task,
    /// Where from.
    pub target: Target,
    /// How many times.
    pub count: u64,
    /// Whether the pages go to an LRU list afterwards.
    pub lru: bool,
}

impl AllocForm {
    /// The request, if this machine can make it.
    ///
    /// # Errors
    /// [`FieldError`] for the first field that is wrong, in the order of the form.
    pub fn request<S: Sink>(&self, machine: &Machine<S>) -> Result<Request, FieldError> {
        let gfp = parse_gfp(&self.gfp).map_err(|error| FieldError::new("gfp", error.to_string()))?.gfp;
        gfp.check().map_err(|error| FieldError::new("gfp", error.to_string()))?;
        let order = self.order.or(0, "order", 0..=u64::from(Order::MAX.get()))?;
        let cpu = self.cpu.or(0, "cpu", 0..=machine.cpus().len() as u64 - 1)?;
        let mut task = Task::new(CpuId(cpu as u16));
        task.mems_allowed = machine.memory_nodes();
        task.context = parse_context(self.context.as_deref().unwrap_or("task"))?;
        for flag in &self.task_flags {
            set_task_flag(&mut task, flag)?;
        }
        let target = parse_policy(&self.policy, machine, &mut task)?;
        let count = self.count.or(1, "count", 1..=MAX_COUNT)?;
        let order = Order::new(order as u32).unwrap_or_default();
        Ok(Request { gfp, order, task, target, count, lru: self.lru })
    }
}

fn parse_context(text: &str) -> Result<Context, FieldError> {
    Ok(match text {
        "" | "task" => Context::Task,
        "bh_disabled" => Context::TaskBhDisabled,
        "softirq" => Context::Softirq,
        "hardirq" => Context::Hardirq { interrupted_softirq: false },
        "nmi" => Context::Nmi { interrupted_softirq: false },
        _ => {
            let message = format!("`{text}` is no context; task, bh_disabled, softirq, hardirq or nmi is expected");
            return Err(FieldError::new("context", message));
        }
    })
}

fn set_task_flag(task: &mut Task, name: &str) -> Result<(), FieldError> {
    match name {
        "rt" => task.realtime = true,
        "oom_victim" => task.oom_victim = true,
        _ => match TaskFlags::from_name(name.strip_prefix("PF_").unwrap_or(name)) {
            Some(flag) => task.flags |= flag,
            None => {
                let message = format!(
                    "`{name}` is no task flag; PF_MEMALLOC, PF_MEMALLOC_NOCMA, PF_MEMALLOC_NOFS, \
                    PF_MEMALLOC_NOIO, PF_EXITING, rt or oom_victim is expected"
                );
                return Err(FieldError::new("taskFlags", message));
            }
        },
    }
    Ok(())
}
