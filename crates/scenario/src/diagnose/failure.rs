//! Why a request failed, from its report: it is made again in the machine that the report shows.

use super::lack::{Lack, ZoneFinding, finding, outside_cpuset};
use super::{Around, Diagnosis, Subject, old_rule};
use crate::explain::{Ahead, Change, Remedy, attempt_all, explain, families};
use crate::rebuild::{Block, RebuildError, Rebuilt, Told, ToldZone};
use crate::sentence::names::nodes;
use crate::sentence::{Args, Sentence};
use crate::session::{AllocForm, Request, State, Target, Trace, Value};
use buddyscope_mm::Machine;
use buddyscope_mm::event::{Event, Skip};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, NodeMask, Order, PAGE_ALLOC_COSTLY_ORDER, ZoneId};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};
use buddyscope_procfs::report::{AllocFailure, Caller, MemInfo, Origin};

/// What a report says of its request.
pub(super) struct Asked<'a> {
    pub(super) comm: &'a str,
    pub(super) gfp: Gfp,
    pub(super) order: u32,
    pub(super) nodemask: Option<NodeMask>,
    pub(super) mems_allowed: NodeMask,
    pub(super) caller: Option<&'a Caller>,
    /// Whether the machine has a HighMem zone, so that zones go by the next lower one's name.
    pub(super) highmem: bool,
}

/// Explains a failure report.
pub(super) fn of_failure(line: usize, failure: &AllocFailure, log: &Around<'_>) -> Diagnosis {
    let request = &failure.request;
    let asked = Asked {
        comm: &request.comm,
        gfp: request.gfp,
        order: request.order,
        nodemask: request.nodemask,
        mems_allowed: request.mems_allowed,
        caller: failure.caller.as_ref(),
        highmem: log.highmem,
    };
    let title = title(&asked, log.origin);
    let mut diagnosis = Diagnosis::new(line, Subject::Failure, title);
    if let Some(Origin::Addresses { bytes }) = log.origin {
        of_addresses(&mut diagnosis, &asked, failure.mem.as_ref(), bytes, log);
        return diagnosis;
    }
    diagnosis.notes.push(course(request.gfp, request.order));
    if log.origin == Some(Origin::Vmalloc) {
        diagnosis.notes.push(Sentence::new("report.vmalloc", Args::new()));
    }
    match &failure.mem {
        None => diagnosis.notes.push(Sentence::new("report.noMemInfo", Args::new())),
        Some(mem) => match look(&asked, mem) {
            Ok(look) => look.tell(&mut diagnosis, &asked, log),
            Err(error) => diagnosis.refuse(&error),
        },
    }
    diagnosis
}

fn title(asked: &Asked<'_>, origin: Option<Origin>) -> Sentence {
    let args = request_args(asked);
    match origin {
        Some(Origin::Addresses { bytes }) => Sentence::new("addresses.title", args.with("bytes", bytes)),
        Some(Origin::Stall { ms }) => Sentence::new("stall.title", args.with("ms", ms)),
        _ => Sentence::new("failure.title", args),
    }
}

/// Explains a request of vmalloc that found no range of addresses. What memory would have given is shown beside it.
fn of_addresses(diagnosis: &mut Diagnosis, asked: &Asked<'_>, mem: Option<&MemInfo>, bytes: u64, log: &Around<'_>) {
    let ram = mem.map_or(u64::MAX, |mem| mem.totals.ram.saturating_mul(log.page_kb).saturating_mul(1024));
    let key = match bytes {
        0 => "verdict.noBytes",
        _ if bytes > ram => "verdict.moreThanMemory",
        _ => "verdict.addresses",
    };
    diagnosis.verdict = Some(Sentence::new(key, Args::new().with("bytes", bytes)));
    if let Some(mem) = mem {
        match look(asked, mem) {
            Ok(look) => look.hand_over(diagnosis),
            Err(error) => diagnosis.refuse(&error),
        }
    }
}

pub(super) fn request_args(asked: &Asked<'_>) -> Args {
    let gfp = if asked.gfp.is_empty() { "0".to_owned() } else { asked.gfp.to_string() };
    let pages = 1u64.checked_shl(asked.order).unwrap_or(0);
    Args::new().with("comm", asked.comm).with("gfp", gfp).with("order", asked.order).with("pages", pages)
}

