//! Cpusets: which nodes a group of tasks may use (kernel/cgroup/cpuset.c, v5.10).

use super::freq_meter::FreqMeter;
use super::{Task, TaskFlags};
use crate::gfp::Gfp;
use crate::pfn::{NodeId, NodeMask};
use thiserror::Error;

/// A cpuset of a [`CpusetTree`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[repr(transparent)]
pub struct CpusetId(u16);

impl CpusetId {
    /// The root, which every task starts in.
    pub const ROOT: CpusetId = CpusetId(0);

    /// Position in the tree's order of creation.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One group (`struct cpuset`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cpuset {
    /// Its name below its parent.
    pub name: String,
    /// The group above; `None` for the root.
    pub parent: Option<CpusetId>,
    /// The nodes written to it (`cpuset.mems`).
    pub mems_allowed: NodeMask,
    /// The nodes left of these by the groups above (`cpuset.effective_mems`).
    pub effective_mems: NodeMask,
    /// No sibling shares its nodes, and kernel requests stay within (`cpuset.mem_exclusive`).
    pub mem_exclusive: bool,
    /// Kernel requests stay within (`cpuset.mem_hardwall`).
    pub mem_hardwall: bool,
    /// Page-cache pages of its tasks go to all of its nodes in turn (`cpuset.memory_spread_page`).
    pub memory_spread_page: bool,
    /// How often its tasks have to reclaim (`cpuset.memory_pressure`).
    pub pressure: FreqMeter,
}

/// Why a change of the cpusets was refused; the tree stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CpusetError {
    /// No such cpuset (`ENOENT`).
    #[error("there is no cpuset number {0}")]
    Unknown(u16),
    /// No cpuset of that name (`ENOENT`).
    #[error("there is no cpuset `{0}`")]
    NoSuchName(String),
    /// The root's nodes follow the machine (`EACCES`).
    #[error("the root cpuset always has all nodes with memory")]
    RootIsReadOnly,
    /// Nodes that the root does not have (`EINVAL`).
    #[error("nodes {asked:#x} are not all among the nodes with memory, {available:#x}")]
    NoMemory {
        /// The nodes asked for.
        asked: u64,
        /// The nodes with memory.
        available: u64,
    },
    /// The parent lacks a node or is not exclusive (`EACCES`).
    #[error("cpuset `{0}` would have what its parent does not have")]
    BeyondParent(String),
    /// A child has a node or is exclusive (`EBUSY`).
    #[error("cpuset `{0}` still has what its parent would lose")]
    ChildHasIt(String),
    /// A sibling shares nodes, and one of the two is exclusive (`EINVAL`).
    #[error("cpuset `{0}` is or would be exclusive, but shares nodes with its sibling")]
    SiblingOverlap(String),
    /// Tasks would be left without nodes (`ENOSPC`).
    #[error("cpuset `{0}` has tasks and cannot be left without nodes")]
    TasksWithoutNodes(String),
    /// More cpusets than the model takes.
    #[error("there can be no more than 65535 cpusets")]
    TooMany,
}

/// All cpusets, on the legacy hierarchy unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpusetTree {
    sets: Vec<Cpuset>,
    unified: bool,
    memory_pressure_enabled: bool,
}

impl CpusetTree {
    /// The root alone, with the nodes that have memory. `unified` selects the rules of cgroup v2: a group's nodes need
    /// not be among its parent's, and an empty set means all of the parent's.
    #[must_use]
    pub fn new(n_memory: NodeMask, unified: bool) -> CpusetTree {
        let root = Cpuset {
            name: String::new(),
            parent: None,
            mems_allowed: n_memory,
            effective_mems: n_memory,
            mem_exclusive: true,
            mem_hardwall: false,
            memory_spread_page: false,
            pressure: FreqMeter::default(),
        };
        CpusetTree { sets: vec![root], unified, memory_pressure_enabled: false }
    }

