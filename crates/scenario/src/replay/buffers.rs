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
    /// How many counted as dirty.
    dirty: u64,
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

    /// Tells the model which dirty pages have clean buffers: fewer pages counted as dirty than are.
    fn tell_clean<S: Sink>(&self, machine: &mut Machine<S>, written: &[u64]) {
        let is_dirty = |flags: LifeFlags| {
            let other = LifeFlags::ANON | LifeFlags::SWAPBACKED | LifeFlags::CLEAN_BUFFERS;
            flags.contains(LifeFlags::DIRTY) && !flags.intersects(other)
        };
        let with_flags = self.isolated.iter().filter(|pfn| !written.contains(pfn)).map(|&pfn| {
            let flags = machine.life_flags(Pfn(pfn)).unwrap_or_default();
            (Pfn(pfn), flags)
        });
        let dirty: Vec<(Pfn, LifeFlags)> = with_flags.filter(|&(_, flags)| is_dirty(flags)).collect();
        let clean = dirty.len().saturating_sub(self.dirty as usize);
        // Which they are shows best in small scans; elsewhere the first do as well as any.
        let buffered = dirty.iter().filter(|(_, flags)| flags.contains(LifeFlags::PRIVATE));
        for &(pfn, _) in buffered.take(clean) {
            machine.set_buffers_clean(pfn);
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
    let (mut scans, written) = read_scans(block);
    scans.iter().for_each(|scan| scan.tell(machine));
    scans.sort_by_key(|scan| scan.isolated.len());
    scans.iter().for_each(|scan| scan.tell_clean(machine, &written));
}

/// The scans of inactive lists, and the pages that were written.
fn read_scans(block: &Block<'_>) -> (Vec<Scan>, Vec<u64>) {
    let (mut scans, mut written, mut scan) = (Vec::new(), Vec::new(), None::<Scan>);
    for (_, text) in block.lines() {
        written.extend(text.strip_prefix("e pageout pfn=").and_then(first_number));
        if text.starts_with("e isolate ") {
            scan = Some(Scan::default());
        } else if let Some(pages) = text.strip_prefix("l isolated : ") {
            if let Some(scan) = &mut scan {
                scan.isolated = pages.split(' ').filter_map(|page| page.parse().ok()).collect();
            }
        } else if text.starts_with("e shrink_inactive ") {
            if let Some(mut done) = scan.take() {
                done.dirty = text.split(" dirty=").nth(1).and_then(first_number).unwrap_or_default();
                scans.push(done);
            }
        } else if text.starts_with("e shrink_") {
            scan = None;
        } else if let Some(scan) = &mut scan {
            scan.read(text);
        }
    }
    (scans, written)
}