/// How far a request of such flags goes when its marks are not met.
fn course(gfp: Gfp, order: u32) -> Sentence {
    let key = match gfp {
        _ if !gfp.contains(Gfp::DIRECT_RECLAIM) && gfp.contains(Gfp::ATOMIC) => "course.atomic",
        _ if !gfp.contains(Gfp::DIRECT_RECLAIM) => "course.noWait",
        _ if gfp.contains(Gfp::NOFAIL) => "course.noFail",
        _ if gfp.contains(Gfp::NORETRY) => "course.noRetry",
        _ if order > u32::from(PAGE_ALLOC_COSTLY_ORDER) && gfp.contains(Gfp::RETRY_MAYFAIL) => "course.costlyMayFail",
        _ if order > u32::from(PAGE_ALLOC_COSTLY_ORDER) => "course.costly",
        _ if gfp.contains(Gfp::RETRY_MAYFAIL) => "course.mayFail",
        _ if !gfp.contains(Gfp::FS) => "course.noFs",
        _ => "course.kernel",
    };
    Sentence::new(key, Args::new().with("order", order))
}

/// A request made again.
pub(super) struct Look {
    told: Told,
    in_use: Vec<(ZoneId, Vec<Block>)>,
    /// The machine before it.
    before: State,
    request: Request,
    events: Vec<Event>,
    zones: Vec<ZoneFinding>,
    pub(super) passes: bool,
}

/// Rebuilds the machine and makes the request.
pub(super) fn look(asked: &Asked<'_>, mem: &MemInfo) -> Result<Look, RebuildError> {
    let Rebuilt { machine, told, in_use } = Rebuilt::new(Told::of_report(mem, asked.caller), Trace::default())?;
    let request = request(asked, &machine);
    let before = State::new(machine);
    let mut state = before.clone();
    let from = state.machine.sink().now();
    let answer = state.ask_once(&request);
    let events: Vec<Event> = state.machine.sink().since(from).map(|it| it.copied().collect()).unwrap_or_default();
    let passes = answer.pfn.is_some();
    let mut zones = last_walk(&events, &told);
    if !passes {
        // A zone that passed its check and still gave nothing has nothing on the lists of the request.
        zones.iter_mut().filter(|zone| zone.lack == Lack::Nothing).for_each(ZoneFinding::has_nothing_listed);
    }
    Ok(Look { told, in_use, before, request, events, zones, passes })
}

/// The request as the report tells it. A nodemask is that of a policy that binds.
fn request(asked: &Asked<'_>, machine: &Machine<Trace>) -> Request {
    let cpus = machine.cpus().len() as u32;
    let cpu = asked.caller.map_or(0, |caller| caller.cpu.min(cpus - 1)) as u16;
    let memory = machine.memory_nodes();
    let mut task = Task::new(CpuId(cpu));
    let allowed = asked.mems_allowed & memory;
    task.mems_allowed = if allowed.is_empty() { memory } else { allowed };
    task.policy = asked.nodemask.and_then(|mask| {
        let policy = Mempolicy::new(PolicyMode::Bind, PolicyFlags::empty(), mask, task.mems_allowed, memory);
        policy.ok().flatten()
    });
    let order = Order::new(asked.order).unwrap_or(Order::MAX);
    // Where HighMem has Normal's name, what goes up to Normal goes up to what is called DMA32.
    let low = asked.highmem && !asked.gfp.intersects(Gfp::DMA | Gfp::HIGHMEM);
    let gfp = if low { asked.gfp | Gfp::DMA32 } else { asked.gfp };
    Request { gfp, order, task, target: Target::Policy, count: 1, lru: false }
}

/// What the zones of the last walk lacked.
fn last_walk(events: &[Event], told: &Told) -> Vec<ZoneFinding> {
    let start = events.iter().rposition(|event| matches!(event, Event::Walk { .. })).unwrap_or(0);
    let mut zones: Vec<ZoneFinding> = Vec::new();
    for event in &events[start..] {
        let found = match event {
            Event::Watermark(check) => told.zone(check.zone).map(|zone| finding(check, zone)),
            Event::Skipped { zone, reason: Skip::Cpuset } => Some(outside_cpuset(*zone)),
            _ => None,
        };
        // A walk that starts over checks the same zones again.
        zones.extend(found.filter(|found| zones.iter().all(|known| known.zone != found.zone)));
    }
    zones
}

impl Look {
    fn tell(self, diagnosis: &mut Diagnosis, asked: &Asked<'_>, log: &Around<'_>) {
        if self.depends_on_blocks(asked) && log.unlisted {
            diagnosis.notes.push(Sentence::new("report.noBlocks", Args::new().with("order", asked.order)));
        } else {
            let old = self.fails_by_old_rule(asked, log);
            diagnosis.verdict = Some(old.unwrap_or_else(|| self.verdict(asked)));
            diagnosis.remedies = if self.passes { Vec::new() } else { self.remedies() };
        }
        self.hand_over(diagnosis);
    }

