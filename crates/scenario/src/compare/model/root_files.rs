//! Pages that are there before the load: files of the root file system, which is a tmpfs that was unpacked at boot.
//!
//! /proc/vmstat says that nearly all pages on LRU lists are such (`nr_shmem` 654, `nr_anon_pages` 26). Which list a page
//! is on the state does not tell; as many as the counters say are active.

use super::observer::Observer;
use crate::recording::StateFile;
use buddyscope_mm::io::{FileSpec, Storage};
use buddyscope_mm::lru::{LruIndex, LruPage};

use buddyscope_mm::pfn::{CpuId, Pfn};
use buddyscope_mm::restore::RestoreError;
use buddyscope_mm::{LifeFlags, Machine, MemcgId};

/// Makes those pages a file's.
pub(super) fn restore(machine: &mut Machine<Observer>, start: &StateFile) -> Result<(), RestoreError> {
    if !start.lruvecs.is_empty() {
        return Ok(());
    }
    for zone in &start.zones {
        let [inactive, active] = [zone.lru_counts[0], zone.lru_counts[1]];
        let pages = (inactive + active) as usize;
        let file = machine.add_file(FileSpec { pages: pages as u32, storage: Storage::Shmem, read_ahead: 0 });
        let listed = zone.lru.iter().flat_map(|range| range.start.0..range.end.0).map(Pfn);
        for (n, pfn) in listed.take(pages).enumerate() {
            let lru = if (n as u64) < active { LruIndex::ActiveAnon } else { LruIndex::InactiveAnon };
            // Nothing but memory has what they contain.
            let flags = LifeFlags::SWAPBACKED | LifeFlags::DIRTY;
            let page = LruPage { pfn, flags, mapcount: 0, young: 0 };
            machine.restore_lru_page(MemcgId::ROOT, zone.id.node(), lru, page)?;
            machine.restore_cached_page(CpuId(0), pfn, file, n as u32)?;
        }
    }
    Ok(())
}