    /// Whether the allocator looks at cpusets at all (`cpusets_enabled`): while any exists below the root.
    #[inline]
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.sets.len() > 1
    }

    /// A cpuset, if it exists.
    #[must_use]
    pub fn get(&self, id: CpusetId) -> Option<&Cpuset> {
        self.sets.get(id.index())
    }

    /// All cpusets, parents before children.
    pub fn iter(&self) -> impl Iterator<Item = (CpusetId, &Cpuset)> {
        (0u16..).map(CpusetId).zip(&self.sets)
    }

    /// Makes a cpuset below `parent`, with no nodes of its own yet (`cpuset_css_online`).
    ///
    /// # Errors
    /// [`CpusetError::Unknown`] parent, or [`CpusetError::TooMany`].
    pub fn create(&mut self, parent: CpusetId, name: &str) -> Result<CpusetId, CpusetError> {
        let above = self.checked(parent)?;
        let effective_mems = if self.unified { above.effective_mems } else { NodeMask::EMPTY };
        let id = u16::try_from(self.sets.len()).map_err(|_| CpusetError::TooMany)?;
        self.sets.push(Cpuset {
            name: name.to_owned(),
            parent: Some(parent),
            mems_allowed: NodeMask::EMPTY,
            effective_mems,
            mem_exclusive: false,
            mem_hardwall: false,
            memory_spread_page: above.memory_spread_page,
            pressure: FreqMeter::default(),
        });
        Ok(CpusetId(id))
    }

    /// Writes `cpuset.mems` and hands the result down to all tasks concerned, policies included (`update_nodemask`).
    ///
    /// # Errors
    /// Every [`CpusetError`] but `NoSuchName` and `TooMany`; nothing changes then.
    pub fn set_mems<'t>(
        &mut self,
        id: CpusetId,
        mems: NodeMask,
        tasks: impl IntoIterator<Item = &'t mut Task>,
    ) -> Result<(), CpusetError> {
        let available = self.sets[0].effective_mems;
        let trial = Cpuset { mems_allowed: mems, ..self.checked(id)?.clone() };
        if trial.parent.is_none() {
            return Err(CpusetError::RootIsReadOnly);
        }
        if (mems & available) != mems {
            return Err(CpusetError::NoMemory { asked: mems.0, available: available.0 });
        }
        let mut members: Vec<&mut Task> = tasks.into_iter().collect();
        let populated = members.iter().any(|task| task.cpuset == id);
        if populated && mems.is_empty() && !self.sets[id.index()].mems_allowed.is_empty() {
            return Err(CpusetError::TasksWithoutNodes(trial.name));
        }
        self.validate(id, &trial)?;
        self.sets[id.index()] = trial;
        for changed in self.update_effective() {
            let online = self.online_mems(changed);
            for task in members.iter_mut().filter(|task| task.cpuset == changed) {
                task.change_mems_allowed(online);
            }
        }
        Ok(())
    }

    /// Writes `cpuset.mem_exclusive` and `cpuset.mem_hardwall` (`update_flag`).
    ///
    /// # Errors
    /// [`CpusetError::Unknown`], [`CpusetError::BeyondParent`], [`CpusetError::ChildHasIt`] or
    /// [`CpusetError::SiblingOverlap`]; nothing changes then.
    pub fn set_walls(&mut self, id: CpusetId, mem_exclusive: bool, mem_hardwall: bool) -> Result<(), CpusetError> {
        let trial = Cpuset { mem_exclusive, mem_hardwall, ..self.checked(id)?.clone() };
        self.validate(id, &trial)?;
        self.sets[id.index()] = trial;
        Ok(())
    }

    /// Writes `cpuset.memory_spread_page`.
    ///
    /// # Errors
    /// [`CpusetError::Unknown`].
    pub fn set_spread_page(&mut self, id: CpusetId, spread: bool) -> Result<(), CpusetError> {
        self.checked(id)?;
        self.sets[id.index()].memory_spread_page = spread;
        Ok(())
    }

    /// Switches the pressure meters on (`cpuset.memory_pressure_enabled`).
    pub fn set_memory_pressure_enabled(&mut self, enabled: bool) {
        self.memory_pressure_enabled = enabled;
    }

    /// Notes that a task of the cpuset has to reclaim (`cpuset_memory_pressure_bump`). `now` is in seconds.
    pub(crate) fn memory_pressure_bump(&mut self, id: CpusetId, now: u64) {
        if self.memory_pressure_enabled
            && let Some(set) = self.sets.get_mut(id.index())
        {
            set.pressure.mark_event(now);
        }
    }

    /// Moves a task into a cpuset (`cpuset_attach`).
    ///
    /// # Errors
    /// [`CpusetError::Unknown`], or [`CpusetError::TasksWithoutNodes`] for a legacy cpuset without nodes.
    pub fn attach(&self, id: CpusetId, task: &mut Task) -> Result<(), CpusetError> {
        let set = self.checked(id)?;
        if !self.unified && set.mems_allowed.is_empty() {
            return Err(CpusetError::TasksWithoutNodes(set.name.clone()));
        }
        task.cpuset = id;
        task.change_mems_allowed(self.online_mems(id));
        Ok(())
    }

    /// Whether a task's request may use a node (`__cpuset_node_allowed`). With cpusets off, ask [`Self::is_enabled`]
    /// first.
    #[must_use]
    #[inline(never)]
    pub fn node_allowed(&self, task: &Task, node: NodeId, gfp: Gfp) -> bool {
        if task.context.in_interrupt() || task.mems_allowed.contains(node) || task.oom_victim {
            return true;
        }
        if gfp.contains(Gfp::HARDWALL) {
            return false;
        }
        task.flags.contains(TaskFlags::EXITING) || self.hardwall_mems(task.cpuset).contains(node)
    }

    /// A cookie to be handed to [`Self::mems_changed`] (`read_mems_allowed_begin`).
    #[inline]
    #[must_use]
    pub fn mems_cookie(&self, task: &Task) -> u32 {
        if self.is_enabled() { task.mems_allowed_seq } else { 0 }
    }

    /// Whether the task's nodes changed since the cookie was taken (`read_mems_allowed_retry`).
    #[inline]
    #[must_use]
    pub fn mems_changed(&self, task: &Task, cookie: u32) -> bool {
        self.is_enabled() && task.mems_allowed_seq != cookie
    }

    /// Whether the page cache of the task's pages is spread over its nodes (`cpuset_do_page_mem_spread`).
    #[must_use]
    pub fn spreads_pages(&self, task: &Task) -> bool {
        self.get(task.cpuset).is_some_and(|set| set.memory_spread_page)
    }

    /// The nodes with memory that a cpuset's tasks get (`guarantee_online_mems`): those of the nearest group upwards
    /// that has any.
    #[must_use]
    pub fn online_mems(&self, id: CpusetId) -> NodeMask {
        let root = self.sets[0].effective_mems;
        let nodes = self.upwards(id).map(|set| set.effective_mems & root);
        nodes.into_iter().find(|nodes| !nodes.is_empty()).unwrap_or(root)
    }

    /// The nodes that kernel requests of a cpuset's tasks may fall back to (`nearest_hardwall_ancestor`): those
    /// written to the nearest exclusive or hardwall group upwards, else the root's.
    fn hardwall_mems(&self, id: CpusetId) -> NodeMask {
        let mut sets = self.upwards(id);
        let wall = sets.find(|set| set.mem_exclusive || set.mem_hardwall);
        wall.map_or(self.sets[0].mems_allowed, |set| set.mems_allowed)
    }

    /// A cpuset and the ones above it, up to the root. Parents precede children in the table, so this ends.
    fn upwards(&self, id: CpusetId) -> impl Iterator<Item = &Cpuset> {
        core::iter::successors(self.get(id), |set| set.parent.and_then(|parent| self.get(parent)))
    }

    fn checked(&self, id: CpusetId) -> Result<&Cpuset, CpusetError> {
        self.get(id).ok_or(CpusetError::Unknown(id.0))
    }

    fn children(&self, of: CpusetId) -> impl Iterator<Item = (CpusetId, &Cpuset)> {
        self.iter().filter(move |(_, set)| set.parent == Some(of))
    }

    /// The rules a changed cpuset has to keep (`validate_change`).
    fn validate(&self, id: CpusetId, trial: &Cpuset) -> Result<(), CpusetError> {
        if let Some((_, child)) = self.children(id).find(|(_, child)| !is_subset(child, trial)) {
            return Err(CpusetError::ChildHasIt(child.name.clone()));
        }
        let Some(parent) = trial.parent else { return Ok(()) };
        if !self.unified && !is_subset(trial, self.checked(parent)?) {
            return Err(CpusetError::BeyondParent(trial.name.clone()));
        }
        let overlaps = |sibling: &Cpuset| {
            (trial.mem_exclusive || sibling.mem_exclusive) && trial.mems_allowed.intersects(sibling.mems_allowed)
        };
        match self.children(parent).find(|&(other, sibling)| other != id && overlaps(sibling)) {
            Some(_) => Err(CpusetError::SiblingOverlap(trial.name.clone())),
            None => Ok(()),
        }
    }

    /// Recomputes the effective nodes from the root down; returns the cpusets whose set changed
    /// (`update_nodemasks_hier`).
    fn update_effective(&mut self) -> Vec<CpusetId> {
        let mut changed = Vec::new();
        for index in 1..self.sets.len() {
            let set = &self.sets[index];
            let above = set.parent.map_or(NodeMask::EMPTY, |parent| self.sets[parent.index()].effective_mems);
            let mut effective = set.mems_allowed & above;
            if self.unified && effective.is_empty() {
                effective = above;
            }
            if effective != set.effective_mems {
                self.sets[index].effective_mems = effective;
                changed.push(CpusetId(index as u16));
            }
        }
        changed
    }
}

