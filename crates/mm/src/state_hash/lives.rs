//! The part of page tables, of files' pages, of swap and of contiguous areas in a machine's hash. A machine on which nobody ever lived adds
//! nothing.

use super::Fnv;
use crate::event::Sink;
use crate::io::cache::{PageCache, Slot};
use crate::machine::Machine;

/// What begins the words of an address space, of a file's pages, of a swap area, of a page taken from a contiguous area.
const SPACE: u64 = 1 << 60;
const FILE: u64 = 2 << 60;
const SWAP: u64 = 3 << 60;
const AREA: u64 = 4 << 60;

impl<S: Sink> Machine<S> {
    pub(super) fn hash_lives(&self, hash: &mut Fnv) {
        for (id, space) in self.user.mms.iter() {
            hash.words([SPACE | u64::from(id.0), space.users.into(), space.next, space.swapents]);
            hash.words(space.rss);
            hash.words(space.table.words().flatten());
        }
        for (id, mapping) in self.user.mappings.iter() {
            hash.word(FILE | u64::from(id.0));
            hash_cache(hash, &mapping.cache);
        }
        for (n, area) in self.swap.areas.iter().enumerate() {
            hash.word(SWAP | n as u64);
            hash_cache(hash, &area.cache);
        }
        for (slot, entries, cached) in self.swap.used() {
            hash.word(u64::from(slot.0) << 32 | u64::from(entries) << 1 | u64::from(cached));
        }
        for area in self.cma_areas() {
            hash.words(area.words().map(|word| AREA | word));
        }
    }
}

fn hash_cache(hash: &mut Fnv, cache: &PageCache) {
    for (index, slot) in cache.from(0) {
        let (kind, what) = match slot {
            Slot::Empty => (0, 0),
            Slot::Page(frame) => (1, u64::from(frame.0)),
            Slot::Shadow(shadow) => (2, shadow),
            Slot::Swap(slot) => (3, u64::from(slot)),
        };
        hash.words([u64::from(index) << 2 | kind, what]);
    }
}

#[cfg(test)]
mod tests {
    use crate::compact::testing::{CPU, machine};
    use crate::io::cache::Slot;
    use crate::io::{DeviceId, FileSpec, Storage};
    use crate::task::Task;
    use crate::task::mm::VmFlags;
    use crate::user::{MapSpec, PageFault, ProcessSpec};

    #[test]
    fn what_a_file_has_in_memory_counts_and_what_remains_of_it() {
        let mut machine = machine();
        let before = machine.state_hash();
        let file = FileSpec { pages: 10, storage: Storage::Disk(DeviceId(0)), read_ahead: 0 };
        let file = machine.add_file(file);
        let mapping = machine.file(file).expect("a file").mapping;
        let empty = machine.state_hash();
        assert_ne!(empty, before);
        let mut set = |slot| {
            machine.user.mappings.get_mut(mapping).expect("its pages").cache.set(3, slot);
            machine.state_hash()
        };
        let (one, other) = (set(Slot::Shadow(77)), set(Slot::Shadow(78)));
        assert!(one != empty && one != other);
        assert_eq!(set(Slot::Empty), empty);
    }

    #[test]
    fn entries_of_page_tables_count() {
        let mut machine = machine();
        let mut task = Task::new(CPU);
        let pid = machine.start_process(ProcessSpec::default(), &mut task);
        let spec = MapSpec { pages: 8, flags: VmFlags::WRITE, ..MapSpec::default() };
        let vma = machine.mmap(pid, spec).expect("a mapping");
        let _ = PageFault::new(pid, vma, 0, false).resume(&mut machine, &mut task);
        let mut other = machine.clone();
        assert_eq!(other.state_hash(), machine.state_hash());
        let mm = other.user.processes.get(pid).and_then(|process| process.mm).expect("an address space");
        let table = &mut other.user.mms.get_mut(mm).expect("it").table;
        let (page, pte) = table.next_used(0, u64::MAX).expect("an entry");
        table.set(page, pte.dirty());
        assert_ne!(other.state_hash(), machine.state_hash());
    }
}
