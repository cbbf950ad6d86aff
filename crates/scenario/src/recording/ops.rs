//! The operations of a recording (`ops.txt`), read one by one from its bytes.
//!
//! Lines are read without allocation; what few of them carry (digests, NUMA counter changes, what happened inside an
//! allocation) is kept as text and read on demand.

use super::block::{Block, read_block};
use super::cursor::{Cursor, Expected, Read};
use super::digest::{DigestLine, NumaChanges};
use super::error::RecordingError;
use super::policy::PolicyLine;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, MigrateType, NodeId, NodeMask, Pfn, ZoneId};
use buddyscope_mm::task::TaskFlags;

/// What an allocation gave: the first page and its zone, or nothing.
pub type Outcome = Option<(Pfn, ZoneId)>;

/// `A`: a call of `__alloc_pages_nodemask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocOp {
    /// Number of the allocation.
    pub id: u32,
    /// The CPU it ran on.
    pub cpu: CpuId,
    /// The preferred node.
    pub node: NodeId,
    /// The nodemask, if one was given.
    pub nodemask: Option<NodeMask>,
    /// The request's flags.
    pub gfp: Gfp,
    /// The request's order; may be one that no kernel has.
    pub order: u32,
    /// Flags the task had during the call.
    pub task_flags: TaskFlags,
    /// What came of it.
    pub outcome: Outcome,
}

/// `P`: a call of `alloc_pages_current` by a task with a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyAllocOp<'a> {
    /// Number of the allocation.
    pub id: u32,
    /// The CPU it ran on.
    pub cpu: CpuId,
    /// The policy slot in use.
    pub policy: u32,
    /// The task's allowed nodes.
    pub mems: NodeMask,
    /// The request's flags.
    pub gfp: Gfp,
    /// The request's order.
    pub order: u32,
    /// The task's `il_prev` before the call.
    pub il_before: u8,
    /// What came of it.
    pub outcome: Outcome,
    /// The task's `il_prev` after the call.
    pub il_after: u8,
    /// The NUMA counters that the call changed.
    pub numa: NumaChanges<'a>,
}

/// `F`: a call of `__free_pages`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeOp {
    /// Number of the allocation that is freed.
    pub id: u32,
    /// The CPU it ran on.
    pub cpu: CpuId,
    /// First page.
    pub pfn: Pfn,
    /// Order.
    pub order: u32,
}

/// `W`: what the kernel noted down for a node's kswapd and kcompactd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WakeOp {
    /// The node.
    pub node: NodeId,
    /// `kswapd_order`.
    pub kswapd_order: u8,
    /// `kswapd_highest_zoneidx`; 4 for none.
    pub kswapd_highest_zoneidx: u8,
    /// Whether kswapd sleeps on its wait queue.
    pub kswapd_asleep: bool,
    /// `kcompactd_max_order`.
    pub kcompactd_order: u8,
    /// `kcompactd_highest_zoneidx`.
    pub kcompactd_highest_zoneidx: u8,
    /// Whether kcompactd sleeps on its wait queue.
    pub kcompactd_asleep: bool,
}

