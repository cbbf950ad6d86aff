//! Memory that the kernel gave back after it had booted: its own boot code, gaps in its image, the initial ramdisk.
//!
//! Which pages these are depends on the kernel's image, not on the machine, so they are taken from the recording: what
//! is reserved in `init/` and no longer in `start/`.

use super::Topology;
use super::init::within_zone;
use crate::recording::{PfnRange, RecordingError};
use buddyscope_mm::event::NullSink;
use buddyscope_mm::pfn::{Pfn, ZoneId};
use buddyscope_mm::{Booting, Machine};

/// Pages freed late, ascending, by zone.
pub(super) struct Late {
    ranges: Vec<(Pfn, Pfn, ZoneId)>,
}

/// Finds the pages; those of contiguous areas are freed by the model itself.
pub(super) fn freed_ranges(topology: &Topology, cma: &[(Pfn, u64)]) -> Late {
    let cma: Vec<(Pfn, Pfn)> = cma.iter().map(|&(start, pages)| (start, Pfn(start.0 + pages))).collect();
    let mut ranges = Vec::new();
    for zone in &topology.init.zones {
        let before = pairs(&zone.reserved);
        let after = topology.start.zone(zone.id).map(|zone| pairs(&zone.reserved)).unwrap_or_default();
        let freed = subtract(&subtract(&before, &after), &cma);
        ranges.extend(freed.into_iter().map(|(start, end)| (start, end, zone.id)));
    }
    Late { ranges }
}

fn pairs(ranges: &[PfnRange]) -> Vec<(Pfn, Pfn)> {
    ranges.iter().map(|range| (range.start, range.end)).collect()
}

/// The parts of ascending ranges outside ascending holes.
fn subtract(ranges: &[(Pfn, Pfn)], holes: &[(Pfn, Pfn)]) -> Vec<(Pfn, Pfn)> {
    let mut rest = Vec::new();
    for &(start, end) in ranges {
        let mut at = start;
        for hole in holes.iter().filter(|hole| hole.0 < end && start < hole.1) {
            if at < hole.0 {
                rest.push((at, hole.0));
            }
            at = at.max(hole.1);
        }
        if at < end {
            rest.push((at, end));
        }
    }
    rest
}

/// Counts the SMP alternatives, which are freed before other CPUs come up and marks are computed. They lie in the kernel's
/// image, as the lowest of these pages do.
pub(super) fn count_alternatives(topology: &Topology, late: &Late, booting: &mut Booting<NullSink>) {
    if let Some(&(_, _, zone)) = late.ranges.first() {
        booting.adjust_managed_page_count(zone, topology.log.alternatives_pages);
    }
}

/// Frees the pages but as many as were counted before.
pub(super) fn free(topology: &Topology, late: &Late, machine: &mut Machine<NullSink>) -> Result<(), RecordingError> {
    let mut counted = topology.log.alternatives_pages;
    for &(start, end, zone) in &late.ranges {
        for (start, end) in within_zone([(start, end)].into_iter(), zone, machine) {
            let first = Pfn(start.0 + counted.min(end.0 - start.0));
            counted -= first.0 - start.0;
            let freed = machine.free_reserved_area(first, end);
            freed.map_err(|error| RecordingError::in_file("start/state.txt", format!("RESERVED: {error}")))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_cut_out_of_ranges() {
        let range = |start, end| (Pfn(start), Pfn(end));
        let rest = subtract(&[range(0, 10), range(20, 30)], &[range(2, 4), range(6, 22), range(30, 40)]);
        assert_eq!(rest, [range(0, 2), range(4, 6), range(22, 30)]);
    }
}
