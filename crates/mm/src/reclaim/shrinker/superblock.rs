//! The dentries and inodes of a mounted file system that nobody uses (`super_cache_count`, `super_cache_scan`,
//! fs/super.c).

use super::scan::SlabRun;
use super::{DEFAULT_SEEKS, Freeable, Objects, ShrinkControl, Shrinker, ShrinkerFlags, ShrinkerId};
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::NodeId;
use crate::task::mm::FileId;
use std::collections::{BTreeMap, VecDeque};

/// Objects that a superblock's shrinker scans at once (`alloc_super`).
const BATCH: u64 = 1024;

bitflags::bitflags! {
    /// What becomes of an object when the shrinker comes to it.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct CachedFlags: u8 {
        /// Used of late: it gets another round (`DCACHE_REFERENCED`, `I_REFERENCED`).
        const REFERENCED = 1;
        /// In use again, or dirty: it leaves the list.
        const BUSY = 2;
    }
}

/// A dentry, or an inode with the file whose pages it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cached {
    /// What becomes of it.
    pub flags: CachedFlags,
    /// The file, if it is an inode whose page cache is modeled.
    pub file: Option<FileId>,
}

/// The lists of a group on a node, oldest first.
#[derive(Clone, Debug, Default)]
struct Lists {
    dentries: VecDeque<Cached>,
    inodes: VecDeque<Cached>,
}

/// A mounted file system.
#[derive(Clone, Debug, Default)]
pub(crate) struct Superblock {
    lists: BTreeMap<(MemcgId, NodeId), Lists>,
    /// Whether somebody mounts or unmounts it (`s_umount` is held).
    locked: bool,
}

/// Which of a superblock's lists an object is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CachedKind {
    /// A name (`s_dentry_lru`).
    Dentry,
    /// A file (`s_inode_lru`).
    Inode,
}

/// What is done with an object (`enum lru_status`).
enum Fate {
    /// Off the list; freed, or in use.
    Gone { freed: bool },
    /// To the end of the list.
    Rotate,
    /// Its page cache goes first; then it is looked at again.
    Retry(FileId),
}

impl Superblock {
    fn sizes(&self, sc: ShrinkControl) -> (u64, u64) {
        let lists = self.lists.get(&(sc.memcg, sc.node));
        lists.map_or((0, 0), |lists| (lists.dentries.len() as u64, lists.inodes.len() as u64))
    }

    /// Objects that could go, weighed by `vm.vfs_cache_pressure` (`super_cache_count`).
    pub(super) fn count(&self, sc: ShrinkControl, pressure: u32) -> Freeable {
        let (dentries, inodes) = self.sizes(sc);
        match dentries + inodes {
            0 => Freeable::Empty,
            total => Freeable::Objects(mult_frac(total, pressure.into(), 100)),
        }
    }

    fn list(&mut self, kind: CachedKind, sc: ShrinkControl) -> Option<&mut VecDeque<Cached>> {
        let lists = self.lists.get_mut(&(sc.memcg, sc.node))?;
        Some(match kind {
            CachedKind::Dentry => &mut lists.dentries,
            CachedKind::Inode => &mut lists.inodes,
        })
    }
}

/// A product with a fraction that keeps what division would lose (`mult_frac`).
fn mult_frac(n: u64, numerator: u64, denominator: u64) -> u64 {
    n / denominator * numerator + n % denominator * numerator / denominator
}

impl<S: Sink> Machine<S> {
    /// Mounts a file system without objects.
    pub fn register_superblock(&mut self) -> ShrinkerId {
        let flags = ShrinkerFlags::NUMA_AWARE | ShrinkerFlags::MEMCG_AWARE;
        let objects = Objects::Superblock(Superblock::default());
        self.register_shrinker(Shrinker::new("super_cache_scan", flags, DEFAULT_SEEKS, BATCH, objects))
    }