/// One line of `ops.txt`, or a block of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op<'a> {
    /// `A`.
    Alloc(AllocOp),
    /// `P`.
    PolicyAlloc(PolicyAllocOp<'a>),
    /// `F`.
    Free(FreeOp),
    /// `L`: from now on the pages of the allocation count as movable.
    MarkLru {
        /// Number of the allocation.
        id: u32,
    },
    /// `X`: the allocation becomes single pages with numbers from `first` on.
    Split {
        /// Number of the allocation.
        id: u32,
        /// Number of its first page.
        first: u32,
    },
    /// `D`: `drain_local_pages`.
    Drain {
        /// The CPU.
        cpu: CpuId,
    },
    /// `Z`: `drain_zone_pages`.
    DrainZone {
        /// The CPU whose pages go back.
        cpu: CpuId,
        /// The zone.
        zone: ZoneId,
    },
    /// `V`: `refresh_cpu_vm_stats(false)`.
    FoldCounters {
        /// The CPU.
        cpu: CpuId,
    },
    /// `I`: `start_isolate_page_range` of one pageblock.
    Isolate {
        /// First page of the block.
        pfn: Pfn,
        /// The type the block is to have afterwards.
        migrate_type: MigrateType,
        /// 0, or a negative error number.
        result: i64,
    },
    /// `J`: `undo_isolate_page_range` of one pageblock.
    Unisolate {
        /// First page of the block.
        pfn: Pfn,
        /// The type the block gets.
        migrate_type: MigrateType,
    },
    /// `W`.
    Wake(WakeOp),
    /// `S`: a digest of a zone, to be read with [`DigestLine::read`].
    Digest(DigestLine<'a>),
    /// `POL`: a policy slot.
    Policy(PolicyLine),
    /// `MEMS`: the task's allowed nodes changed.
    Mems(NodeMask),
    /// `# snap N`: the state at this point is in `snapN/`.
    Snapshot(u32),
    /// `# phase ...`: the next step of the script.
    Phase(&'a str),
    /// Any other comment, without the `#`.
    Comment(&'a str),
    /// `Y`, `K`, `R`, `C` or `T`: what happened inside an allocation, or in a run of reclaim or compaction.
    Block(Block<'a>),
}

/// Reads the lines of an `ops.txt`.
#[derive(Clone, Debug)]
pub struct OpReader<'a> {
    bytes: &'a [u8],
    file: &'a str,
    at: usize,
    line: u32,
}

impl<'a> OpReader<'a> {
    /// A reader at the first line. `file` is the name that errors give.
    #[must_use]
    pub fn new(bytes: &'a [u8], file: &'a str) -> OpReader<'a> {
        OpReader { bytes, file, at: 0, line: 0 }
    }

    /// The line that was read last, counted from 1; 0 before the first. Of a block it is the `end` line.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The byte position of the next line, for [`OpReader::resume`].
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Goes on at a place noted earlier: `position` and `line` as they were then.
    pub fn resume(&mut self, position: usize, line: u32) {
        self.at = position.min(self.bytes.len());
        self.line = line;
    }

    /// The next line or block, or `None` at the end. After an error the reader is at the line behind the bad one.
    ///
    /// # Errors
    /// [`RecordingError`] with the line and field that could not be read.
    #[inline]
    pub fn next_op(&mut self) -> Option<Result<Op<'a>, RecordingError>> {
        if self.at >= self.bytes.len() {
            return None;
        }
        self.line += 1;
        let mut cursor = Cursor::at(self.bytes, self.at);
        match read_op(&mut cursor, &mut self.line) {
            Ok(op) => {
                self.at = cursor.position();
                Some(Ok(op))
            }
            Err(expected) => Some(Err(self.fail(&mut cursor, expected))),
        }
    }

    #[cold]
    fn fail(&mut self, cursor: &mut Cursor<'a>, expected: Expected) -> RecordingError {
        // What is bad may be a later line of a block.
        let before = self.bytes.get(self.at..cursor.position()).unwrap_or_default();
        let lines = before.iter().filter(|&&b| b == b'\n').count() as u32;
        self.line += lines;
        let error = cursor.error(expected, self.file, self.line);
        cursor.rest_of_line();
        self.at = cursor.position();
        error
    }
}

impl<'a> Iterator for OpReader<'a> {
    type Item = Result<Op<'a>, RecordingError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.next_op()
    }
}

/// Reads an operation. `line` is its line, and becomes its last one if it has more.
#[inline]
fn read_op<'a>(c: &mut Cursor<'a>, line: &mut u32) -> Read<Op<'a>> {
    match c.rest() {
        [b'A', b' ', ..] => read_alloc(c).map(Op::Alloc),
        [b'F', b' ', ..] => read_free(c).map(Op::Free),
        [b'P', b' ', ..] => read_policy_alloc(c).map(Op::PolicyAlloc),
        [b'L', b' ', ..] => ended(c, |c| Ok(Op::MarkLru { id: c.number("L ")? })),
        _ => read_rare_op(c, line),
    }
}

fn read_rare_op<'a>(c: &mut Cursor<'a>, line: &mut u32) -> Read<Op<'a>> {
    match c.rest() {
        [b'S', b' ', ..] => Ok(Op::Digest(DigestLine::new(c.rest_of_line()))),
        [b'X', b' ', ..] => ended(c, |c| Ok(Op::Split { id: c.number("X ")?, first: c.number(" -> ")? })),
        [b'D', b' ', ..] => ended(c, |c| Ok(Op::Drain { cpu: c.cpu("D cpu=")? })),
        [b'Z', b' ', ..] => ended(c, |c| Ok(Op::DrainZone { cpu: c.cpu("Z cpu=")?, zone: zone(c)? })),
        [b'V', b' ', ..] => ended(c, |c| Ok(Op::FoldCounters { cpu: c.cpu("V cpu=")? })),
        [b'I', b' ', ..] => ended(c, read_isolate),
        [b'J', b' ', ..] => ended(c, read_unisolate),
        [b'W', b' ', ..] => ended(c, |c| read_wake(c).map(Op::Wake)),
        [b'P', b'O', b'L', ..] => ended(c, |c| PolicyLine::read(c).map(Op::Policy)),
        [b'M', b'E', ..] => ended(c, |c| Ok(Op::Mems(c.nodes("MEMS ")?))),
        [b'Y' | b'K' | b'R' | b'C' | b'T', b' ', ..] => {
            let block = read_block(c, *line)?;
            *line = block.end_line();
            Ok(Op::Block(block))
        }
        [b'#', ..] => read_comment(c),
        _ => Err(Expected { field: "operation", what: "an operation such as A, F, S or #" }),
    }
}

