//! Why the OOM killer came, and why it chose whom it chose, from its report.

use super::failure::{Asked, Look, look, request_args};
use super::{Around, Diagnosis, Subject};
use crate::sentence::{Args, Sentence};
use buddyscope_mm::pfn::{NodeMask, PAGE_ALLOC_COSTLY_ORDER};
use buddyscope_procfs::report::{
    CgroupMemory, Constraint, CounterName, Logged, MemInfo, Message, OomMemory, OomNotice, OomReport, OomSummary,
    Origin, TaskState,
};
use serde::Serialize;

/// `oom_score_adj` of a process that is never killed (`OOM_SCORE_ADJ_MIN`).
const NEVER: i16 = -1000;
/// Most rows of the score table.
const ROWS: usize = 20;
/// Bytes of a page.
const PAGE: i64 = 4096;

/// A process that could be killed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    /// Process id.
    pub pid: i32,
    /// Name.
    pub comm: String,
    /// Pages in memory.
    pub rss: u64,
    /// Pages in swap.
    pub swap: u64,
    /// Pages of page tables.
    pub tables: i64,
    /// `oom_score_adj`.
    pub adj: i16,
    /// What its `oom_score_adj` comes to, in pages.
    pub adjustment: i64,
    /// The sum (`oom_badness`); `None` for a process that is never killed.
    pub points: Option<i64>,
    /// Whether it was killed.
    pub killed: bool,
}

/// Explains an OOM report.
pub(super) fn of_oom(line: usize, report: &OomReport, log: &Around<'_>) -> Diagnosis {
    let invocation = &report.invocation;
    let allowed = report.summary.as_ref().map_or(NodeMask(u64::MAX), |summary| summary.context.mems_allowed);
    let asked = Asked {
        comm: &invocation.comm,
        gfp: invocation.gfp,
        order: invocation.order.max(0) as u32,
        nodemask: report.summary.as_ref().and_then(|summary| summary.context.nodemask),
        mems_allowed: allowed,
        caller: report.caller.as_ref(),
        highmem: log.highmem,
    };
    let headless = log.origin == Some(Origin::Headless);
    let key = match invocation.order {
        _ if headless => "kill.headless",
        ..0 => "kill.sysrq",
        _ => "kill.title",
    };
    let mut diagnosis = Diagnosis::new(line, Subject::Oom, Sentence::new(key, request_args(&asked)));
    diagnosis.notes.extend(report.summary.as_ref().map(constraint));
    match &report.memory {
        None => diagnosis.notes.push(Sentence::new("report.noMemInfo", Args::new())),
        Some(OomMemory::Cgroup(memory)) => of_group(&mut diagnosis, memory),
        Some(OomMemory::Machine { mem, .. }) => {
            if !headless {
                of_machine(&mut diagnosis, &asked, mem, log);
            }
            diagnosis.notes.extend(left(mem));
        }
    }
    choice(&mut diagnosis, report, victim(report, log.later));
    diagnosis
}

fn constraint(summary: &OomSummary) -> Sentence {
    let key = match summary.context.constraint {
        Constraint::None => "kill.constraintNone",
        Constraint::Cpuset => "kill.constraintCpuset",
        Constraint::MemoryPolicy => "kill.constraintPolicy",
        Constraint::Memcg => "kill.constraintMemcg",
    };
    let group = summary.oom_memcg.clone().unwrap_or_default();
    let nodes = crate::sentence::names::nodes(summary.context.nodemask.unwrap_or(summary.context.mems_allowed));
    Sentence::new(
        key,
        Args::new().with("group", group).with("cpuset", summary.context.cpuset.as_str()).with("nodes", nodes),
    )
}

/// A group at its limit.
fn of_group(diagnosis: &mut Diagnosis, memory: &CgroupMemory) {
    let full = memory.counters.iter().find(|counter| counter.usage >= counter.limit);
    let fullest =
        || memory.counters.iter().max_by_key(|counter| counter.usage.saturating_mul(1024) / counter.limit.max(1));
    let Some(counter) = full.or_else(fullest) else { return };
    let args = Args::new()
        .with("group", memory.path.as_str())
        .with("counter", counter.name.to_string())
        .with("usage", counter.usage)
        .with("limit", counter.limit)
        .with("failcnt", counter.failcnt);
    diagnosis.verdict = Some(Sentence::new("verdict.group", args));
    let stat = |name: &str| memory.stats.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes / 4096);
    if let (Some(anon), Some(file)) = (stat("anon"), stat("file")) {
        diagnosis.notes.push(Sentence::new("kill.groupStat", Args::new().with("anon", anon).with("file", file)));
    }
}

/// A machine whose zones are short.
fn of_machine(diagnosis: &mut Diagnosis, asked: &Asked<'_>, mem: &MemInfo, log: &Around<'_>) {
    match look(asked, mem) {
        Err(error) => diagnosis.refuse(&error),
        Ok(look) => {
            if look.depends_on_blocks(asked) && log.unlisted {
                diagnosis.notes.push(Sentence::new("report.noBlocks", Args::new().with("order", asked.order)));
            } else {
                diagnosis.verdict = Some(why_here(&look, asked));
            }
            look.hand_over(diagnosis);
        }
    }
}