    /// Adds an object that is no longer in use (`d_lru_add`, `inode_lru_list_add`).
    pub fn add_cached(&mut self, id: ShrinkerId, kind: CachedKind, node: NodeId, memcg: MemcgId, object: Cached) {
        let Some(Objects::Superblock(sb)) = self.shrinkers.get_mut(id).map(|shrinker| &mut shrinker.objects) else {
            return;
        };
        let lists = sb.lists.entry((memcg, node)).or_default();
        match kind {
            CachedKind::Dentry => lists.dentries.push_back(object),
            CachedKind::Inode => lists.inodes.push_back(object),
        }
        self.shrinkers.of_memcg.insert((memcg, node, id));
    }

    /// Holds a superblock's lock, so that its shrinker cannot work, or lets it go (`s_umount`).
    pub fn lock_superblock(&mut self, id: ShrinkerId, locked: bool) {
        if let Some(sb) = self.superblock(id) {
            sb.locked = locked;
        }
    }

    fn superblock(&mut self, id: ShrinkerId) -> Option<&mut Superblock> {
        match &mut self.shrinkers.get_mut(id)?.objects {
            Objects::Superblock(sb) => Some(sb),
            _ => None,
        }
    }

    /// Looks at dentries and inodes in proportion to their numbers, and at one of each at least (`super_cache_scan`).
    pub(super) fn super_cache_scan(&mut self, run: &mut SlabRun<'_>, sc: ShrinkControl, n: u64) -> Option<u64> {
        let sb = self.superblock(sc.shrinker)?;
        if !run.gfp.contains(Gfp::FS) || sb.locked {
            return None;
        }
        let (dentries, inodes) = sb.sizes(sc);
        let total = dentries + inodes + 1;
        let (dentries, inodes) = (mult_frac(n, dentries, total), mult_frac(n, inodes, total));
        let freed = self.prune(run, sc, CachedKind::Dentry, dentries + 1);
        Some(freed + self.prune(run, sc, CachedKind::Inode, inodes + 1))
    }

    /// Walks a list from its oldest object on; each object looked at counts, also one that is looked at again
    /// (`__list_lru_walk_one`).
    fn prune(&mut self, run: &mut SlabRun<'_>, sc: ShrinkControl, kind: CachedKind, budget: u64) -> u64 {
        let mut freed = 0;
        for _ in 0..budget {
            let Some(list) = self.superblock(sc.shrinker).and_then(|sb| sb.list(kind, sc)) else { break };
            let last = list.len() == 1;
            let Some(&object) = list.front() else { break };
            let fate = self.isolate_cached(object);
            if let Fate::Retry(file) = fate {
                let dropped = self.invalidate_file(run.task.cpu, file);
                self.steal_from_inode(run.task, dropped);
                *run.reclaimed_slab += dropped;
            }
            let Some(list) = self.superblock(sc.shrinker).and_then(|sb| sb.list(kind, sc)) else { break };
            let Some(mut object) = list.pop_front() else { break };
            match fate {
                Fate::Gone { freed: gone } => freed += u64::from(gone),
                Fate::Rotate => {
                    object.flags -= CachedFlags::REFERENCED;
                    list.push_back(object);
                    // A walk ends with the last object, even if that has only moved.
                    if last {
                        break;
                    }
                }
                Fate::Retry(_) => list.push_front(object),
            }
        }
        freed
    }

