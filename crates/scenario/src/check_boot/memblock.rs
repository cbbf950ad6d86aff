//! Memory as the kernel's boot allocator knew it (`init/memblock.txt`).

use super::bootlog::hex;
use crate::recording::RecordingError;
use buddyscope_mm::config::{ByteRange, MemoryRange};
use buddyscope_mm::pfn::{MAX_NUMNODES, NodeId};

/// `MEMBLOCK_HOTPLUG`, `MEMBLOCK_MIRROR` and `MEMBLOCK_NOMAP` (include/linux/memblock.h, v5.10).
const HOTPLUG: u64 = 1;
const MIRROR: u64 = 2;
const NOMAP: u64 = 4;

/// Memory and what is reserved of it.
pub(super) struct Memblock {
    pub memory: Vec<MemoryRange>,
    pub reserved: Vec<ByteRange>,
}

impl Memblock {
    /// Reads the file; `file` is the name that errors give.
    pub(super) fn read(text: &str, file: &str) -> Result<Memblock, RecordingError> {
        let mut memblock = Memblock { memory: Vec::new(), reserved: Vec::new() };
        for (line, number) in text.lines().zip(1..) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if memblock.read_line(&words).is_none() {
                let problem = "expected `memory|reserved start end nid= flags=`";
                return Err(RecordingError::in_line(file, number, problem));
            }
        }
        Ok(memblock)
    }

    fn read_line(&mut self, words: &[&str]) -> Option<()> {
        let [kind, start, end, node, flags] = words else { return words.is_empty().then_some(()) };
        let range = ByteRange::new(hex(start)?, hex(end)?);
        match *kind {
            "reserved" => self.reserved.push(range),
            "memory" => self.memory.extend(memory_range(range, node, flags)?),
            _ => return None,
        }
        Some(())
    }
}

/// A memory range; `Some(None)` for one that the kernel does not map.
fn memory_range(range: ByteRange, node: &str, flags: &str) -> Option<Option<MemoryRange>> {
    let node: u8 = node.strip_prefix("nid=")?.parse().ok()?;
    let flags = hex(flags.strip_prefix("flags=")?)?;
    let (hotpluggable, mirrored) = (flags & HOTPLUG != 0, flags & MIRROR != 0);
    let node = NodeId(node).index().lt(&MAX_NUMNODES).then_some(NodeId(node))?;
    Some((flags & NOMAP == 0).then_some(MemoryRange { range, node, hotpluggable, mirrored }))
}

/// The ranges without an area.
pub(super) fn without(ranges: &[ByteRange], area: ByteRange) -> Vec<ByteRange> {
    let parts = ranges.iter().flat_map(|range| {
        let below = ByteRange::new(range.start, range.end.min(area.start));
        let above = ByteRange::new(range.start.max(area.end), range.end);
        [below, above]
    });
    parts.filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read() {
        let text = "memory 0x1000 0x9f000 nid=1 flags=0x1\nreserved 0x0 0x10000 nid=16 flags=0x0\n";
        let Ok(memblock) = Memblock::read(text, "x") else { panic!("refused") };
        assert_eq!(memblock.reserved, [ByteRange::new(0, 0x10000)]);
        let memory = memblock.memory[0];
        assert_eq!((memory.range, memory.node), (ByteRange::new(0x1000, 0x9f000), NodeId(1)));
        assert!(memory.hotpluggable && !memory.mirrored);
    }

    #[test]
    fn a_bad_line_is_named() {
        for bad in [
            "memory 0x1000",
            "memory 1 2 nid=0 flags=0x0",
            "other 0x0 0x1 nid=0 flags=0x0",
            "memory 0x0 0x1 nid=64 flags=0x0",
        ] {
            let error = Memblock::read(&format!("\n{bad}\n"), "init/memblock.txt").err();
            assert_eq!(error.and_then(|error| error.line), Some(2), "{bad}");
        }
    }

    #[test]
    fn an_area_is_cut_out() {
        let ranges = [ByteRange::new(0, 10), ByteRange::new(20, 30), ByteRange::new(40, 50)];
        let rest = without(&ranges, ByteRange::new(5, 25));
        assert_eq!(rest, [ByteRange::new(0, 5), ByteRange::new(25, 30), ByteRange::new(40, 50)]);
    }
}
