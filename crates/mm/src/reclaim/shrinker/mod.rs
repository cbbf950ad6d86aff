//! Slab shrinkers: caches of kernel objects that give some back under pressure (mm/vmscan.c, include/linux/shrinker.h).

mod drop_caches;
mod huge;
mod scan;
mod scripted;
mod shadow;
mod superblock;
mod user;

pub use scripted::{Gain, Moment, ScriptedCall};
pub use superblock::{Cached, CachedFlags, CachedKind};
pub use user::UserCache;

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::part::Part;
use crate::pfn::NodeId;
use scripted::Script;
pub(crate) use shadow::ShadowNodes;
use std::collections::BTreeSet;
use superblock::Superblock;

/// Objects scanned at once by a shrinker that names no other number (`SHRINK_BATCH`, mm/vmscan.c).
const SHRINK_BATCH: u64 = 128;
/// What it takes to make an object again, for a shrinker that does not say (`DEFAULT_SEEKS`, include/linux/shrinker.h).
pub const DEFAULT_SEEKS: u32 = 2;

/// A shrinker by the order in which it was registered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ShrinkerId(pub u16);

bitflags::bitflags! {
    /// What a shrinker tells apart (`SHRINKER_*`, include/linux/shrinker.h, v5.10).
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct ShrinkerFlags: u8 {
        /// Objects of each node.
        const NUMA_AWARE = 1;
        /// Objects of each memory cgroup.
        const MEMCG_AWARE = 2;
        /// It also runs for groups while kernel memory is not accounted to them.
        const NONSLAB = 4;
    }
}

/// What a shrinker's objects are.
#[derive(Clone, Debug)]
pub(crate) enum Objects {
    /// A cache that a user describes.
    User(UserCache),
    /// Dentries and inodes of a file system.
    Superblock(Superblock),
    /// Nodes of page caches in which only remains of pages are left.
    ShadowNodes,
    /// Huge pages parts of which nobody maps.
    PartlyMapped,
    /// The huge page of zeros.
    HugeZeroPage,
    /// What a recording says.
    Scripted(Script),
}

/// A shrinker (`struct shrinker`).
#[derive(Clone, Debug)]
pub(crate) struct Shrinker {
    /// Its scan function, which traces name it by.
    name: String,
    flags: ShrinkerFlags,
    /// 0 for objects that cost no I/O to make again.
    seeks: u32,
    /// Objects scanned at once.
    batch: u64,
    /// Work left for later by node, all groups together (`nr_deferred`).
    nr_deferred: Vec<i64>,
    objects: Objects,
}

impl Shrinker {
    /// One that has put off nothing. A batch of 0 stands for the default.
    fn new(name: &str, flags: ShrinkerFlags, seeks: u32, batch: u64, objects: Objects) -> Shrinker {
        let batch = if batch == 0 { SHRINK_BATCH } else { batch };
        Shrinker { name: name.to_owned(), flags, seeks, batch, nr_deferred: Vec::new(), objects }
    }

    /// The place of a node's deferred work.
    fn deferred_mut(&mut self, node: NodeId) -> Option<&mut i64> {
        let at = if self.flags.contains(ShrinkerFlags::NUMA_AWARE) { node.index() } else { 0 };
        self.nr_deferred.get_mut(at)
    }
}

/// What a call is about (`struct shrink_control`).
#[derive(Clone, Copy, Debug)]
struct ShrinkControl {
    shrinker: ShrinkerId,
    node: NodeId,
    memcg: MemcgId,
}

/// What a shrinker says that it could free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Freeable {
    /// It has no object at all (`SHRINK_EMPTY`).
    Empty,
    /// So many; 0 asks to be passed over.
    Objects(u64),
}

/// Every shrinker, in the order of registration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shrinkers {
    list: Part<Vec<Shrinker>>,
    /// Which shrinkers may have objects of a group on a node (`memcg_shrinker_map`).
    of_memcg: Part<BTreeSet<(MemcgId, NodeId, ShrinkerId)>>,
    /// How often they were asked.
    calls: u64,
}

impl Shrinkers {
    /// Work that shrinkers have put off, for hashing.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        self.list.iter().flat_map(|shrinker| shrinker.nr_deferred.iter().map(|&deferred| deferred as u64))
    }

    /// Forgets which shrinkers have objects of a group that is gone.
    pub(crate) fn forget_memcg(&mut self, memcg: MemcgId) {
        self.of_memcg.retain(|key| key.0 != memcg);
    }

    fn get_mut(&mut self, id: ShrinkerId) -> Option<&mut Shrinker> {
        self.list.get_mut(usize::from(id.0))
    }
}

/// What can be told of a shrinker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShrinkerState<'a> {
    /// Its name.
    pub name: &'a str,
    /// Objects of a cache that a user describes.
    pub objects: u64,
    /// Objects of it that were freed so far.
    pub freed: u64,
    /// Work put off for later, all nodes together.
    pub deferred: i64,
}

impl<S: Sink> Machine<S> {
    /// Adds a shrinker behind all others (`register_shrinker`).
    fn register_shrinker(&mut self, mut shrinker: Shrinker) -> ShrinkerId {
        let places = if shrinker.flags.contains(ShrinkerFlags::NUMA_AWARE) { self.nodes.len() } else { 1 };
        shrinker.nr_deferred = vec![0; places];
        self.shrinkers.list.push(shrinker);
        ShrinkerId((self.shrinkers.list.len() - 1) as u16)
    }

    /// Every shrinker, in the order of registration.
    pub fn shrinker_states(&self) -> impl Iterator<Item = ShrinkerState<'_>> {
        self.shrinkers.list.iter().map(|shrinker| ShrinkerState {
            name: &shrinker.name,
            objects: match &shrinker.objects {
                Objects::User(cache) => cache.objects.iter().sum(),
                _ => 0,
            },
            freed: match &shrinker.objects {
                Objects::User(cache) => cache.freed,
                _ => 0,
            },
            deferred: shrinker.nr_deferred.iter().sum(),
        })
    }

    /// The cache that a user describes, if the shrinker is over one.
    fn user_cache(&mut self, id: ShrinkerId) -> Option<&mut UserCache> {
        match &mut self.shrinkers.get_mut(id)?.objects {
            Objects::User(cache) => Some(cache),
            _ => None,
        }
    }

    /// The name of a shrinker's scan function.
    #[must_use]
    pub fn shrinker_name(&self, id: ShrinkerId) -> Option<&str> {
        self.shrinkers.list.get(usize::from(id.0)).map(|shrinker| shrinker.name.as_str())
    }
}