    /// What is done with an object (`dentry_lru_isolate`, `inode_lru_isolate`).
    fn isolate_cached(&self, object: Cached) -> Fate {
        if object.flags.contains(CachedFlags::BUSY) {
            return Fate::Gone { freed: false };
        }
        if object.flags.contains(CachedFlags::REFERENCED) {
            return Fate::Rotate;
        }
        match object.file.filter(|&file| self.user.cached_pages(file) > 0) {
            Some(file) => Fate::Retry(file),
            None => Fate::Gone { freed: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{MachineConfig, PcSpec};
    use crate::event::NullSink;
    use crate::pfn::CpuId;
    use crate::task::Task;
    use crate::vmstat::VmEvent;

    const NODE: NodeId = NodeId(0);

    fn mounted(dentries: &[CachedFlags]) -> (Machine, ShrinkerId) {
        let config = PcSpec::uniform(1, 64 << 20, 1, 20).and_then(|spec| MachineConfig::pc(&spec));
        let mut machine = Machine::boot(&config.expect("a plain machine"), NullSink).expect("boots");
        let id = machine.register_superblock();
        for &flags in dentries {
            machine.add_cached(id, CachedKind::Dentry, NODE, MemcgId::ROOT, Cached { flags, file: None });
        }
        (machine, id)
    }

    /// Objects freed at the highest priority, and objects scanned.
    fn shrink(machine: &mut Machine, gfp: Gfp) -> (u64, u64) {
        let before = machine.vm_events().get(VmEvent::SlabsScanned);
        let task = Task::new(CpuId(0));
        let freed = machine.shrink_slab(&task, gfp, NODE, MemcgId::ROOT, 0, &mut 0);
        (freed, machine.vm_events().get(VmEvent::SlabsScanned) - before)
    }

    #[test]
    fn unused_names_go_in_one_batch() {
        let (mut machine, _) = mounted(&[CachedFlags::empty(); 100]);
        assert_eq!(shrink(&mut machine, Gfp::GFP_KERNEL), (100, 200));
        assert_eq!(shrink(&mut machine, Gfp::GFP_KERNEL), (0, 0));
    }

    #[test]
    fn a_request_that_must_not_enter_file_systems_frees_none() {
        let (mut machine, _) = mounted(&[CachedFlags::empty(); 100]);
        assert_eq!(shrink(&mut machine, Gfp::GFP_NOFS), (0, 0));
    }

    #[test]
    fn a_file_system_that_is_being_unmounted_is_left_alone() {
        let (mut machine, id) = mounted(&[CachedFlags::empty(); 100]);
        machine.lock_superblock(id, true);
        assert_eq!(shrink(&mut machine, Gfp::GFP_KERNEL).0, 0);
        machine.lock_superblock(id, false);
        assert_eq!(shrink(&mut machine, Gfp::GFP_KERNEL).0, 100);
    }

    #[test]
    fn referenced_names_get_another_round_and_busy_ones_leave_the_list() {
        let flags = [CachedFlags::REFERENCED, CachedFlags::BUSY, CachedFlags::empty()];
        let (mut machine, _) = mounted(&flags);
        // Six objects are to be looked at: the referenced one is met a second time and goes then.
        assert_eq!(shrink(&mut machine, Gfp::GFP_KERNEL), (2, 6));
    }

    #[test]
    fn a_walk_ends_with_the_last_object() {
        let (mut machine, _) = mounted(&[CachedFlags::REFERENCED]);
        assert_eq!(shrink(&mut machine, Gfp::GFP_KERNEL).0, 0);
        assert_eq!(shrink(&mut machine, Gfp::GFP_KERNEL).0, 1);
    }

    #[test]
    fn cache_pressure_weighs_the_count() {
        let (mut machine, id) = mounted(&[CachedFlags::empty(); 150]);
        let sc = ShrinkControl { shrinker: id, node: NODE, memcg: MemcgId::ROOT };
        let counts = [0, 50, 100, 1000].map(|pressure| machine.superblock(id).map(|sb| sb.count(sc, pressure)));
        assert_eq!(counts, [0, 75, 150, 1500].map(|objects| Some(Freeable::Objects(objects))));
        let elsewhere = ShrinkControl { memcg: MemcgId(1), ..sc };
        assert_eq!(machine.superblock(id).map(|sb| sb.count(elsewhere, 100)), Some(Freeable::Empty));
    }
}
