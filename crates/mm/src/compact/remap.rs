//! Those who refer to a page that moves: page tables, the page cache, the swap cache (`try_to_unmap`,
//! `migrate_page_move_mapping`, `remove_migration_ptes`, mm/rmap.c, mm/migrate.c).

use crate::event::Sink;
use crate::io::SwapSlot;
use crate::io::cache::Slot;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags};
use crate::pfn::{CpuId, Frame};
use crate::vmstat::{NodeItem, VmEvent, ZoneItem};

impl<S: Sink> Machine<S> {
    /// Gives the life of a page to another, and lets all who refer to it refer to that one. Its mappings begin as not
    /// accessed; what they had changed is noted on the page.
    pub(super) fn move_life(&mut self, cpu: CpuId, old: Frame, new: Frame) {
        self.remap(cpu, old, new);
        self.move_part_maps(old, new);
        let life = core::mem::take(self.mem.life_mut(old));
        *self.mem.life_mut(new) =
            Life { young: 0, next: Frame(0), prev: Frame(0), flags: life.flags - LifeFlags::ISOLATED, ..life };
        self.recache(new, &life);
        self.recount(cpu, old, new, &life);
        self.mem_cgroup_migrate(life.memcg, life.nr_pages());
    }

    /// Page tables.
    fn remap(&mut self, cpu: CpuId, old: Frame, new: Frame) {
        let life = *self.mem.life(old);
        if !life.is_mapped() {
            return;
        }
        for (place, pte) in self.every_place(old) {
            if pte.is_dirty() {
                self.set_page_dirty(cpu, old);
            }
            let offset = pte.frame().map_or(0, |frame| frame.0 - old.0);
            self.set_pte(place, pte.moved(new.add(offset)).old().clean());
        }
        // Where only is known how many there are: an anonymous page that can be swapped has been written.
        if !self.has_places(&life) && life.flags.contains(LifeFlags::ANON | LifeFlags::SWAPBACKED) {
            self.mem.life_mut(old).flags |= LifeFlags::DIRTY;
        }
        if life.flags.contains(LifeFlags::MLOCKED) {
            self.count_mlock_of_moved(&life);
        }
    }

    /// A locked page loses its last mapping for a moment (`clear_page_mlock`, `mlock_vma_page`).
    fn count_mlock_of_moved(&mut self, life: &Life) {
        let events = &mut self.global.events;
        events.add(VmEvent::UnevictablePgsCleared, life.nr_pages());
        if life.flags.contains(LifeFlags::UNEVICTABLE) {
            events.add(VmEvent::UnevictablePgsStranded, life.nr_pages());
        }
        events.add(VmEvent::UnevictablePgsMlocked, life.nr_pages());
    }

    /// The page cache or the swap cache.
    fn recache(&mut self, new: Frame, life: &Life) {
        if life.flags.contains(LifeFlags::SWAPCACHE) {
            self.move_in_swap_cache(SwapSlot(life.private), new);
        } else if !life.flags.contains(LifeFlags::ANON) {
            self.set_cache_slot(new, life.mapping, life.index, Slot::Page(new));
        }
    }

    /// Counters of nodes and zones, where these differ.
    fn recount(&mut self, cpu: CpuId, old: Frame, new: Frame, life: &Life) {
        let (Some(from), Some(to)) = (self.mem.zone_of(old), self.mem.zone_of(new)) else { return };
        if from == to {
            return;
        }
        let pages = life.nr_pages() as i64;
        let anon = life.flags.contains(LifeFlags::ANON);
        let dirty = life.flags.contains(LifeFlags::DIRTY) && life.counts_as_dirty();
        let shmem = life.flags.contains(LifeFlags::SWAPBACKED) && !life.flags.contains(LifeFlags::SWAPCACHE);
        let whole = life.nr_pages() > 1 && self.compound_mapcount(new) > 0;
        let mapped = self.mapped_pages(new) as i64;
        for (zone, sign) in [(from, -1), (to, 1)].into_iter().filter(|_| anon) {
            self.mod_lruvec_state(cpu, life.memcg, zone.node(), NodeItem::AnonPages, sign * mapped);
            let huge = sign * i64::from(whole);
            self.mod_lruvec_state(cpu, life.memcg, zone.node(), NodeItem::AnonTransparentHugepages, huge);
        }
        let items = [
            (NodeItem::FilePages, life.is_cached()),
            (NodeItem::Shmem, !anon && shmem),
            (NodeItem::Mapped, !anon && life.is_mapped()),
            (NodeItem::Dirty, dirty),
        ];
        for (item, _) in items.into_iter().filter(|&(_, counts)| counts) {
            self.mod_lruvec_state(cpu, life.memcg, from.node(), item, -pages);
            self.mod_lruvec_state(cpu, life.memcg, to.node(), item, pages);
        }
        for (item, _) in [(ZoneItem::WritePending, dirty), (ZoneItem::Mlock, life.flags.contains(LifeFlags::MLOCKED))]
            .into_iter()
            .filter(|&(_, counts)| counts)
        {
            self.lock(from, cpu).mod_state(item, -pages);
            self.lock(to, cpu).mod_state(item, pages);
        }
    }
}
