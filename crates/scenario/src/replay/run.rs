//! One replay in progress.

use super::block::Pending;
use super::compare::{differences, digest};
use super::compare_lru::counter_differences;
use super::hindsight::Hindsight;
use super::listen::{Listen, Listener};
use super::restore::restore_machine;
use super::restore_lru::restore_counters;
use super::restore_swap::restore_swap;
use super::surroundings::Surroundings;
use super::{Mismatch, ReplayError, Report, count_rest, line_text};
use crate::recording::{
    AllocOp, BlockKind, DigestLine, FreeOp, Op, OpReader, PolicyAllocOp, PolicyLine, Recording, StateFile, WakeOp,
};
use buddyscope_mm::event::{Event, RingSink};
use buddyscope_mm::pfn::{CpuId, MigrateType, NodeId, Order, Pfn, ZoneId};
use buddyscope_mm::task::mempolicy::Mempolicy;
use buddyscope_mm::task::{Task, TaskFlags};
use buddyscope_mm::{Answer, Machine};

/// What an `il_prev` of "none yet" is in recordings (`MAX_NUMNODES - 1` of the recorded kernels).
const IL_PREV_NONE: u8 = 15;

/// What an operation of a recording counts as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Operation,
    Digest,
    Other,
}

pub(super) fn kind(op: &Op<'_>) -> Kind {
    match op {
        Op::Digest(_) | Op::Wake(_) | Op::Policy(_) => Kind::Digest,
        Op::Snapshot(_) | Op::Phase(_) | Op::Comment(_) | Op::Mems(_) => Kind::Other,
        // The allocation itself has a line of its own.
        Op::Block(block) if matches!(block.kind, BlockKind::Alloc(_)) => Kind::Other,
        _ => Kind::Operation,
    }
}

/// What one step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Nothing to compare.
    Nothing,
    /// Kernel and model did the same.
    Equal,
    /// They did not; this is what the model did.
    Differs(String),
    /// A snapshot belongs here: compare with the state in `snapN/`.
    Snapshot(u32),
}

/// A recording being replayed.
pub struct Replay<'a, S> {
    runner: Runner<S>,
    ops: &'a [u8],
    reader: OpReader<'a>,
}

/// The model in a recording's place, without the recording: whoever has the lines hands them over one by one.
pub struct Runner<S> {
    pub(super) machine: Machine<S>,
    /// The line being done, for errors.
    line: u32,
    pub(super) task: Task,
    /// The block that the next allocation belongs to.
    pub(super) pending: Option<Pending>,
    surroundings: Surroundings,
    /// Block and order of each allocation by number; order 255 for none.
    allocations: Vec<(Pfn, u8)>,
    policies: Vec<Option<Mempolicy>>,
    in_policy_phase: bool,
    seen_phase: bool,
    pub(super) hindsight: Hindsight,
}

impl<'a, S: Listen> Replay<'a, S> {
    /// A replay before its first operation. `ops` are the bytes of `ops.txt`.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording's start is broken.
    pub fn new(recording: &Recording, ops: &'a [u8], sink: S) -> Result<Replay<'a, S>, ReplayError> {
        Ok(Replay { runner: Runner::new(recording, sink)?, ops, reader: OpReader::new(ops, "ops.txt") })
    }

    /// The machine as it is now.
    #[must_use]
    pub fn machine(&self) -> &Machine<S> {
        &self.runner.machine
    }

    /// The line of `ops.txt` that was done last, counted from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.reader.line()
    }

    /// Does one line and compares; `None` at the end.
    ///
    /// # Errors
    /// [`ReplayError`] if the line cannot be read or done.
    pub fn step(&mut self) -> Option<Result<Checked, ReplayError>> {
        let op = match self.reader.next_op()? {
            Ok(op) => op,
            Err(error) => return Some(Err(error.into())),
        };
        Some(self.runner.run(op, self.reader.line()))
    }