/// Whether `inner` has nothing that `outer` lacks (`is_cpuset_subset`, its memory half).
fn is_subset(inner: &Cpuset, outer: &Cpuset) -> bool {
    (inner.mems_allowed & outer.mems_allowed) == inner.mems_allowed && (outer.mem_exclusive || !inner.mem_exclusive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pfn::CpuId;
    use crate::task::Context;

    const ALL4: NodeMask = NodeMask(0xf);

    /// Root, exclusive `cs` with nodes 0-2, `a` with 0-1, `b` with 1; a task in `b`.
    fn nested() -> Result<(CpusetTree, Task, [CpusetId; 3]), CpusetError> {
        let mut tree = CpusetTree::new(ALL4, false);
        let cs = tree.create(CpusetId::ROOT, "cs")?;
        tree.set_mems(cs, NodeMask(0x7), [])?;
        tree.set_walls(cs, true, false)?;
        let a = tree.create(cs, "a")?;
        tree.set_mems(a, NodeMask(0x3), [])?;
        let b = tree.create(a, "b")?;
        tree.set_mems(b, NodeMask(0x2), [])?;
        let mut task = Task::new(CpuId(0));
        tree.attach(b, &mut task)?;
        Ok((tree, task, [cs, a, b]))
    }

    #[test]
    fn cpusets_count_only_while_one_exists_below_the_root() -> Result<(), CpusetError> {
        let mut tree = CpusetTree::new(ALL4, false);
        let mut task = Task::new(CpuId(0));
        assert!(!tree.is_enabled());
        let cookie = tree.mems_cookie(&task);
        task.change_mems_allowed(NodeMask(1));
        assert!(!tree.mems_changed(&task, cookie));
        tree.create(CpusetId::ROOT, "cs")?;
        assert!(tree.is_enabled() && tree.mems_changed(&task, cookie));
        Ok(())
    }

    #[test]
    fn kernel_requests_may_escape_as_far_as_the_hardwall() -> Result<(), CpusetError> {
        let (tree, task, _) = nested()?;
        let allowed = |gfp| -> NodeMask { ALL4.iter().filter(|&n| tree.node_allowed(&task, n, gfp)).collect() };
        assert_eq!(allowed(Gfp::GFP_USER), NodeMask(0x2));
        assert_eq!(allowed(Gfp::GFP_KERNEL), NodeMask(0x7));
        Ok(())
    }

    #[test]
    fn interrupts_victims_and_dying_tasks_are_let_out() -> Result<(), CpusetError> {
        let (tree, task, _) = nested()?;
        let node = NodeId(3);
        let interrupt = Task { context: Context::Softirq, ..task.clone() };
        assert!(tree.node_allowed(&interrupt, node, Gfp::GFP_USER));
        let victim = Task { oom_victim: true, ..task.clone() };
        assert!(tree.node_allowed(&victim, node, Gfp::GFP_USER));
        let exiting = Task { flags: TaskFlags::EXITING, ..task };
        assert!(tree.node_allowed(&exiting, node, Gfp::GFP_KERNEL));
        assert!(!tree.node_allowed(&exiting, node, Gfp::GFP_USER));
        Ok(())
    }

    #[test]
    fn changed_nodes_reach_the_tasks() -> Result<(), CpusetError> {
        let (mut tree, mut task, [_, _, b]) = nested()?;
        let cookie = tree.mems_cookie(&task);
        tree.set_mems(b, NodeMask(0x1), [&mut task])?;
        assert_eq!(task.mems_allowed, NodeMask(0x1));
        assert!(tree.mems_changed(&task, cookie));
        Ok(())
    }

    #[test]
    fn refused_changes_change_nothing() -> Result<(), CpusetError> {
        let (mut tree, mut task, [cs, a, b]) = nested()?;
        let before = tree.clone();
        assert_eq!(tree.set_mems(CpusetId::ROOT, NodeMask(1), []), Err(CpusetError::RootIsReadOnly));
        let beyond = CpusetError::NoMemory { asked: 0x10, available: 0xf };
        assert_eq!(tree.set_mems(cs, NodeMask(0x10), []), Err(beyond));
        assert_eq!(tree.set_mems(b, NodeMask(0x4), []), Err(CpusetError::BeyondParent("b".into())));
        assert_eq!(tree.set_mems(a, NodeMask(0x1), []), Err(CpusetError::ChildHasIt("b".into())));
        let bare = CpusetError::TasksWithoutNodes("b".into());
        assert_eq!(tree.set_mems(b, NodeMask::EMPTY, [&mut task]), Err(bare));
        assert_eq!(tree.set_walls(b, true, false), Err(CpusetError::BeyondParent("b".into())));
        assert_eq!(tree.attach(CpusetId(9), &mut task), Err(CpusetError::Unknown(9)));
        assert_eq!(tree, before);
        Ok(())
    }

    #[test]
    fn exclusive_cpusets_share_no_nodes_with_siblings() -> Result<(), CpusetError> {
        let (mut tree, _, _) = nested()?;
        let other = tree.create(CpusetId::ROOT, "other")?;
        assert_eq!(tree.set_mems(other, NodeMask(0x4), []), Err(CpusetError::SiblingOverlap("other".into())));
        tree.set_mems(other, NodeMask(0x8), [])
    }

    #[test]
    fn an_empty_unified_cpuset_inherits() -> Result<(), CpusetError> {
        let mut tree = CpusetTree::new(ALL4, true);
        let cs = tree.create(CpusetId::ROOT, "cs")?;
        tree.set_mems(cs, NodeMask(0x6), [])?;
        let inner = tree.create(cs, "inner")?;
        tree.set_mems(inner, NodeMask(0x9), [])?;
        assert_eq!(tree.online_mems(inner), NodeMask(0x6), "nothing in common, so all of the parent's");
        Ok(())
    }
}
