//! Reports of failed requests and OOM kills: what the model prints in the recorded situation, line by line.

mod lines;
mod situation;

use super::check::Check;
use super::error::CompareError;
use super::run::Run;
use buddyscope_mm::Machine;
use buddyscope_mm::event::{Event, SlowEvent};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, Order};
use buddyscope_mm::task::Task;
use buddyscope_procfs::report::{AllocFailure, FailedRequest, MemInfo, Message, Surroundings};

/// All checks of the reports in a run's log.
pub(super) fn checks(run: &Run) -> Result<Vec<Check>, CompareError> {
    let mut checks = Vec::new();
    for logged in &run.messages {
        if let Message::AllocFailure(failure) = &logged.message {
            checks.extend(failure_checks(run, logged.line, failure)?);
        }
    }
    Ok(checks)
}

/// The request is made again in the machine that the report shows: it must fail, and the report must come out equal.
fn failure_checks(run: &Run, line: usize, failure: &AllocFailure) -> Result<Vec<Check>, CompareError> {
    let Some(mem) = &failure.mem else { return Ok(Vec::new()) };
    let mut machine = situation::machine(&run.start, mem)?;
    let cpu = CpuId(0);
    let printed = MemInfo::of(&machine, cpu, &surroundings(mem));
    let request = ask(&mut machine, cpu, failure);
    let model = AllocFailure {
        // Without a failure the model prints nothing at all.
        request: request.clone().unwrap_or(FailedRequest { comm: "no failure".to_owned(), ..failure.request.clone() }),
        caller: failure.caller.clone(),
        mem: Some(printed),
    };
    let what = format!("request of order {} fails in the reported situation", failure.request.order);
    let said = |request: Option<&FailedRequest>| request.map_or("served".to_owned(), |_| "failed".to_owned());
    Ok(vec![
        Check::equal(what, "failed".to_owned(), said(request.as_ref())),
        lines::check("report of the failure, line by line", &lines::of_report(&run.log, line), &model.to_string()),
    ])
}

fn surroundings(mem: &MemInfo) -> Surroundings {
    let swap = mem.swap.as_ref();
    Surroundings {
        swap_cached: swap.map_or(0, |swap| swap.cached),
        swap_cache: swap.map(|swap| swap.cache.clone()).unwrap_or_default(),
        cma: mem.totals.cma.unwrap_or(0),
        hugepages: mem.hugepages.iter().map(|huge| (huge.node, [huge.total, huge.free, huge.surplus])).collect(),
    }
}

/// Makes the request; what the model tells of its failure.
fn ask(machine: &mut Machine<Vec<Event>>, cpu: CpuId, failure: &AllocFailure) -> Option<FailedRequest> {
    let mut task = Task::new(cpu);
    task.mems_allowed = machine.memory_nodes();
    let order = Order::new(failure.request.order)?;
    let gfp: Gfp = failure.request.gfp;
    machine.alloc_pages_current(&mut task, gfp, order);
    machine.sink().iter().rev().find_map(|event| match *event {
        Event::Slow(SlowEvent::Warn { gfp, order, nodemask }) => Some(FailedRequest {
            comm: failure.request.comm.clone(),
            order: order.into(),
            gfp,
            nodemask,
            cpuset: failure.request.cpuset.clone(),
            mems_allowed: task.mems_allowed,
        }),
        _ => None,
    })
}
