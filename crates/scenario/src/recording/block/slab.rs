//! What shrinkers were asked and gave (`do_shrink_slab`). A model cannot know the objects behind them.

use super::trace_line::{FreedBlock, TraceLine};
use crate::recording::cursor::{Cursor, Read};
use crate::recording::error::RecordingError;
use buddyscope_mm::pfn::NodeId;

/// `e shrink_slab_start`: a shrinker is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlabStart<'a> {
    /// Name of its scan function. Many shrinkers share one: every mounted file system has `super_cache_scan`.
    pub shrinker: &'a str,
    /// The node.
    pub node: NodeId,
    /// Objects that earlier calls had put off and this one took over (`nr_to_scan=`).
    pub deferred: i64,
    /// Objects that could be freed (`cache=`).
    pub freeable: i64,
    /// Objects that the priority asks for.
    pub delta: i64,
    /// Objects to be scanned.
    pub total_scan: i64,
    /// The priority.
    pub priority: i64,
}

/// `e shrink_slab_end`: the shrinker is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlabEnd<'a> {
    /// Name of its scan function.
    pub shrinker: &'a str,
    /// The node.
    pub node: NodeId,
    /// Objects freed (`ret=`).
    pub freed: i64,
    /// Objects that had been put off before (`unused=`); equals the start's `deferred`.
    pub unused: i64,
    /// Objects put off now (`new=`).
    pub new_deferred: i64,
    /// Objects of this call that were not scanned (`total_scan=`).
    pub total_left: i64,
}

/// One shrinker's start and end, and the pages that were freed between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlabScan<'a> {
    /// The start's line, counted from 1.
    pub line: u32,
    /// What it was asked.
    pub start: SlabStart<'a>,
    /// Blocks freed in order: slab pages, and pages of files whose inode went.
    pub freed: Vec<FreedBlock>,
    /// What it gave.
    pub end: SlabEnd<'a>,
}

impl<'a> SlabStart<'a> {
    /// Reads a line, which is also given as text.
    pub(super) fn read(c: &mut Cursor<'_>, text: &'a str) -> Read<SlabStart<'a>> {
        c.expect("e shrink_slab_start ")?;
        Ok(SlabStart {
            shrinker: read_name(c, text),
            node: c.node(" nid=")?,
            deferred: c.signed_number(" nr_to_scan=")?,
            freeable: c.signed_number(" cache=")?,
            delta: c.signed_number(" delta=")?,
            total_scan: c.signed_number(" total_scan=")?,
            priority: c.signed_number(" prio=")?,
        })
    }
}

impl<'a> SlabEnd<'a> {
    /// Reads a line, which is also given as text.
    pub(super) fn read(c: &mut Cursor<'_>, text: &'a str) -> Read<SlabEnd<'a>> {
        c.expect("e shrink_slab_end ")?;
        Ok(SlabEnd {
            shrinker: read_name(c, text),
            node: c.node(" nid=")?,
            freed: c.signed_number(" ret=")?,
            unused: c.signed_number(" unused=")?,
            new_deferred: c.signed_number(" new=")?,
            total_left: c.signed_number(" total_scan=")?,
        })
    }
}

/// The word at the cursor, out of the text that the cursor reads.
fn read_name<'a>(c: &mut Cursor<'_>, text: &'a str) -> &'a str {
    let name = text.get(c.position()..).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    c.skip(name.len());
    name
}

/// Pairs the starts and ends in the lines of a block.
pub(super) struct SlabScans<'f, I> {
    lines: I,
    file: &'f str,
}

impl<'f, I> SlabScans<'f, I> {
    pub(super) fn new(lines: I, file: &'f str) -> SlabScans<'f, I> {
        SlabScans { lines, file }
    }
}

impl<'a, I: Iterator<Item = (u32, &'a str)>> SlabScans<'_, I> {
    /// From the line behind a start to its end.
    fn finish(&mut self, line: u32, start: SlabStart<'a>) -> Result<SlabScan<'a>, RecordingError> {
        let bad = |line, problem: &str| RecordingError::in_line(self.file, line, problem);
        let mut freed = Vec::new();
        for (at, text) in self.lines.by_ref() {
            match TraceLine::read(text, self.file, at)? {
                TraceLine::Freed(block) => freed.push(block),
                TraceLine::SlabEnd(end) if (end.shrinker, end.node) == (start.shrinker, start.node) => {
                    return Ok(SlabScan { line, start, freed, end });
                }
                TraceLine::SlabStart(_) | TraceLine::SlabEnd(_) => {
                    return Err(bad(at, "the end of the shrinker before it expected"));
                }
                _ => {}
            }
        }
        Err(bad(line, "the shrinker has no end"))
    }
}

impl<'a, I: Iterator<Item = (u32, &'a str)>> Iterator for SlabScans<'_, I> {
    type Item = Result<SlabScan<'a>, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, text) = self.lines.next()?;
            match TraceLine::read(text, self.file, line) {
                Ok(TraceLine::SlabStart(start)) => return Some(self.finish(line, start)),
                Ok(TraceLine::SlabEnd(_)) => {
                    return Some(Err(RecordingError::in_line(self.file, line, "the shrinker has no start")));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