    /// Why the kernel failed although 5.10 would serve the request, where its check asked for more.
    fn fails_by_old_rule(&self, asked: &Asked<'_>, log: &Around<'_>) -> Option<Sentence> {
        let kernel = log.kernel.filter(|kernel| self.passes && old_rule::applies(*kernel, asked.order))?;
        let highest = self.events.iter().find_map(|event| match event {
            Event::AllocBegin { highest_zoneidx, .. } => Some(usize::from(*highest_zoneidx)),
            _ => None,
        })?;
        let open = |zone: &&ToldZone| {
            zone.id.zone_type() as usize <= highest && self.request.task.mems_allowed.contains(zone.id.node())
        };
        let zones = || self.told.zones.iter().filter(open);
        let largest = zones().max_by_key(|zone| zone.managed)?;
        let fails = zones().all(|zone| !old_rule::passes(kernel, zone, self.request.gfp, asked.order, highest));
        let args = Args::new().with("order", asked.order).zone(largest.id);
        fails.then(|| Sentence::new("verdict.oldRule", args))
    }

    /// Whether the answer depends on how large the free blocks are.
    pub(super) fn depends_on_blocks(&self, asked: &Asked<'_>) -> bool {
        let lack = self.telling().map(|zone| zone.lack);
        asked.order > 0 && (self.passes || matches!(lack, Some(Lack::Block | Lack::UsableBlock)))
    }

    /// Whether memory has not been handed over to the allocator yet.
    fn is_too_early(&self) -> bool {
        self.told.zones.iter().all(|zone| zone.free == 0 && zone.marks == [0; 3])
    }

    /// Gives away what was seen, the machine and the request.
    pub(super) fn hand_over(self, diagnosis: &mut Diagnosis) {
        let form = self.form();
        diagnosis.lack = self.telling().map(|zone| zone.lack);
        diagnosis.walk = Some(explain(0, &self.events, self.told.has_cma(), Vec::new()));
        diagnosis.zones = self.zones;
        diagnosis.keep(self.told, Some(form));
    }

    /// The request as a person would type it. A cpuset limits as a policy that binds.
    fn form(&self) -> AllocForm {
        let Request { gfp, order, task, .. } = &self.request;
        let machine = &self.before.machine;
        let limited = task.mems_allowed != machine.memory_nodes();
        let bound = task.policy.and_then(|policy| policy.nodemask(*gfp, machine.policy_zones(), task.mems_allowed));
        let policy = match bound.or(limited.then_some(task.mems_allowed)) {
            Some(mask) => format!("bind:{}", nodes(mask)),
            None => String::new(),
        };
        AllocForm {
            gfp: format!("{:#x}", gfp.bits()),
            order: Value::from(u64::from(order.get())),
            cpu: Value::from(u64::from(task.cpu.0)),
            policy,
            ..AllocForm::default()
        }
    }

    /// The zone that tells most of why it failed: the largest that was looked at.
    fn telling(&self) -> Option<&ZoneFinding> {
        let managed = |finding: &&ZoneFinding| self.told.zone(finding.zone).map_or(0, |zone| zone.managed);
        self.zones.iter().rev().filter(|zone| zone.lack != Lack::Cpuset).max_by_key(managed)
    }

    pub(super) fn verdict(&self, asked: &Asked<'_>) -> Sentence {
        let args = Args::new().with("order", asked.order);
        if asked.order > u32::from(Order::MAX.get()) {
            return Sentence::new("verdict.tooLarge", args);
        }
        if self.passes {
            return Sentence::new("verdict.passes", args);
        }
        if self.is_too_early() {
            return Sentence::new("verdict.tooEarly", args);
        }
        if let Some(limit) = self.limit(asked) {
            return limit;
        }
        match self.telling() {
            None => Sentence::new("verdict.noZone", args),
            Some(zone) => {
                Sentence::new(verdict_key(zone.lack, asked.order), args.zone(zone.zone).with("missing", zone.missing))
            }
        }
    }

