//! What a session's commands change: the machine, and who holds its pages.

use super::MAX_AGE_OPERATIONS;
use super::age::Held;
use super::alloc_form::Request;
use super::allocations::Allocations;
use super::command::Command;
use super::error::FieldError;
use super::policy::Target;
use buddyscope_engine::{self as engine, Trace};
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::pfn::{CpuId, NodeId, Order, Pfn};
use buddyscope_mm::{Answer, Machine};

/// The machine and everything beside it that a later command depends on.
#[derive(Clone)]
pub struct State {
    /// The machine.
    pub machine: Machine<Trace>,
    /// What a person asked for.
    pub allocations: Allocations,
    /// Blocks that `age` left in use.
    pub(super) background: Vec<Held>,
    /// Where each interleave policy is, by its text.
    pub(super) interleaved: Vec<(String, NodeId)>,
}

impl State {
    pub(crate) fn new(machine: Machine<Trace>) -> State {
        let (background, interleaved) = (Vec::new(), Vec::new());
        State { machine, allocations: Allocations::default(), background, interleaved }
    }

    /// Runs a command, the one at position `at` of the log.
    ///
    /// # Errors
    /// [`FieldError`] if the command cannot be done; nothing has changed then.
    pub(super) fn run(&mut self, command: &Command, at: u32) -> Result<(), FieldError> {
        match command {
            Command::Age { operations, .. } if *operations > MAX_AGE_OPERATIONS => {
                let message = format!("{operations} given; at most {MAX_AGE_OPERATIONS} are possible");
                return Err(FieldError::new("operations", message));
            }
            Command::Age { seed, operations } => super::age::age(self, *seed, *operations),
            Command::Allocate { form } => {
                let request = form.request(&self.machine)?;
                for nth in 0..request.count {
                    if self.allocate(&request, &form.policy, (at, nth as u32)).pfn.is_none() {
                        break;
                    }
                }
            }
            Command::Free { id } => self.free(*id, at)?,
            Command::FreePfn { pfn, order, cpu } => self.free_block(Pfn(*pfn), *order, *cpu, at)?,
            Command::Drain { cpu } => self.on_cpus(*cpu, |machine, cpu| machine.drain_local_pages(cpu))?,
            Command::Fold { cpu } => self.on_cpus(*cpu, |machine, cpu| machine.refresh_cpu_vm_stats(cpu))?,
            Command::Sysctl { name, value } => {
                let refused = |error| FieldError::of_sysctl(name, &error);
                let change = Sysctl::parse(name, value).map_err(refused)?;
                self.machine.write_sysctl(change).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// Makes one request and notes what came of it.
    pub(super) fn allocate(&mut self, request: &Request, policy: &str, place: (u32, u32)) -> Answer {
        let from = self.machine.sink().now();
        let answer = ask(&mut self.machine, request, policy, &mut self.interleaved);
        let to = self.machine.sink().now();
        let zone = answer.pfn.and_then(|pfn| self.machine.page_zone(pfn)).map(|zone| zone.id);
        self.allocations.add(request, answer, zone, place, (from, to));
        if let Some(pfn) = answer.pfn.filter(|_| request.lru) {
            // The block was allocated a moment ago with this order, so this cannot be refused.
            let marked = engine::mark_lru(&mut self.machine, pfn, request.order);
            debug_assert!(marked.is_ok(), "{marked:?}");
        }
        answer
    }

    fn free(&mut self, id: u32, at: u32) -> Result<(), FieldError> {
        let Some(allocation) = self.allocations.get(id).copied() else {
            let total = self.allocations.total();
            return Err(FieldError::new("id", format!("there is no allocation {id}; there are {total}")));
        };
        match (allocation.pfn, allocation.freed) {
            (None, _) => Err(FieldError::new("id", format!("allocation {id} failed: there is nothing to free"))),
            (_, Some(_)) => Err(FieldError::new("id", format!("allocation {id} has been freed already"))),
            (Some(pfn), None) => self.free_block(pfn, allocation.order.get(), allocation.cpu.0, at),
        }
    }

    fn free_block(&mut self, pfn: Pfn, order: u8, cpu: u16, at: u32) -> Result<(), FieldError> {
        let order = Order::new(order.into()).ok_or_else(|| FieldError::new("order", "0 to 10 is expected"))?;
        let from = self.machine.sink().now();
        engine::free_pages(&mut self.machine, CpuId(cpu), pfn, order).map_err(FieldError::of_page)?;
        self.allocations.remove(pfn, at, (from, self.machine.sink().now()));
        Ok(())
    }

    fn on_cpus(&mut self, cpu: Option<u16>, run: impl Fn(&mut Machine<Trace>, CpuId)) -> Result<(), FieldError> {
        let cpus = self.machine.cpus().len() as u16;
        match cpu {
            Some(cpu) if cpu >= cpus => {
                return Err(FieldError::new("cpu", format!("cpu {cpu} given; the machine has {cpus}")));
            }
            Some(cpu) => run(&mut self.machine, CpuId(cpu)),
            None => (0..cpus).for_each(|cpu| run(&mut self.machine, CpuId(cpu))),
        }
        Ok(())
    }
}

/// Makes the request the way its target says; an interleave policy goes on where it was.
pub(super) fn ask(
    machine: &mut Machine<Trace>,
    request: &Request,
    policy: &str,
    interleaved: &mut Vec<(String, NodeId)>,
) -> Answer {
    let mut task = request.task.clone();
    if let Target::Node(node) = request.target {
        return engine::alloc_pages_nodemask(machine, &mut task, request.gfp, request.order, node, None);
    }
    let place = interleaved.iter().position(|(name, _)| name == policy);
    task.il_prev = place.map(|at| interleaved[at].1);
    let answer = engine::alloc_pages_current(machine, &mut task, request.gfp, request.order);
    if let Some(node) = task.il_prev {
        match place {
            Some(at) => interleaved[at].1 = node,
            None => interleaved.push((policy.to_owned(), node)),
        }
    }
    answer
}
