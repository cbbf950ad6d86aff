//! The firmware's memory map and what boot parameters make of it (arch/x86/kernel/e820.c).

use crate::config::{ADDRESS_LIMIT, ByteRange, MapEdit, MapType, MemoryRange};

/// Page 0 and the area from 640 KiB to 1 MiB are never memory (`trim_bios_range`).
const BIOS_RANGES: [ByteRange; 2] = [ByteRange::new(0, 0x1000), ByteRange::new(0xa0000, 0x100000)];

/// The memory map while boot parameters change it: entries may overlap.
struct E820 {
    entries: Vec<(ByteRange, MapType)>,
}

/// The usable memory after all edits: ascending, apart from each other.
pub(super) fn usable_ram(memory: &[MemoryRange], edits: &[MapEdit]) -> Vec<ByteRange> {
    let mut map = E820 { entries: memory.iter().map(|m| (m.range, MapType::RAM)).collect() };
    for &edit in edits {
        map.edit(edit);
    }
    map.usable_ram()
}

impl E820 {
    fn edit(&mut self, edit: MapEdit) {
        match edit {
            MapEdit::Exact => self.entries.clear(),
            MapEdit::Limit(start) => self.remove(ByteRange::new(start, u64::MAX), Some(MapType::RAM)),
            MapEdit::Add(range, kind) => self.add(range, kind),
            MapEdit::Change { range, from, to: None } => self.remove(range, from),
            MapEdit::Change { range, from: None, to: Some(to) } => self.add(range, to),
            MapEdit::Change { range, from: Some(from), to: Some(to) } => self.update(range, from, to),
        }
    }

    /// `e820__range_add`.
    fn add(&mut self, range: ByteRange, kind: MapType) {
        self.entries.push((range, kind));
    }

    /// Drops what lies in the range, of one type or of all (`e820__range_remove`).
    fn remove(&mut self, range: ByteRange, only: Option<MapType>) {
        self.cut(range, only);
    }

    /// Gives entries of one type another one inside the range (`e820__range_update`).
    fn update(&mut self, range: ByteRange, from: MapType, to: MapType) {
        for part in self.cut(range, Some(from)) {
            self.add(part, to);
        }
    }

    /// Takes the range out of all entries of a type, and returns what was taken.
    fn cut(&mut self, range: ByteRange, only: Option<MapType>) -> Vec<ByteRange> {
        let mut taken = Vec::new();
        let mut kept = Vec::with_capacity(self.entries.len() + 1);
        for &(entry, kind) in &self.entries {
            if only.is_some_and(|only| only != kind) || !entry.overlaps(range) {
                kept.push((entry, kind));
                continue;
            }
            taken.push(entry.intersection(range));
            let rest = [ByteRange::new(entry.start, range.start), ByteRange::new(range.end, entry.end)];
            kept.extend(rest.into_iter().filter(|part| !part.is_empty()).map(|part| (part, kind)));
        }
        self.entries = kept;
        taken
    }

    /// Memory after sorting out overlaps: the higher type wins (`e820__update_table`), so any other entry takes its
    /// range out of memory.
    fn usable_ram(self) -> Vec<ByteRange> {
        let is_ram = |entry: &&(ByteRange, MapType)| entry.1 == MapType::RAM;
        let ram = union(self.entries.iter().filter(is_ram).map(|e| e.0).collect());
        let taken = self.entries.iter().filter(|e| e.1 > MapType::RAM).map(|e| e.0);
        let above = ByteRange::new(ADDRESS_LIMIT, u64::MAX);
        subtract(&ram, &union(taken.chain(BIOS_RANGES).chain([above]).collect()))
    }
}

/// The ranges sorted, with overlapping and touching ones joined.
pub(super) fn union(mut ranges: Vec<ByteRange>) -> Vec<ByteRange> {
    ranges.sort_unstable();
    let mut joined: Vec<ByteRange> = Vec::with_capacity(ranges.len());
    for range in ranges.into_iter().filter(|range| !range.is_empty()) {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The parts of `ranges` outside `holes`. Both are ascending, and the holes apart from each other.
pub(super) fn subtract(ranges: &[ByteRange], holes: &[ByteRange]) -> Vec<ByteRange> {
    let mut rest = Vec::with_capacity(ranges.len() + holes.len());
    let mut next_hole = 0;
    for range in ranges {
        while next_hole < holes.len() && holes[next_hole].end <= range.start {
            next_hole += 1;
        }
        let mut start = range.start;
        for hole in holes[next_hole..].iter().take_while(|hole| hole.start < range.end) {
            if start < hole.start {
                rest.push(ByteRange::new(start, hole.start));
            }
            start = start.max(hole.end);
        }
        if start < range.end {
            rest.push(ByteRange::new(start, range.end));
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BootParams;
    use crate::pfn::NodeId;

    const MIB: u64 = 1 << 20;

    fn ram_with(line: &str) -> Vec<ByteRange> {
        let edits = BootParams::parse(line).expect("good").map_edits;
        let memory = [MemoryRange::new(0, 640 << 10, NodeId(0)), MemoryRange::new(MIB, 1024 * MIB, NodeId(0))];
        usable_ram(&memory, &edits)
    }

    fn mib(start: u64, end: u64) -> ByteRange {
        ByteRange::new(start * MIB, end * MIB)
    }

    const LOW: ByteRange = ByteRange::new(0x1000, 0xa0000);

    #[test]
    fn page_zero_and_the_bios_area_are_left_out() {
        assert_eq!(ram_with(""), [LOW, mib(1, 1024)]);
        assert_eq!(ram_with("memmap=exactmap memmap=2M@0"), [LOW, mib(1, 2)]);
    }

    #[test]
    fn a_limit_cuts_what_is_there_when_it_is_read() {
        assert_eq!(ram_with("mem=700M"), [LOW, mib(1, 700)]);
        assert_eq!(ram_with("mem=700M memmap=8M@1000M"), [LOW, mib(1, 700), mib(1000, 1008)]);
    }

    #[test]
    fn other_types_win_over_memory() {
        assert_eq!(ram_with("memmap=64M$256M"), [LOW, mib(1, 256), mib(320, 1024)]);
        assert_eq!(ram_with("memmap=64M#256M,64M@256M"), [LOW, mib(1, 256), mib(320, 1024)]);
    }

    #[test]
    fn types_can_be_changed_both_ways() {
        assert_eq!(ram_with("memmap=64M%256M-1+2"), [LOW, mib(1, 256), mib(320, 1024)]);
        assert_eq!(ram_with("memmap=64M%256M-1+12 memmap=32M%256M-12+1"), [LOW, mib(1, 288), mib(320, 1024)]);
        assert_eq!(ram_with("memmap=64M%256M"), [LOW, mib(1, 256), mib(320, 1024)]);
    }
}
