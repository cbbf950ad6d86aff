//! Where zones lie: as told, or else one after another as on a PC.

use super::error::RebuildError;
use super::told::Told;
use crate::sentence::Args;
use buddyscope_mm::pfn::{Pfn, ZoneId, ZoneType};
use std::ops::Range;

/// First page frame above 16 MiB and above 4 GiB.
const LOW_END: [u64; 2] = [4096, 1 << 20];
/// Page frames of the first MiB that firmware keeps: the first one and video memory.
const FIRMWARE: [Range<u64>; 2] = [0..1, 159..256];

/// A zone's place.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) id: ZoneId,
    pub(super) start: Pfn,
    pub(super) spanned: u64,
    /// Page frames that exist.
    pub(super) present: Vec<Range<u64>>,
}

/// The places of all zones, in the order of [`Told::zones`].
pub(super) fn places(told: &mut Told) -> Result<Vec<Place>, RebuildError> {
    let mut next = 0;
    let mut guessed = false;
    let mut places = Vec::with_capacity(told.zones.len());
    for zone in &told.zones {
        let (start, spanned) = match zone.span {
            Some((start, spanned)) => (start.0, spanned.max(zone.present)),
            None => {
                guessed = true;
                let kind = zone.id.zone_type();
                let lowest = match kind {
                    ZoneType::Dma => 0,
                    ZoneType::Dma32 => LOW_END[0],
                    ZoneType::Normal | ZoneType::Movable => 1 << 20,
                };
                // A low zone that is larger than a PC's belongs to another kind of machine.
                let start = if next > lowest { next_block(next) } else { lowest };
                (start, spanned_by(start, zone.present))
            }
        };
        let end = start.checked_add(spanned).filter(|&end| end <= Pfn::LIMIT.0);
        next = next.max(end.ok_or(RebuildError::TooLarge(zone.id))?);
        let present = present(start, spanned, zone.present);
        places.push(Place { id: zone.id, start: Pfn(start), spanned, present });
    }
    check(&places)?;
    if guessed {
        told.assume("assume.layout", Args::new());
    }
    Ok(places)
}

/// Zones begin at a multiple of the largest block.
fn next_block(pfn: u64) -> u64 {
    pfn.next_multiple_of(1024)
}

/// The span that holds so many pages: the lowest zone has what firmware keeps in it besides.
fn spanned_by(start: u64, present: u64) -> u64 {
    if start == 0 { present + FIRMWARE.iter().map(|hole| hole.end - hole.start).sum::<u64>() } else { present }
}

/// Existing page frames: holes are where a PC has them, in the first MiB, and at the end of the span.
fn present(start: u64, spanned: u64, present: u64) -> Vec<Range<u64>> {
    let span = core::iter::once(start..start + spanned).collect::<Vec<_>>();
    if present == spanned { span } else { first_pages(&without_firmware(&span), present) }
}

/// Without what a PC's firmware keeps.
pub(super) fn without_firmware(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut left = ranges.to_vec();
    for hole in &FIRMWARE {
        left = left
            .into_iter()
            .flat_map(|range| [range.start..range.end.min(hole.start), range.start.max(hole.end)..range.end])
            .filter(|range| !range.is_empty())
            .collect();
    }
    left
}

/// The first so many pages of some ranges.
fn first_pages(ranges: &[Range<u64>], mut pages: u64) -> Vec<Range<u64>> {
    let mut taken = Vec::new();
    for range in ranges {
        let size = pages.min(range.end - range.start);
        pages -= size;
        if size > 0 {
            taken.push(range.start..range.start + size);
        }
    }
    taken
}

fn check(places: &[Place]) -> Result<(), RebuildError> {
    let mut ranges: Vec<(&Range<u64>, ZoneId)> =
        places.iter().flat_map(|place| place.present.iter().map(|range| (range, place.id))).collect();
    ranges.sort_by_key(|(range, _)| range.start);
    match ranges.windows(2).find(|pair| pair[0].0.end > pair[1].0.start) {
        Some(pair) => Err(RebuildError::Overlap(pair[0].1, pair[1].1)),
        None => Ok(()),
    }
}
