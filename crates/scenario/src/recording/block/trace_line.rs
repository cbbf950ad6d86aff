//! The lines inside a block that a model has to be told, because what the recorded kernel had around it decided them.

use super::read::read_nodemask;
use super::slab::{SlabEnd, SlabStart};
use crate::recording::cursor::{Cursor, Read};
use crate::recording::error::RecordingError;
use crate::recording::ops::{Outcome, read_outcome};
use crate::recording::state::LruvecCosts;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{NodeId, NodeMask, Pfn};
use buddyscope_mm::task::TaskFlags;

/// A line inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceLine<'a> {
    /// `e shrink_slab_start`: a shrinker is asked.
    SlabStart(SlabStart<'a>),
    /// `e shrink_slab_end`: the shrinker is done.
    SlabEnd(SlabEnd<'a>),
    /// `f`: a block was freed. Most are a model's own doing; those between a shrinker's start and end are not.
    Freed(FreedBlock),
    /// `a begin`: reclaim itself asks for pages.
    NestedBegin(NestedAlloc),
    /// `a end`: what reclaim's own request came to.
    NestedEnd(Outcome),
    /// `e pageout`: a page began to be written.
    Pageout(Pfn),
    /// `LRUVEC0`: costs and refault marks of the root lists of the node, at the end of a run of kswapd.
    Lruvec(LruvecCosts),
    /// Any other line, to be compared as it is.
    Other(&'a str),
}

/// `f`: a block of pages that was freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreedBlock {
    /// First page.
    pub pfn: Pfn,
    /// Order.
    pub order: u32,
}

/// `a begin`: a request that reclaim itself makes, for a slab page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NestedAlloc {
    /// The preferred node.
    pub node: NodeId,
    /// The nodemask, if one was given.
    pub nodemask: Option<NodeMask>,
    /// The request's flags.
    pub gfp: Gfp,
    /// The request's order.
    pub order: u32,
    /// Flags the task had during the call.
    pub task_flags: TaskFlags,
}

impl<'a> TraceLine<'a> {
    /// Reads a line; `file` and `line` are what errors give.
    ///
    /// # Errors
    /// [`RecordingError`] for a line of one of these kinds that is not as it should be.
    pub fn read(text: &'a str, file: &str, line: u32) -> Result<TraceLine<'a>, RecordingError> {
        let mut cursor = Cursor::new(text.as_bytes());
        let read = read_line(&mut cursor, text);
        read.map_err(|expected| cursor.error(expected, file, line))
    }
}

fn read_line<'a>(c: &mut Cursor<'a>, text: &'a str) -> Read<TraceLine<'a>> {
    let mut words = text.splitn(3, ' ');
    let read = match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
        ("e", "shrink_slab_start") => TraceLine::SlabStart(SlabStart::read(c, text)?),
        ("e", "shrink_slab_end") => TraceLine::SlabEnd(SlabEnd::read(c, text)?),
        ("e", "pageout") => {
            c.expect("e pageout pfn=")?;
            TraceLine::Pageout(c.pfn("pfn")?)
        }
        ("f", _) => TraceLine::Freed(read_freed(c)?),
        ("a", "begin") => TraceLine::NestedBegin(read_nested(c)?),
        ("a", _) => {
            c.expect("a end -> ")?;
            TraceLine::NestedEnd(read_outcome(c)?)
        }
        ("LRUVEC0", _) => {
            c.expect("LRUVEC0")?;
            TraceLine::Lruvec(LruvecCosts::read(c)?)
        }
        _ => return Ok(TraceLine::Other(text)),
    };
    c.end_of_line()?;
    Ok(read)
}

fn read_freed(c: &mut Cursor<'_>) -> Read<FreedBlock> {
    c.expect("f ")?;
    Ok(FreedBlock { pfn: c.pfn("pfn")?, order: c.number(" ")? })
}

fn read_nested(c: &mut Cursor<'_>) -> Read<NestedAlloc> {
    Ok(NestedAlloc {
        node: c.node("a begin nid=")?,
        nodemask: read_nodemask(c)?,
        gfp: c.gfp(" gfp=")?,
        order: c.number(" order=")?,
        task_flags: TaskFlags::from_bits_retain(c.hex32(" pf=")?),
    })
}