/// What was left on the lists and in swap, and whether kswapd had hope.
fn left(mem: &MemInfo) -> Vec<Sentence> {
    let mut notes = vec![on_lists(mem)];
    if let Some(swap) = &mem.swap {
        let args = Args::new().with("free", swap.free.pages).with("total", swap.total.pages);
        let key = match (swap.total.pages, swap.free.pages) {
            (0, _) => "kill.noSwap",
            (_, 0) => "kill.swapFull",
            _ => "kill.swapFree",
        };
        notes.push(Sentence::new(key, args));
    }
    if mem.nodes.iter().any(|node| node.all_unreclaimable) {
        notes.push(Sentence::new("kill.hopeless", Args::new()));
    }
    notes
}

/// Why the request came as far as the OOM killer.
fn why_here(look: &Look, asked: &Asked<'_>) -> Sentence {
    let args = Args::new().with("order", asked.order);
    match asked.order {
        _ if look.passes => Sentence::new("verdict.oomPasses", args),
        order if order > u32::from(PAGE_ALLOC_COSTLY_ORDER) => Sentence::new("verdict.oomCostly", args),
        _ => look.verdict(asked),
    }
}

/// What reclaim could still have got.
fn on_lists(mem: &MemInfo) -> Sentence {
    let global = &mem.global;
    let args = Args::new()
        .with("anon", global.active_anon.saturating_add(global.inactive_anon))
        .with("file", global.active_file.saturating_add(global.inactive_file))
        .with("dirty", global.dirty.saturating_add(global.writeback))
        .with("unevictable", global.unevictable)
        .with("slab", global.slab_unreclaimable)
        .with("shmem", global.shmem);
    Sentence::new("kill.left", args)
}

/// Who was killed: as the summary or, in older kernels, the notice after it says.
fn victim(report: &OomReport, later: &[Logged]) -> Option<(i32, String)> {
    let summary = report.summary.as_ref().map(|summary| (summary.victim.pid, summary.victim.comm.clone()));
    summary.or_else(|| {
        let until_next = later.iter().take_while(|logged| !matches!(logged.message, Message::Oom(_)));
        until_next.into_iter().find_map(|logged| match &logged.message {
            Message::OomNotice(OomNotice::Killed(killed)) => Some((killed.pid, killed.comm.clone())),
            _ => None,
        })
    })
}

/// The score table and whether the choice follows from it.
fn choice(diagnosis: &mut Diagnosis, report: &OomReport, victim: Option<(i32, String)>) {
    let Some(tasks) = report.tasks.as_ref().filter(|tasks| !tasks.is_empty()) else { return };
    let total = total_pages(report);
    let pid = victim.as_ref().map(|victim| victim.0);
    let mut scores: Vec<Score> = tasks.iter().map(|task| score(task, total, pid)).collect();
    // Of equals the last one of the table is chosen.
    scores.reverse();
    scores.sort_by_key(|score| std::cmp::Reverse(score.points));
    if let (Some(first), Some((pid, comm))) = (scores.first().filter(|first| first.points.is_some()), victim) {
        let args = Args::new().with("comm", comm).with("pid", pid).with("points", first.points.unwrap_or(0));
        let same = first.pid == pid;
        let args = args.with("first", first.comm.as_str()).with("firstPid", first.pid);
        diagnosis.notes.push(Sentence::new(if same { "kill.chosen" } else { "kill.chosenOther" }, args));
    }
    let key = if total > 0 { "kill.total" } else { "kill.noTotal" };
    diagnosis.notes.push(Sentence::new(key, Args::new().with("total", total)));
    let killed_row = scores.iter().skip(ROWS).find(|score| score.killed).cloned();
    scores.truncate(ROWS);
    scores.extend(killed_row);
    diagnosis.scores = scores;
}

/// Pages that an `oom_score_adj` is a share of (`constrained_alloc`).
fn total_pages(report: &OomReport) -> u64 {
    match &report.memory {
        Some(OomMemory::Machine { mem, .. }) => {
            let swap = mem.swap.as_ref().map_or(0, |swap| swap.total.pages);
            ram(mem, report.summary.as_ref()).saturating_add(swap)
        }
        Some(OomMemory::Cgroup(memory)) => {
            let limit = |name| memory.counters.iter().find(|counter| counter.name == name).map(|counter| counter.limit);
            limit(CounterName::Memory).unwrap_or(0)
        }
        None => 0,
    }
}

/// The memory that the request was limited to: all that is managed, or what exists on its nodes.
fn ram(mem: &MemInfo, summary: Option<&OomSummary>) -> u64 {
    let context = summary.map(|summary| &summary.context);
    let nodes = context.and_then(|context| match context.constraint {
        Constraint::None | Constraint::Memcg => None,
        Constraint::Cpuset => Some(context.mems_allowed),
        Constraint::MemoryPolicy => context.nodemask,
    });
    match nodes {
        None => mem.totals.ram.saturating_sub(mem.totals.reserved),
        Some(nodes) => {
            let own = mem.zones.iter().filter(|zone| nodes.contains(zone.counters.node));
            own.fold(0, |sum, zone| sum.saturating_add(zone.counters.present))
        }
    }
}

/// `oom_badness`.
fn score(task: &TaskState, total: u64, victim: Option<i32>) -> Score {
    let tables = task.pgtables_bytes / PAGE;
    let adjustment = i64::from(task.oom_score_adj) * (total / 1000) as i64;
    let points = (task.oom_score_adj != NEVER)
        .then(|| (task.rss.saturating_add(task.swapents) as i64).saturating_add(tables).saturating_add(adjustment));
    Score {
        pid: task.pid,
        comm: task.comm.clone(),
        rss: task.rss,
        swap: task.swapents,
        tables,
        adj: task.oom_score_adj,
        adjustment,
        points,
        killed: victim == Some(task.tgid),
    }
}