    /// Runs to the end or the first difference, and compares the states on the way.
    pub(super) fn run_to_end(&mut self, recording: &Recording) -> Result<Report, ReplayError> {
        let mut report = Report::default();
        loop {
            let op = match self.reader.next_op() {
                None => break,
                Some(op) => op?,
            };
            let kind = kind(&op);
            match self.runner.run(op, self.reader.line())? {
                Checked::Snapshot(number) => self.check_state(recording, &format!("snap{number}"), &mut report)?,
                Checked::Differs(model) => self.differ(model, &mut report),
                Checked::Nothing | Checked::Equal => {}
            }
            let equal = u64::from(report.is_equal());
            match kind {
                Kind::Operation => {
                    (report.operations, report.operations_equal) =
                        (report.operations + 1, report.operations_equal + equal)
                }
                Kind::Digest => {
                    (report.digests, report.digests_equal) = (report.digests + 1, report.digests_equal + equal)
                }
                Kind::Other => {}
            }
            if !report.is_equal() {
                let (operations, digests) = count_rest(&mut self.reader)?;
                report.operations += operations;
                report.digests += digests;
                return Ok(report);
            }
        }
        self.check_state(recording, "end", &mut report)?;
        Ok(report)
    }

    fn differ(&self, model: String, report: &mut Report) {
        let line = self.reader.line();
        let mismatch = Mismatch { line, kernel: line_text(self.ops, line), model, events: Vec::new() };
        report.mismatch.get_or_insert(mismatch);
    }

    fn check_state(&self, recording: &Recording, folder: &str, report: &mut Report) -> Result<(), ReplayError> {
        let Some(state) = recording.state(folder)? else { return Ok(()) };
        let mut found = differences(&self.runner.machine, &state);
        if let Some(text) = recording.zoneinfo(folder)? {
            counter_differences(&self.runner.machine, &state, &text, &mut found);
        }
        report.states += 1;
        report.states_equal += u64::from(found.is_empty());
        if let Some(first) = found.first() {
            let kernel = format!("{folder}: {} differences", found.len());
            report.mismatch.get_or_insert(Mismatch { line: 0, kernel, model: first.clone(), events: Vec::new() });
        }
        Ok(())
    }
}

impl<S: Listen> Runner<S> {
    /// The recording's first moment.
    ///
    /// # Errors
    /// [`ReplayError`] if the recording's start is broken.
    pub fn new(recording: &Recording, sink: S) -> Result<Runner<S>, ReplayError> {
        let start = recording.start()?;
        let mut machine =
            restore_machine(&start, sink).map_err(|error| ReplayError::State { folder: "start".to_owned(), error })?;
        if let Some(text) = recording.zoneinfo("start")? {
            restore_counters(&mut machine, &text)
                .map_err(|error| ReplayError::State { folder: "start".to_owned(), error })?;
        }
        if start.task.is_some() {
            let (end, meta) = (recording.state("end")?, recording.meta());
            restore_swap(&mut machine, &start, end.as_ref(), meta.as_ref().ok());
        }
        // The recorded kernels ran with it off, as they would while the system suspends.
        machine.set_oom_killer_disabled(true);
        let mut task = recording_task(&start);
        if let Some((file, path)) = recording.cpusets()? {
            let built = file.build(machine.memory_nodes(), &path);
            let (tree, id) = built.map_err(|error| ReplayError::Cpusets(error.to_string()))?;
            *machine.cpusets_mut() = tree;
            task.cpuset = id;
        }
        Ok(Runner {
            machine,
            line: 0,
            task,
            pending: None,
            surroundings: Surroundings::default(),
            hindsight: Hindsight::default(),
            allocations: Vec::new(),
            policies: Vec::new(),
            in_policy_phase: false,
            seen_phase: false,
        })
    }

    /// The machine as it is now.
    #[must_use]
    pub fn machine(&self) -> &Machine<S> {
        &self.machine
    }

    /// Whether a line counts as an operation.
    #[must_use]
    pub fn is_operation(op: &Op<'_>) -> bool {
        kind(op) == Kind::Operation
    }

    /// Does what a line says and compares. `line` is its number, for errors.
    ///
    /// # Errors
    /// [`ReplayError`] if the line cannot be done.
    #[inline]
    pub fn run(&mut self, op: Op<'_>, line: u32) -> Result<Checked, ReplayError> {
        self.line = line;
        self.do_op(op)
    }

