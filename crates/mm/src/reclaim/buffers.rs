//! What file systems keep with a page: buffer heads, above all. To free the page they have to be dropped.

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame, Order};

impl<S: Sink> Machine<S> {
    /// Drops file-system data such as buffers from a page (`try_to_release_page`). Says whether that was possible:
    /// dirty buffers and those in use stay. Slabs that this empties are added to `reclaimed_slab`.
    pub(super) fn try_to_release_page(&mut self, cpu: CpuId, page: Frame, reclaimed_slab: &mut u64) -> bool {
        if self.mem.life(page).flags.intersects(LifeFlags::DIRTY | LifeFlags::WRITEBACK) {
            return false;
        }
        let release = self.reclaim_script.release(page.0);
        if release.refused {
            return false;
        }
        for pfn in release.freed {
            // A script may name pages that are free already: what is then missing shows when the lists are compared.
            let _ = self.free_pages(cpu, pfn, Order::default());
            *reclaimed_slab += 1;
        }
        self.mem.life_mut(page).flags -= LifeFlags::PRIVATE;
        true
    }
}