/// A line of which nothing is left over.
fn ended<'a>(c: &mut Cursor<'a>, read: impl FnOnce(&mut Cursor<'a>) -> Read<Op<'a>>) -> Read<Op<'a>> {
    let op = read(c)?;
    c.end_of_line()?;
    Ok(op)
}

fn zone(c: &mut Cursor<'_>) -> Read<ZoneId> {
    c.expect(" zone=")?;
    c.zone_id("zone")
}

#[inline]
fn read_alloc(c: &mut Cursor<'_>) -> Read<AllocOp> {
    let id = c.number("A ")?;
    let cpu = c.cpu(" cpu=")?;
    let node = c.node(" nid=")?;
    c.expect(" nodemask=")?;
    let nodemask = if c.eat("-") { None } else { Some(read_nodemask(c)?) };
    let gfp = c.gfp(" gfp=")?;
    let order = c.number(" order=")?;
    let task_flags = if c.peek() == Some(b' ') && c.eat(" pf=") { c.hex("pf")? as u32 } else { 0 };
    c.expect(" -> ")?;
    let outcome = read_outcome(c)?;
    c.end_of_line()?;
    let task_flags = TaskFlags::from_bits_retain(task_flags);
    Ok(AllocOp { id, cpu, node, nodemask, gfp, order, task_flags, outcome })
}

fn read_nodemask(c: &mut Cursor<'_>) -> Read<NodeMask> {
    c.hex("nodemask").map(NodeMask)
}

/// `pfn=N zone=nid:idx` or `pfn=FAIL`.
#[inline]
pub(super) fn read_outcome(c: &mut Cursor<'_>) -> Read<Outcome> {
    c.expect("pfn=")?;
    if c.eat("FAIL") {
        return Ok(None);
    }
    let pfn = c.pfn("pfn")?;
    Ok(Some((pfn, zone(c)?)))
}

#[inline]
fn read_free(c: &mut Cursor<'_>) -> Read<FreeOp> {
    let id = c.number("F ")?;
    let cpu = c.cpu(" cpu=")?;
    c.expect(" pfn=")?;
    let pfn = c.pfn("pfn")?;
    let order = c.number(" order=")?;
    c.end_of_line()?;
    Ok(FreeOp { id, cpu, pfn, order })
}

#[inline]
fn read_policy_alloc<'a>(c: &mut Cursor<'a>) -> Read<PolicyAllocOp<'a>> {
    let id = c.number("P ")?;
    let cpu = c.cpu(" cpu=")?;
    let policy = c.number(" pol=")?;
    let mems = c.nodes(" mems=")?;
    let gfp = c.gfp(" gfp=")?;
    let order = c.number(" order=")?;
    let il_before = c.number(" il=")?;
    c.expect(" -> ")?;
    let outcome = read_outcome(c)?;
    let il_after = c.number(" il=")?;
    let numa = if c.eat(" numa=") { c.rest_of_line() } else { c.end_of_line().map(|()| &[][..])? };
    let numa = NumaChanges::new(numa);
    Ok(PolicyAllocOp { id, cpu, policy, mems, gfp, order, il_before, outcome, il_after, numa })
}

fn read_isolate<'a>(c: &mut Cursor<'_>) -> Read<Op<'a>> {
    c.expect("I ")?;
    let pfn = c.pfn("pfn")?;
    Ok(Op::Isolate { pfn, migrate_type: c.migrate_type(" mt=")?, result: c.signed_number(" -> ")? })
}

fn read_unisolate<'a>(c: &mut Cursor<'_>) -> Read<Op<'a>> {
    c.expect("J ")?;
    let pfn = c.pfn("pfn")?;
    Ok(Op::Unisolate { pfn, migrate_type: c.migrate_type(" mt=")? })
}

fn read_wake(c: &mut Cursor<'_>) -> Read<WakeOp> {
    Ok(WakeOp {
        node: c.node("W nid=")?,
        kswapd_order: c.number(" kswapd_order=")?,
        kswapd_highest_zoneidx: c.number(" kswapd_hzi=")?,
        kswapd_asleep: c.flag(" kswapd_wait=")?,
        kcompactd_order: c.number(" kcompactd_order=")?,
        kcompactd_highest_zoneidx: c.number(" kcompactd_hzi=")?,
        kcompactd_asleep: c.flag(" kcompactd_wait=")?,
    })
}

fn read_comment<'a>(c: &mut Cursor<'a>) -> Read<Op<'a>> {
    if c.eat("# snap ") {
        return ended(c, |c| Ok(Op::Snapshot(c.fitting("snap")?)));
    }
    if c.eat("# phase ") {
        return line_text(c).map(Op::Phase);
    }
    c.expect("#")?;
    line_text(c).map(|text| Op::Comment(text.trim_start()))
}

/// The rest of the line as text.
fn line_text<'a>(c: &mut Cursor<'a>) -> Read<&'a str> {
    let start = c.position();
    let line = c.rest_of_line();
    core::str::from_utf8(line).map_err(|_| c.back_to(start, "text", "UTF-8 text"))
}

#[cfg(test)]
mod tests;