    #[inline]
    fn do_op(&mut self, op: Op<'_>) -> Result<Checked, ReplayError> {
        match op {
            Op::Alloc(op) => self.alloc(&op),
            Op::PolicyAlloc(op) => self.alloc_by_policy(&op),
            Op::Free(op) => self.free(&op),
            Op::MarkLru { id } => self.mark_lru(id),
            Op::Split { id, first } => self.split(id, first),
            Op::Drain { cpu } => self.on_cpu(cpu, |machine| machine.drain_local_pages(cpu)),
            Op::DrainZone { cpu, zone } => self.drain_zone(cpu, zone),
            Op::FoldCounters { cpu } => self.on_cpu(cpu, |machine| machine.refresh_cpu_vm_stats(cpu)),
            Op::Isolate { pfn, migrate_type, result } => self.isolate(pfn, migrate_type, result),
            Op::Unisolate { pfn, migrate_type } => self.unisolate(pfn, migrate_type),
            Op::Wake(op) => Ok(self.check_wake(&op)),
            Op::Digest(line) => self.check_digest(&line),
            Op::Policy(line) => Ok(self.policy(&line)),
            Op::Mems(mems) => {
                self.policies.iter_mut().flatten().for_each(|policy| policy.rebind(mems));
                self.task.change_mems_allowed(mems);
                Ok(Checked::Nothing)
            }
            Op::Snapshot(number) => Ok(Checked::Snapshot(number)),
            Op::Phase(name) => {
                (self.in_policy_phase, self.seen_phase) = (name == "pol", true);
                Ok(Checked::Nothing)
            }
            Op::Comment(_) => Ok(Checked::Nothing),
            Op::Block(block) if !cfg!(feature = "reclaim") => {
                let problem = "this player shows allocations, not reclaim and compaction".to_owned();
                Err(ReplayError::Operation { line: block.line, problem })
            }
            Op::Block(block) => {
                self.line = block.line;
                self.can_compare()?;
                self.surroundings.tell(&mut self.machine, &block, "ops.txt")?;
                match &block.kind {
                    BlockKind::Alloc(alloc) => {
                        self.pending = Some(Pending::new(&block, alloc));
                        Ok(Checked::Nothing)
                    }
                    BlockKind::Kswapd(run) => self.kswapd(&block, run),
                    BlockKind::Reclaim(run) => self.reclaim(&block, run),
                    &BlockKind::CompactNode { node } => self.compact_node(&block, node),
                    BlockKind::Compact(run) => self.compact_pages(&block, run),
                }
            }
        }
    }

    pub(super) fn problem(&self, problem: String) -> ReplayError {
        ReplayError::Operation { line: self.line, problem }
    }

    fn checked_cpu(&self, cpu: CpuId) -> Result<CpuId, ReplayError> {
        let cpus = self.machine.cpus().len();
        if cpu.index() < cpus { Ok(cpu) } else { Err(self.problem(format!("cpu {cpu}: the machine has {cpus} CPUs"))) }
    }

    pub(super) fn checked_node(&self, node: NodeId) -> Result<NodeId, ReplayError> {
        let nodes = self.machine.nodes().len();
        if node.index() < nodes {
            Ok(node)
        } else {
            Err(self.problem(format!("nid {node}: the machine has {nodes} nodes")))
        }
    }

    fn on_cpu(&mut self, cpu: CpuId, act: impl FnOnce(&mut Machine<S>)) -> Result<Checked, ReplayError> {
        self.checked_cpu(cpu)?;
        act(&mut self.machine);
        Ok(Checked::Equal)
    }

    fn drain_zone(&mut self, cpu: CpuId, zone: ZoneId) -> Result<Checked, ReplayError> {
        self.checked_node(zone.node())?;
        self.on_cpu(cpu, |machine| machine.drain_zone_pages(cpu, zone))
    }

    #[inline]
    fn alloc(&mut self, op: &AllocOp) -> Result<Checked, ReplayError> {
        self.task.cpu = self.checked_cpu(op.cpu)?;
        self.checked_node(op.node)?;
        let flags = self.task.flags;
        self.task.flags = flags | op.task_flags;
        let (answer, checked) = self.alloc_in_block(op.gfp, |machine, task| {
            let order = Order::new(op.order)?;
            Some(machine.alloc_pages_nodemask(task, op.gfp, order, op.node, op.nodemask))
        });
        self.task.flags = flags;
        let settled = self.settle(op.id, op.order, op.outcome, answer)?;
        Ok(if checked == Checked::Equal { settled } else { checked })
    }

