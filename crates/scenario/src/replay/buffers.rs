//! Whether a page's buffers could be dropped, and which slabs of buffer heads that emptied, depends on all the buffers
//! of the recorded kernel. Here the lines of a scan tell it.

use crate::recording::Block;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::Pfn;
use buddyscope_mm::reclaim::BufferRelease;
use buddyscope_mm::{LifeFlags, Machine};

/// One scan of an inactive list, as far as its lines have been read.
#[derive(Default)]
struct Scan {
    /// The pages taken, in order.
    isolated: Vec<u64>,
    /// Those that references kept.
    referenced: Vec<u64>,
    /// Those that went to the active list.
    activated: Vec<u64>,
    /// How many of the pages had certainly been looked at.
    seen: usize,
    /// Pages freed that were none of those taken, and how many of those had been looked at before.
    others: Vec<(usize, u64)>,
}

impl Scan {
    fn place(&self, pfn: u64) -> Option<usize> {
        self.isolated.iter().position(|&page| page == pfn)
    }

    fn read(&mut self, text: &str) {
        if let Some(pfn) = text.strip_prefix("e ref pfn=").and_then(first_number) {
            self.referenced.push(pfn);
            self.seen = self.place(pfn).map_or(self.seen, |at| at + 1);
        } else if let Some(pfn) = text.strip_prefix("e pageout pfn=").and_then(first_number) {
            // Its buffers are dropped after it was written.
            self.seen = self.place(pfn).unwrap_or(self.seen);
        } else if let Some(pages) = text.strip_prefix("l kept : ") {
            self.activated = pages.split(' ').filter_map(|page| page.strip_suffix("/a")?.parse().ok()).collect();
        } else if let Some(pfn) = text.strip_prefix("f ").and_then(first_number)
            && self.place(pfn).is_none()
        {
            self.others.push((self.seen, pfn));
        }
    }

    /// Tells the model what came of the pages with buffers.
    fn tell<S: Sink>(&self, machine: &mut Machine<S>) {
        let flags = |machine: &Machine<S>, pfn| machine.life_flags(Pfn(pfn)).unwrap_or_default();
        let mut freed: Vec<Vec<Pfn>> = vec![Vec::new(); self.isolated.len()];
        for &(from, other) in &self.others {
            let released = (from..self.isolated.len()).find(|&at| {
                let pfn = self.isolated[at];
                let stayed = self.referenced.contains(&pfn) || self.activated.contains(&pfn);
                !stayed && flags(machine, pfn).contains(LifeFlags::PRIVATE)
            });
            if let Some(at) = released {
                freed[at].push(Pfn(other));
            }
        }
        for (&pfn, freed) in self.isolated.iter().zip(freed) {
            let buffered = flags(machine, pfn).contains(LifeFlags::PRIVATE);
            let refused = buffered && self.activated.contains(&pfn) && !self.referenced.contains(&pfn);
            let dirty = flags(machine, pfn).contains(LifeFlags::DIRTY);
            if buffered && !self.referenced.contains(&pfn) && !(refused && dirty) {
                machine.script_buffer_release(Pfn(pfn), BufferRelease { refused, freed });
            }
        }
    }
}

/// The number that a text begins with.
fn first_number(text: &str) -> Option<u64> {
    text.split(' ').next()?.parse().ok()
}

/// Tells the model what will come of buffers in a block that is about to run.
pub(super) fn tell_buffers<S: Sink>(machine: &mut Machine<S>, block: &Block<'_>) {
    let mut scan: Option<Scan> = None;
    for (_, text) in block.lines() {
        if text.starts_with("e isolate ") {
            scan = Some(Scan::default());
        } else if let Some(pages) = text.strip_prefix("l isolated : ") {
            if let Some(scan) = &mut scan {
                scan.isolated = pages.split(' ').filter_map(|page| page.parse().ok()).collect();
            }
        } else if text.starts_with("e shrink_inactive ") {
            if let Some(done) = scan.take() {
                done.tell(machine);
            }
        } else if text.starts_with("e shrink_") {
            scan = None;
        } else if let Some(scan) = &mut scan {
            scan.read(text);
        }
    }
}
