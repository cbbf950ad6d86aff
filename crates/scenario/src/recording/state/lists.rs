//! Lists of pages as lines print them.

use crate::recording::cursor::{Cursor, Expected, Read};
use buddyscope_mm::pfn::{MigrateType, PAGEBLOCK_NR_PAGES, Pfn};

/// Page frames from `start` up to `end`, which is not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PfnRange {
    /// First page frame.
    pub start: Pfn,
    /// First page frame behind it.
    pub end: Pfn,
}

/// A page on a per-CPU list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PcpPage {
    /// The page.
    pub pfn: Pfn,
    /// The type it is remembered to have; differs from the list's for CMA and high-atomic pages.
    pub migrate_type: MigrateType,
}

/// Pageblock types of a zone, run by run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pageblocks {
    /// First page of the first block, which holds the zone's first page.
    pub first: Pfn,
    /// Type and number of blocks; `None` where no memory section is.
    pub runs: Vec<(Option<MigrateType>, u64)>,
}

impl Pageblocks {
    /// Every run as first page frame, type and number of blocks.
    pub fn iter(&self) -> impl Iterator<Item = (Pfn, Option<MigrateType>, u64)> {
        self.runs.iter().scan(self.first.0, |at, &(migrate_type, blocks)| {
            let start = *at;
            *at = start.saturating_add(blocks.saturating_mul(PAGEBLOCK_NR_PAGES));
            Some((Pfn(start), migrate_type, blocks))
        })
    }
}

/// Items with a blank before each, up to the end of the line.
pub(super) fn read_items<'a, T>(c: &mut Cursor<'a>, mut item: impl FnMut(&mut Cursor<'a>) -> Read<T>) -> Read<Vec<T>> {
    let mut items = Vec::new();
    while c.eat(" ") {
        if !c.rest().is_empty() {
            items.push(item(c)?);
        }
    }
    c.end_of_line()?;
    Ok(items)
}

/// ` :` and items.
pub(super) fn read_list<'a, T>(c: &mut Cursor<'a>, item: impl FnMut(&mut Cursor<'a>) -> Read<T>) -> Read<Vec<T>> {
    c.expect(" :")?;
    read_items(c, item)
}

/// `a-b`, both included.
pub(super) fn read_range(c: &mut Cursor<'_>) -> Read<PfnRange> {
    let at = c.position();
    let start = c.pfn("range")?;
    c.expect("-")?;
    let last = c.pfn("range")?;
    if last < start {
        return Err(c.back_to(at, "range", "first-last with last not below first"));
    }
    Ok(PfnRange { start, end: Pfn(last.0 + 1) })
}

/// `pfn`, or `pfn/t` where the page's type is not the list's.
pub(super) fn read_pcp_page(c: &mut Cursor<'_>, list: MigrateType) -> Read<PcpPage> {
    let pfn = c.pfn("pfn")?;
    let migrate_type = if c.peek() == Some(b'/') { c.migrate_type("/")? } else { list };
    Ok(PcpPage { pfn, migrate_type })
}

/// `PB first=P : t*n ...`.
pub(super) fn read_pageblocks(c: &mut Cursor<'_>) -> Read<Pageblocks> {
    c.expect("PB first=")?;
    let at = c.position();
    let first = c.pfn("first")?;
    if !first.0.is_multiple_of(PAGEBLOCK_NR_PAGES) {
        return Err(c.back_to(at, "first", "a multiple of 512"));
    }
    let runs = read_list(c, |c| {
        let migrate_type = if c.eat("-1") { None } else { Some(c.migrate_type_number()?) };
        Ok((migrate_type, read_blocks(c)?))
    })?;
    Ok(Pageblocks { first, runs })
}

fn read_blocks(c: &mut Cursor<'_>) -> Read<u64> {
    let at = c.position();
    match c.number("*")? {
        0 => Err(c.back_to(at, "blocks", "at least one block")),
        blocks if blocks > Pfn::LIMIT.0 / PAGEBLOCK_NR_PAGES => Err(c.back_to(at, "blocks", "fewer blocks")),
        blocks => Ok(blocks),
    }
}

/// A digit for each pageblock behind a colon: 0, 1, or `-` where no memory section is.
pub(super) fn read_bits(c: &mut Cursor<'_>) -> Read<Vec<Option<bool>>> {
    c.expect(" :")?;
    let mut bits = Vec::new();
    while let Some(digit) = c.peek() {
        bits.push(match digit {
            b'0' => Some(false),
            b'1' => Some(true),
            b'-' => None,
            _ => return Err(Expected { field: "skip", what: "digits 0 and 1, or -" }),
        });
        c.skip(1);
    }
    Ok(bits)
}