    fn alloc_by_policy(&mut self, op: &PolicyAllocOp<'_>) -> Result<Checked, ReplayError> {
        self.task.cpu = self.checked_cpu(op.cpu)?;
        self.task.policy = self.policies.get(op.policy as usize).copied().flatten();
        let (answer, checked) = self.alloc_in_block(op.gfp, |machine, task| {
            Order::new(op.order).map(|order| machine.alloc_pages_current(task, op.gfp, order))
        });
        let il_prev = self.task.il_prev.map_or(IL_PREV_NONE, |node| node.0);
        let settled = self.settle(op.id, op.order, op.outcome, answer)?;
        if checked != Checked::Equal {
            return Ok(checked);
        }
        if settled == Checked::Equal && il_prev != op.il_after {
            return Ok(Checked::Differs(format!("il={il_prev}")));
        }
        Ok(settled)
    }

    /// Notes which block an allocation has.
    pub(super) fn note_allocation(&mut self, id: u32, pfn: Pfn, order: u8) -> Result<(), ReplayError> {
        let at = id as usize;
        if at > self.allocations.len() + MAX_ID_GAP {
            return Err(self.problem(format!("allocation number {id} is too far ahead")));
        }
        if at >= self.allocations.len() {
            self.allocations.resize(at + 1, (Pfn(0), NO_BLOCK));
        }
        self.allocations[at] = (pfn, order);
        Ok(())
    }

    /// Notes down what an allocation gave and compares it.
    #[inline]
    fn settle(
        &mut self,
        id: u32,
        order: u32,
        kernel: Option<(Pfn, ZoneId)>,
        answer: Option<Answer>,
    ) -> Result<Checked, ReplayError> {
        let model = answer.and_then(|answer| answer.pfn);
        let (pfn, order) = model.map_or((Pfn(0), NO_BLOCK), |pfn| (pfn, order as u8));
        self.note_allocation(id, pfn, order)?;
        let same_page = kernel.map(|(pfn, _)| pfn) == model;
        let same_zone = kernel.is_none_or(|(pfn, zone)| self.machine.page_zone(pfn).is_some_and(|own| own.id == zone));
        if same_page && same_zone {
            return Ok(Checked::Equal);
        }
        let outcome = answer.map(|answer| answer.outcome);
        Ok(Checked::Differs(match model {
            Some(pfn) => format!("pfn={pfn} zone={:?} ({outcome:?})", self.machine.page_zone(pfn).map(|zone| zone.id)),
            None => format!("pfn=FAIL ({outcome:?})"),
        }))
    }

    #[inline]
    fn free(&mut self, op: &FreeOp) -> Result<Checked, ReplayError> {
        let order = Order::new(op.order).ok_or_else(|| self.problem(format!("order {}: at most 10", op.order)))?;
        match self.machine.free_pages(op.cpu, op.pfn, order) {
            Ok(()) => Ok(Checked::Equal),
            Err(error) => Err(self.problem(error.to_string())),
        }
    }

    fn allocation(&self, id: u32) -> Result<(Pfn, Order), ReplayError> {
        let block = self.allocations.get(id as usize).copied();
        block
            .and_then(|(pfn, order)| Order::new(u32::from(order)).map(|order| (pfn, order)))
            .ok_or_else(|| self.problem(format!("allocation {id} gave no page")))
    }

    fn mark_lru(&mut self, id: u32) -> Result<Checked, ReplayError> {
        let (pfn, order) = self.allocation(id)?;
        let marked = self.machine.mark_lru(pfn, order);
        marked.map(|()| Checked::Equal).map_err(|error| self.problem(error.to_string()))
    }