    /// What kept the request from zones that would have served it, if anything did.
    fn limit(&self, asked: &Asked<'_>) -> Option<Sentence> {
        let own = &self.request;
        let all = self.before.machine.memory_nodes();
        let passes = |request: &Request| self.before.clone().ask_once(request).pfn;
        let mut tries: Vec<(&'static str, Args, Request)> = Vec::new();
        if own.task.mems_allowed != all {
            let mut free = own.clone();
            free.task.mems_allowed = all;
            free.task.policy = None;
            tries.push(("verdict.cpuset", Args::new().with("nodes", nodes(own.task.mems_allowed)), free));
        }
        if own.task.policy.is_some() {
            let mut free = own.clone();
            free.task.policy = None;
            tries.push(("verdict.policy", Args::new(), free));
        }
        if own.gfp.contains(Gfp::THISNODE) {
            tries.push(("verdict.thisnode", Args::new(), Request { gfp: own.gfp - Gfp::THISNODE, ..own.clone() }));
        }
        let zones = own.gfp & (Gfp::DMA | Gfp::DMA32);
        // On a machine with HighMem it is no flag of the request.
        if !zones.is_empty() && !asked.highmem {
            let args = Args::new().with("flag", zones.to_string());
            tries.push(("verdict.zone", args, Request { gfp: own.gfp - zones, ..own.clone() }));
        }
        tries.into_iter().find_map(|(key, args, request)| {
            let zone = self.before.machine.page_zone(passes(&request)?)?.id;
            Some(Sentence::new(key, args.with("order", own.order.get()).zone(zone)))
        })
    }

    /// Changes that were tried: to the request, and to what is free.
    fn remedies(&self) -> Vec<Remedy> {
        let mut all = vec![self.free_block(), self.free_more()];
        all.extend(families(&self.request, &self.before).into_iter().map(|family| {
            // The machine's own settings are guessed, so a change to them proves nothing.
            family.into_iter().filter(|change| change.before.is_none()).collect()
        }));
        attempt_all(&all, &self.before)
    }

    /// As many more free pages as some zone lacks, where that is the least, with a block of the order among them where the
    /// zone has none.
    fn free_more(&self) -> Vec<Change> {
        let Some(zone) = self.zones.iter().filter(|zone| zone.missing > 0).min_by_key(|zone| zone.missing) else {
            return Vec::new();
        };
        let order = self.request.order;
        let needs_block = zone.largest < i64::from(order.get());
        let missing = if needs_block { zone.missing.max(order.pages()) } else { zone.missing };
        let args = Args::new().zone(zone.zone).with("missing", missing).with("order", order.get());
        let key = if needs_block && order.get() > 0 { "remedy.freeMoreAndBlock" } else { "remedy.freeMore" };
        let block = if needs_block { order.get() } else { 0 };
        self.freeing(key, args, self.blocks_in_use(zone.zone, missing, block))
    }

    /// One more free block of the order, in a zone that lacks nothing else.
    fn free_block(&self) -> Vec<Change> {
        let Some(zone) = self.zones.iter().find(|zone| matches!(zone.lack, Lack::Block | Lack::UsableBlock)) else {
            return Vec::new();
        };
        let order = self.request.order;
        let block = self.in_use(zone.zone).iter().find(|(_, size)| *size >= order).copied();
        let args = Args::new().zone(zone.zone).with("order", order.get());
        self.freeing("remedy.freeBlock", args, block.map(|block| vec![block]))
    }

    fn freeing(&self, key: &'static str, args: Args, blocks: Option<Vec<Block>>) -> Vec<Change> {
        let change = Change::of(key, args, self.request.clone());
        blocks.map(|blocks| Change { before: Some(Ahead::Free(blocks)), ..change }).into_iter().collect()
    }

    fn in_use(&self, zone: ZoneId) -> &[Block] {
        self.in_use.iter().find(|(id, _)| *id == zone).map_or(&[], |(_, blocks)| blocks)
    }

    /// Blocks in use that hold at least so many pages and hardly more, the first of at least this order.
    fn blocks_in_use(&self, zone: ZoneId, pages: u64, order: u8) -> Option<Vec<Block>> {
        let in_use = self.in_use(zone);
        let first = in_use.iter().find(|(_, size)| size.get() >= order.max(1))?;
        let mut chosen = if order > 0 { vec![*first] } else { Vec::new() };
        let mut left = pages.saturating_sub(chosen.iter().map(|(_, size)| size.pages()).sum());
        // The smallest block that is too large for what is missing.
        let mut larger = None;
        for block in in_use.iter().rev().filter(|block| block.1.get() > 0 && (order == 0 || *block != first)) {
            if block.1.pages() <= left {
                chosen.push(*block);
                left -= block.1.pages();
            } else {
                larger = Some(*block);
            }
        }
        if left > 0 {
            chosen.push(larger?);
        }
        Some(chosen)
    }
}

const fn verdict_key(lack: Lack, order: u32) -> &'static str {
    match lack {
        Lack::Nothing | Lack::Cpuset => "verdict.noZone",
        Lack::Pages => "verdict.pages",
        Lack::Reserves => "verdict.reserves",
        Lack::OutsideCma => "verdict.outsideCma",
        Lack::OutsideHighatomic => "verdict.outsideHighatomic",
        Lack::Unprotected => "verdict.unprotected",
        Lack::Block => "verdict.block",
        Lack::UsableBlock if order == 0 => "verdict.onlyReserved",
        Lack::UsableBlock => "verdict.usableBlock",
    }
}
