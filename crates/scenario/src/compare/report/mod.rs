//! Reports of failed requests and OOM kills: what the model prints in the recorded situation, line by line.

mod lines;
mod situation;

use super::check::Check;
use super::error::CompareError;
use super::run::Run;
use buddyscope_mm::Machine;
use buddyscope_mm::event::{Event, Sink, SlowEvent};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::oom::{self, OomRecord};
use buddyscope_mm::pfn::{CpuId, Order};
use buddyscope_mm::task::Task;
use buddyscope_procfs::report::{
    AllocFailure, FailedRequest, MemInfo, Message, OomMemory, OomReport, Surroundings, oom_report,
};

/// All checks of the reports in a run's log.
pub(super) fn checks(run: &Run) -> Result<Vec<Check>, CompareError> {
    let mut checks = Vec::new();
    for logged in &run.messages {
        match &logged.message {
            Message::AllocFailure(failure) => checks.extend(failure_checks(run, logged.line, failure)?),
            Message::Oom(report) => checks.extend(memory_check(run, logged.line, report)?),
            _ => {}
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

/// What an OOM report says of memory, printed from the machine that it shows.
fn memory_check(run: &Run, line: usize, report: &OomReport) -> Result<Option<Check>, CompareError> {
    let Some(OomMemory::Machine { mem, .. }) = &report.memory else { return Ok(None) };
    let machine = situation::machine(&run.start, mem)?;
    let cpu = report.caller.as_ref().map_or(CpuId(0), |caller| CpuId(caller.cpu as u16));
    let printed = MemInfo::of(&machine, cpu, &surroundings(mem)).to_string();
    let all = lines::of_report(&run.log, line);
    let memory = all.iter().skip_while(|line| *line != "Mem-Info:").take(printed.lines().count());
    let kernel: Vec<String> = memory.cloned().collect();
    Ok(Some(lines::check("memory in the OOM report, line by line", &kernel, &printed)))
}

/// Who was killed and why: the first and the last line of the kernel's report and those of the model's own kill, but for
/// process ids.
pub(super) fn kills(run: &Run, machine: &Machine<impl Sink>) -> Vec<Check> {
    let kernel: Vec<String> = run
        .messages
        .iter()
        .filter_map(|logged| match &logged.message {
            Message::Oom(report) => {
                let mut summary = report.summary.clone();
                summary.iter_mut().for_each(|summary| summary.victim.pid = 0);
                Some(format!("{}; {}", report.invocation, summary.map(|s| s.to_string()).unwrap_or_default()))
            }
            _ => None,
        })
        .collect();
    let model: Vec<String> = machine
        .oom_log()
        .iter()
        .filter_map(|record| match record {
            OomRecord::Report(report) => Some(kill_lines(machine, report)),
            _ => None,
        })
        .collect();
    if kernel.is_empty() && model.is_empty() {
        return Vec::new();
    }
    vec![Check::equal("who was killed and why", kernel.join("; "), model.join("; "))]
}

fn kill_lines(machine: &Machine<impl Sink>, report: &oom::OomReport) -> String {
    let OomReport { invocation, summary, .. } = oom_report(machine, report, CpuId(0));
    let summary = summary.map(|mut summary| {
        summary.victim.pid = 0;
        summary.to_string()
    });
    format!("{invocation}; {}", summary.unwrap_or_default())
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
