//! Where a page lies on the map: tiles in rows, and a Z-order curve inside each tile.

use super::section::TILE;
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::pfn::{PAGES_PER_SECTION, Pfn, ZoneId};

/// Cells along a tile's edge.
pub const TILE_EDGE: u64 = 32;
/// Tiles of a memory section.
pub(super) const TILES_PER_SECTION: u64 = PAGES_PER_SECTION / TILE as u64;

const _: () = assert!(TILE_EDGE * TILE_EDGE == TILE as u64);

/// Which tiles a map has, in rows of `columns`. A tile is a largest block; tiles are counted machine-wide, 32 for each
/// memory section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plane {
    /// Tiles in a row.
    columns: u64,
    /// First machine-wide tile of each run and how many tiles come before the run.
    runs: Vec<(u64, u64)>,
    tiles: u64,
    zone: Option<ZoneId>,
}

impl Plane {
    /// The tiles of one zone, or of the whole machine.
    #[must_use]
    pub fn new(machine: &Machine<Trace>, zone: Option<ZoneId>, columns: u64) -> Plane {
        let mut plane = Plane { columns: columns.max(1), runs: Vec::new(), tiles: 0, zone };
        match zone {
            None => plane.add(0, machine.sections() as u64 * TILES_PER_SECTION),
            Some(zone) => {
                for (start, end, _) in machine.memory_ranges().filter(|range| range.2 == zone) {
                    let Some(section) = machine.section_of(start) else { continue };
                    let first = section as u64 * TILES_PER_SECTION + start.0 % PAGES_PER_SECTION / TILE as u64;
                    let pages = end.0 - start.0 + start.0 % TILE as u64;
                    plane.add(first, pages.div_ceil(TILE as u64));
                }
            }
        }
        plane
    }

    /// Adds tiles; neighbors become one run, and no tile is there twice.
    fn add(&mut self, mut first: u64, mut count: u64) {
        if let Some(&(start, before)) = self.runs.last() {
            let end = start + (self.tiles - before);
            if first + 1 == end {
                (first, count) = (end, count - 1);
            }
            if first == end {
                self.tiles += count;
                return;
            }
        }
        if count > 0 {
            self.runs.push((first, self.tiles));
            self.tiles += count;
        }
    }

    /// Number of tiles.
    #[must_use]
    pub fn tiles(&self) -> u64 {
        self.tiles
    }

    /// The zone, if it is the map of one.
    #[must_use]
    pub fn zone(&self) -> Option<ZoneId> {
        self.zone
    }

    /// The machine-wide tile at a column and row.
    #[must_use]
    pub(super) fn tile_at(&self, column: u64, row: u64) -> Option<u64> {
        let tile = row.checked_mul(self.columns)?.checked_add(column)?;
        if column >= self.columns || tile >= self.tiles {
            return None;
        }
        let run = self.runs.partition_point(|run| run.1 <= tile) - 1;
        let (start, before) = self.runs[run];
        Some(start + tile - before)
    }

    /// The page in a cell.
    #[must_use]
    pub fn page_at(&self, machine: &Machine<Trace>, x: u64, y: u64) -> Option<Pfn> {
        let tile = self.tile_at(x / TILE_EDGE, y / TILE_EDGE)?;
        let start = machine.section_start((tile / TILES_PER_SECTION) as usize)?;
        let offset = tile % TILES_PER_SECTION * TILE as u64 + u64::from(spread(x) | spread(y) << 1);
        Some(Pfn(start.0 + offset))
    }

    /// The cell of a page.
    #[must_use]
    pub fn cell_of(&self, machine: &Machine<Trace>, pfn: Pfn) -> Option<(u64, u64)> {
        let offset = pfn.0 % PAGES_PER_SECTION;
        let tile = machine.section_of(pfn)? as u64 * TILES_PER_SECTION + offset / TILE as u64;
        let run = self.runs.partition_point(|run| run.0 <= tile).checked_sub(1)?;
        let (start, before) = self.runs[run];
        let end = self.runs.get(run + 1).map_or(self.tiles, |next| next.1);
        let at = before + (tile - start);
        let inside = (offset % TILE as u64) as u32;
        let cell = |base: u64, bits: u32| base * TILE_EDGE + u64::from(gather(bits));
        (at < end).then(|| (cell(at % self.columns, inside), cell(at / self.columns, inside >> 1)))
    }
}

/// The five low bits, each followed by a zero bit: where an x coordinate leads inside a tile.
#[inline]
pub(super) const fn spread(coordinate: u64) -> u32 {
    let bits = coordinate as u32 & 31;
    bits & 1 | (bits & 2) << 1 | (bits & 4) << 2 | (bits & 8) << 3 | (bits & 16) << 4
}

/// The opposite of [`spread`]: every other bit of the low ten.
const fn gather(bits: u32) -> u32 {
    bits & 1 | bits >> 1 & 2 | bits >> 2 & 4 | bits >> 3 & 8 | bits >> 4 & 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_and_offsets_convert_both_ways() {
        for offset in 0..1024u32 {
            let (x, y) = (gather(offset), gather(offset >> 1));
            assert!(x < 32 && y < 32);
            assert_eq!(spread(x.into()) | spread(y.into()) << 1, offset);
        }
    }

    #[test]
    fn buddies_are_neighbors() {
        // Order 0 side by side, order 1 above each other, and so on.
        let cell = |offset: u32| (gather(offset), gather(offset >> 1));
        assert_eq!((cell(0), cell(1)), ((0, 0), (1, 0)));
        assert_eq!((cell(0), cell(2)), ((0, 0), (0, 1)));
        assert_eq!((cell(0), cell(512)), ((0, 0), (0, 16)));
    }
}
