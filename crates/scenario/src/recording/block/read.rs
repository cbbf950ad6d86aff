//! Reading a block: its first line, where it ends, and its last line.

use super::{AllocBlock, AllocCall, Block, BlockKind, CompactBlock, KswapdBlock, ReclaimBlock};
use crate::recording::cursor::{Cursor, Read};
use buddyscope_mm::pfn::{NodeMask, Pfn};
use buddyscope_mm::task::TaskFlags;

/// Reads a block from its `begin` line on, which is line `line`.
pub(in crate::recording) fn read_block<'a>(c: &mut Cursor<'a>, line: u32) -> Read<Block<'a>> {
    let begin = c.position();
    let letter = c.peek().unwrap_or_default();
    let mut kind = read_begin(c, letter)?;
    c.end_of_line()?;
    let (inner, inner_lines) = read_inner(c, begin, letter)?;
    read_end(c, &mut kind)?;
    c.end_of_line()?;
    Ok(Block { line, kind, inner, inner_lines })
}

/// The lines up to the `end` line of the block that a letter stands for, and how many they are.
fn read_inner<'a>(c: &mut Cursor<'a>, begin: usize, letter: u8) -> Read<(&'a str, u32)> {
    let start = c.position();
    let text = c.rest();
    let mut lines = 0;
    loop {
        let at = c.position();
        match c.rest() {
            [] => return Err(c.back_to(begin, "begin", "a block with an end")),
            [first, b' ', b'e', b'n', b'd', ..] if *first == letter => {
                let inner = &text[..at - start];
                let inner = core::str::from_utf8(inner);
                return inner
                    .map(|inner| (inner, lines))
                    .map_err(|_| c.back_to(begin, "begin", "a block of UTF-8 text"));
            }
            line if is_inner(line) => _ = c.rest_of_line(),
            _ => return Err(c.back_to(at, "block", "a line of a block, or its end")),
        }
        lines += 1;
    }
}

/// Whether a line can stand inside a block.
fn is_inner(line: &[u8]) -> bool {
    match line {
        [b'e' | b'l' | b'f' | b'a' | b'v' | b'M', b' ', ..] | [b'v', b'\r' | b'\n', ..] => true,
        _ => line.starts_with(b"LRUVEC0 "),
    }
}

/// Reads the `begin` line of the block that a letter stands for; how it ended is not known yet.
fn read_begin(c: &mut Cursor<'_>, letter: u8) -> Read<BlockKind> {
    match letter {
        b'Y' => read_alloc(c).map(BlockKind::Alloc),
        b'K' => Ok(BlockKind::Kswapd(KswapdBlock {
            node: c.node("K begin nid=")?,
            order: c.number(" order=")?,
            highest_zoneidx: c.number(" hzi=")?,
            end_order: 0,
            failures: 0,
        })),
        b'R' => Ok(BlockKind::Reclaim(ReclaimBlock {
            node: c.node("R begin nid=")?,
            order: c.number(" order=")?,
            gfp: c.gfp(" gfp=")?,
            reclaimed: 0,
        })),
        b'T' => Ok(BlockKind::Compact(CompactBlock {
            node: c.node("T begin nid=")?,
            order: c.number(" order=")?,
            gfp: c.gfp(" gfp=")?,
            priority: c.number(" prio=")?,
            result: 0,
            captured: None,
        })),
        _ => Ok(BlockKind::CompactNode { node: c.node("C begin nid=")? }),
    }
}

fn read_alloc(c: &mut Cursor<'_>) -> Read<AllocBlock> {
    let id = c.number("Y begin id=")?;
    let cpu = c.cpu(" cpu=")?;
    // A call by policy says no more than flags and order.
    let place = if c.eat(" nid=") { Some((c.node_id("nid")?, read_nodemask(c)?)) } else { None };
    let gfp = c.gfp(" gfp=")?;
    let order = c.number(" order=")?;
    let call = match place {
        Some((node, nodemask)) => {
            let task_flags = TaskFlags::from_bits_retain(c.hex32(" pf=")?);
            Some(AllocCall { node, nodemask, task_flags, user: c.flag(" user=")? })
        }
        None => None,
    };
    Ok(AllocBlock { id, cpu, call, gfp, order })
}

/// ` nodemask=` and a set of nodes, or `-` for none.
pub(super) fn read_nodemask(c: &mut Cursor<'_>) -> Read<Option<NodeMask>> {
    c.expect(" nodemask=")?;
    if c.eat("-") { Ok(None) } else { c.hex("nodemask").map(|mask| Some(NodeMask(mask))) }
}

/// Reads the `end` line into what the `begin` line made.
fn read_end(c: &mut Cursor<'_>, kind: &mut BlockKind) -> Read<()> {
    match kind {
        BlockKind::Alloc(_) => c.expect("Y end")?,
        BlockKind::Kswapd(block) => {
            block.end_order = c.number("K end order=")?;
            block.failures = c.number(" failures=")?;
        }
        BlockKind::Reclaim(block) => block.reclaimed = c.number("R end reclaimed=")?,
        BlockKind::CompactNode { node } => {
            let at = c.position();
            if c.node("C end nid=")? != *node {
                return Err(c.back_to(at, "nid", "the node of the begin line"));
            }
        }
        BlockKind::Compact(block) => {
            block.result = c.number("T end result=")?;
            block.captured = read_captured(c)?;
        }
    }
    Ok(())
}

/// ` captured=-`, or ` captured=` and the page with ` id=` and the allocation's number.
fn read_captured(c: &mut Cursor<'_>) -> Read<Option<(Pfn, u32)>> {
    c.expect(" captured=")?;
    if c.eat("-") { Ok(None) } else { Ok(Some((c.pfn("captured")?, c.number(" id=")?))) }
}
