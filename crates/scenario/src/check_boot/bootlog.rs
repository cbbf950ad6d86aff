//! What the kernel logged about its memory (`dmesg.txt`).

use buddyscope_mm::config::ByteRange;
use buddyscope_mm::pfn::{MAX_NUMNODES, NodeId};
use std::collections::BTreeMap;

/// KiB of a page.
const PAGE_KIB: u64 = 4;

/// Facts from the log; what it does not tell is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BootLog {
    /// Usable ranges of the firmware's memory map.
    pub usable: Vec<ByteRange>,
    /// Memory ranges of nodes, as firmware tells them.
    pub node_ranges: Vec<(ByteRange, NodeId)>,
    /// The kernel's node of each of the firmware's: it numbers them as it meets them.
    pub nodes: BTreeMap<usize, NodeId>,
    /// The contiguous area.
    pub cma: Option<ByteRange>,
    /// Whether migrate types are kept apart.
    pub grouping: Option<bool>,
    /// Estimated pages of all zones.
    pub total_pages: Option<u64>,
    /// Highest zone that memory policies apply to.
    pub policy_zone: Option<String>,
    /// Pages of SMP alternatives, freed before watermarks are computed.
    pub alternatives_pages: u64,
}

impl BootLog {
    /// Picks the facts out of the log.
    pub(super) fn read(text: &str) -> BootLog {
        let mut log = BootLog::default();
        for line in text.lines() {
            let message = line.split_once("] ").map_or(line, |(_, message)| message);
            // A line that has the shape but no sense is a line about something else.
            let _ = log.read_message(message);
        }
        log
    }

    fn read_message(&mut self, message: &str) -> Option<()> {
        if let Some(entry) = message.strip_prefix("BIOS-e820: ") {
            let range = range_in_brackets(entry)?;
            self.usable.extend(entry.ends_with(" usable").then_some(range));
        } else if let Some(entry) = message.strip_prefix("ACPI: SRAT: Node ") {
            let mut words = entry.split(' ');
            let node = node(words.next()?)?;
            let firmware = words.nth(1)?.parse().ok()?;
            self.nodes.insert(firmware, node);
            self.node_ranges.push((range_in_brackets(entry)?, node));
        } else if let Some(entry) = message.strip_prefix("SRAT: PXM ") {
            let (firmware, node_text) = (entry.split(' ').next()?, entry.rsplit(' ').next()?);
            self.nodes.insert(firmware.parse().ok()?, node(node_text)?);
        } else if let Some(area) = message.strip_prefix("cma: Reserved ") {
            self.cma = self.cma.or(cma_area(area));
        } else if let Some((_, rest)) = message.split_once(" zonelists, mobility grouping ") {
            let (grouping, total) = rest.split_once(".  Total pages: ")?;
            (self.grouping, self.total_pages) = (Some(grouping == "on"), total.trim().parse().ok());
        } else if let Some(zone) = message.strip_prefix("Policy zone: ") {
            self.policy_zone = Some(zone.trim().to_owned());
        } else if let Some(size) = message.strip_prefix("Freeing SMP alternatives memory: ") {
            self.alternatives_pages = size.trim().strip_suffix('K')?.parse::<u64>().ok()? / PAGE_KIB;
        }
        Some(())
    }
}

/// The range in `… [mem 0x100000-0x1fffff] …`, whose last byte is given.
fn range_in_brackets(text: &str) -> Option<ByteRange> {
    let (_, rest) = text.split_once("[mem ")?;
    let (start, end) = rest.split_once(']')?.0.split_once('-')?;
    Some(ByteRange::new(hex(start)?, hex(end)?.checked_add(1)?))
}

fn node(text: &str) -> Option<NodeId> {
    text.trim().parse().ok().map(NodeId).filter(|node| node.index() < MAX_NUMNODES)
}

/// The area in `16 MiB at 0x000000003ec00000`.
fn cma_area(text: &str) -> Option<ByteRange> {
    let (size, start) = text.trim().split_once(" MiB at ")?;
    let (size, start) = (size.parse::<u64>().ok()?, hex(start)?);
    Some(ByteRange::new(start, start.checked_add(size.checked_mul(1 << 20)?)?))
}

/// A hexadecimal number with 0x.
pub(super) fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
[    0.000000] BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved
[    0.000000] SRAT: PXM 2 -> APIC 0x00 -> Node 0
[    0.000000] ACPI: SRAT: Node 1 PXM 3 [mem 0x08000000-0x0fffffff]
[    0.000000] cma: Reserved 16 MiB at 0x000000003ec00000
[    0.000000] Built 2 zonelists, mobility grouping on.  Total pages: 515945
[    0.000000] Policy zone: DMA32
[    0.024772] Freeing SMP alternatives memory: 16K
";

    #[test]
    fn facts_are_found() {
        let log = BootLog::read(LOG);
        assert_eq!(log.usable, [ByteRange::new(0, 0x9fc00)]);
        assert_eq!(log.node_ranges, [(ByteRange::new(0x800_0000, 0x1000_0000), NodeId(1))]);
        assert_eq!(log.nodes, BTreeMap::from([(2, NodeId(0)), (3, NodeId(1))]));
        assert_eq!(log.cma, Some(ByteRange::new(0x3ec0_0000, 0x3fc0_0000)));
        assert_eq!((log.grouping, log.total_pages), (Some(true), Some(515_945)));
        assert_eq!((log.policy_zone.as_deref(), log.alternatives_pages), (Some("DMA32"), 4));
    }

    #[test]
    fn other_lines_say_nothing() {
        let log = BootLog::read("cma: Reserved x\n] BIOS-e820: usable\nACPI: SRAT: Node 999 [mem 0x0-0x1]\n");
        assert_eq!(log, BootLog::default());
    }
}