    fn split(&mut self, id: u32, first: u32) -> Result<Checked, ReplayError> {
        let (pfn, order) = self.allocation(id)?;
        self.machine.split_page(pfn, order).map_err(|error| self.problem(error.to_string()))?;
        let end = first as usize + order.pages() as usize;
        if end > self.allocations.len() + MAX_ID_GAP {
            return Err(self.problem(format!("allocation number {first} is too far ahead")));
        }
        if self.allocations.len() < end {
            self.allocations.resize(end, (Pfn(0), NO_BLOCK));
        }
        for (page, slot) in (pfn.0..).zip(&mut self.allocations[first as usize..end]) {
            *slot = (Pfn(page), 0);
        }
        Ok(Checked::Equal)
    }

    fn isolate(&mut self, pfn: Pfn, migratetype: MigrateType, result: i64) -> Result<Checked, ReplayError> {
        let isolated = self.machine.isolate_pageblock(pfn, migratetype);
        let isolated = isolated.map_err(|error| self.problem(error.to_string()))?;
        let same = isolated == (result == 0);
        Ok(if same { Checked::Equal } else { Checked::Differs(format!("isolated: {isolated}")) })
    }

    fn unisolate(&mut self, pfn: Pfn, migratetype: MigrateType) -> Result<Checked, ReplayError> {
        let done = self.machine.unisolate_pageblock(pfn, migratetype);
        done.map(|()| Checked::Equal).map_err(|error| self.problem(error.to_string()))
    }

    fn check_wake(&self, op: &WakeOp) -> Checked {
        let Some(node) = self.machine.nodes().get(op.node.index()) else {
            return Checked::Differs("no such node".to_owned());
        };
        let own = WakeOp {
            node: op.node,
            kswapd_order: node.kswapd_order,
            kswapd_highest_zoneidx: node.kswapd_highest_zoneidx,
            kswapd_asleep: node.kswapd_asleep,
            kcompactd_order: node.kcompactd_max_order,
            kcompactd_highest_zoneidx: node.kcompactd_highest_zoneidx,
            kcompactd_asleep: node.kcompactd_asleep,
        };
        if own == *op { Checked::Equal } else { Checked::Differs(format!("{own:?}")) }
    }

    fn check_digest(&self, line: &DigestLine<'_>) -> Result<Checked, ReplayError> {
        let kernel = line.read("ops.txt", self.line)?;
        self.checked_node(kernel.zone.node())?;
        let model = digest(&self.machine, kernel.zone, kernel.operations, kernel.numa.is_some());
        Ok(if model == kernel { Checked::Equal } else { Checked::Differs(format!("{model:?}")) })
    }

    /// The slots are told before the first phase; from then on the model follows them by itself.
    fn policy(&mut self, line: &PolicyLine) -> Checked {
        if !self.seen_phase {
            self.policies.resize(self.policies.len().max(line.slot as usize % 1024 + 1), None);
            self.policies[line.slot as usize % 1024] = line.policy;
            return Checked::Equal;
        }
        let own = self.policies.get(line.slot as usize).copied().flatten();
        if self.in_policy_phase {
            self.task.set_policy(own);
        }
        if own == line.policy { Checked::Equal } else { Checked::Differs(format!("{own:?}")) }
    }
}

impl Replay<'_, Listener<RingSink>> {
    /// The model's decisions in one line, after doing everything up to it.
    pub(super) fn events_of(&mut self, line: u32) -> Result<Vec<Event>, ReplayError> {
        let mut before = 0;
        while self.reader.line() < line {
            before = self.runner.machine.sink().inner.written();
            match self.step() {
                Some(step) => step?,
                None => break,
            };
        }
        Ok(self.runner.machine.sink().inner.since(before).copied().collect())
    }
}

/// An allocation that gave no page.
const NO_BLOCK: u8 = u8::MAX;
/// Numbers may skip ahead by as much; more means a broken recording.
const MAX_ID_GAP: usize = 1 << 20;

fn recording_task(start: &StateFile) -> Task {
    let mut task = Task::new(CpuId(0));
    task.realtime = start.constants.realtime;
    if let Some(recorded) = &start.task {
        task.mems_allowed = recorded.mems_allowed;
        task.flags.set(TaskFlags::KTHREAD, recorded.kthread);
        task.il_prev = Some(NodeId(recorded.il_prev)).filter(|node| node.0 != IL_PREV_NONE);
    }
    task
}
