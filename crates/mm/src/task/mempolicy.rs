//! Memory policies: on which nodes a task wants its pages (mm/mempolicy.c, v5.10).

use super::nodemap::{next_node_in, node_of_rank, node_remap, nodes_remap, relative_nodes};
use crate::gfp::{Gfp, gfp_zone};
use crate::pfn::{NodeId, NodeMask, ZoneType};
use thiserror::Error;

/// The mode asked for with `set_mempolicy` (`MPOL_*`, include/uapi/linux/mempolicy.h).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum PolicyMode {
    /// No policy: near the CPU (`MPOL_DEFAULT`).
    Default = 0,
    /// One node first, any other after it (`MPOL_PREFERRED`).
    Preferred = 1,
    /// Only these nodes (`MPOL_BIND`).
    Bind = 2,
    /// These nodes in turn (`MPOL_INTERLEAVE`).
    Interleave = 3,
    /// Near the CPU, as a policy of its own (`MPOL_LOCAL`).
    Local = 4,
}

impl PolicyMode {
    /// The mode with this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<PolicyMode> {
        Some(match number {
            0 => PolicyMode::Default,
            1 => PolicyMode::Preferred,
            2 => PolicyMode::Bind,
            3 => PolicyMode::Interleave,
            4 => PolicyMode::Local,
            _ => return None,
        })
    }
}

bitflags::bitflags! {
    /// How a policy follows its cpuset, and what the kernel notes about it.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct PolicyFlags: u16 {
        /// Near the CPU (`MPOL_F_LOCAL`); set by the kernel.
        const LOCAL = 0x2;
        /// Nodes are ranks within the cpuset (`MPOL_F_RELATIVE_NODES`).
        const RELATIVE_NODES = 0x4000;
        /// Nodes are meant as they are (`MPOL_F_STATIC_NODES`).
        const STATIC_NODES = 0x8000;
    }
}

/// Why a policy was refused; the kernel says `EINVAL` to all of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// The default policy takes no nodes.
    #[error("the default policy takes no nodes, but nodes {0:#x} were given")]
    DefaultWithNodes(u64),
    /// `MPOL_LOCAL` takes neither nodes nor flags.
    #[error("the local policy takes neither nodes nor the static or relative flag")]
    LocalWithNodesOrFlags,
    /// The mode needs nodes, or needs them because of its flags.
    #[error("this policy needs at least one node")]
    NoNodes,
    /// Both the static and the relative flag.
    #[error("a policy's nodes are static or relative, not both")]
    StaticAndRelative,
    /// A flag that a caller cannot set.
    #[error("flags {0:#x} cannot be asked for; 0x8000 (static) and 0x4000 (relative) can")]
    UnknownFlags(u16),
    /// None of the nodes is allowed and has memory.
    #[error("none of the nodes {nodes:#x} is both allowed ({allowed:#x}) and has memory")]
    NoneAllowed {
        /// The nodes asked for.
        nodes: u64,
        /// The task's allowed nodes that have memory.
        allowed: u64,
    },
}

/// Where a policy sends requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placement {
    /// To the CPU's node.
    Local,
    /// To this node first.
    Preferred(NodeId),
    /// Only to these nodes.
    Bind(NodeMask),
    /// To these nodes in turn.
    Interleave(NodeMask),
}

/// What a policy is bound again from when the cpuset's nodes change (`w` of `struct mempolicy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// The allowed nodes that the present nodes were chosen in (`cpuset_mems_allowed`).
    Follows(NodeMask),
    /// The user's nodes, meant as they are (`user_nodemask` with `MPOL_F_STATIC_NODES`).
    Static(NodeMask),
    /// The user's nodes, meant as ranks (`user_nodemask` with `MPOL_F_RELATIVE_NODES`).
    Relative(NodeMask),
}

/// A stored policy (`struct mempolicy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mempolicy {
    /// Where requests go now.
    pub placement: Placement,
    /// What the placement follows from.
    pub binding: Binding,
}

/// What the machine's zones mean for policies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PolicyZones {
    /// The highest zone below Movable that has pages anywhere (`policy_zone`): requests for lower zones are not bound.
    pub policy_zone: ZoneType,
    /// Nodes with memory in zones below Movable (`N_NORMAL_MEMORY`).
    pub normal_memory: NodeMask,
}

impl Mempolicy {
    /// The policy for a request, or `None` for the default policy (`mpol_new`, `mpol_set_nodemask`).
    ///
    /// `n_memory` are the nodes with memory; `mems_allowed` those of the task's cpuset.
    ///
    /// # Errors
    /// Every [`PolicyError`], in the kernel's order of checks; the task keeps the policy it had.
    pub fn new(
        mode: PolicyMode,
        flags: PolicyFlags,
        user: NodeMask,
        mems_allowed: NodeMask,
        n_memory: NodeMask,
    ) -> Result<Option<Mempolicy>, PolicyError> {
        check_request(mode, flags, user)?;
        if mode == PolicyMode::Default {
            return Ok(None);
        }
        if user.is_empty() {
            return Ok(Some(Mempolicy { placement: Placement::Local, binding: Binding::Follows(NodeMask::EMPTY) }));
        }
        let allowed = mems_allowed & n_memory;
        let binding = Binding::new(flags, user, mems_allowed);
        let nodes = match binding {
            Binding::Relative(user) => relative_nodes(user, allowed),
            Binding::Static(_) | Binding::Follows(_) => user & allowed,
        };
        let Some(first) = nodes.first() else {
            return Err(PolicyError::NoneAllowed { nodes: user.0, allowed: allowed.0 });
        };
        let placement = match mode {
            PolicyMode::Bind => Placement::Bind(nodes),
            PolicyMode::Interleave => Placement::Interleave(nodes),
            PolicyMode::Default | PolicyMode::Preferred | PolicyMode::Local => Placement::Preferred(first),
        };
        Ok(Some(Mempolicy { placement, binding }))
    }

    /// Follows a change of the task's allowed nodes (`mpol_rebind_policy`).
    pub fn rebind(&mut self, mems: NodeMask) {
        match self.placement {
            Placement::Bind(nodes) => self.placement = Placement::Bind(self.rebound_nodes(nodes, mems)),
            Placement::Interleave(nodes) => self.placement = Placement::Interleave(self.rebound_nodes(nodes, mems)),
            Placement::Local | Placement::Preferred(_) => self.placement = self.rebound_preferred(mems),
        }
        // A local policy keeps no record of the nodes it was made among.
        if let (Binding::Follows(old), false) = (&mut self.binding, self.placement == Placement::Local) {
            *old = mems;
        }
    }

    /// `mpol_rebind_nodemask`: a policy never ends up without nodes.
    fn rebound_nodes(&self, nodes: NodeMask, mems: NodeMask) -> NodeMask {
        let rebound = match self.binding {
            Binding::Static(user) => user & mems,
            Binding::Relative(user) => relative_nodes(user, mems),
            Binding::Follows(old) => nodes_remap(nodes, old, mems),
        };
        if rebound.is_empty() { mems } else { rebound }
    }

    /// `mpol_rebind_preferred`.
    fn rebound_preferred(&self, mems: NodeMask) -> Placement {
        match (self.binding, self.placement) {
            (Binding::Static(user), _) => match user.first() {
                Some(first) if mems.contains(first) => Placement::Preferred(first),
                _ => Placement::Local,
            },
            (Binding::Relative(user), old) => relative_nodes(user, mems).first().map_or(old, Placement::Preferred),
            (Binding::Follows(old), Placement::Preferred(node)) => Placement::Preferred(node_remap(node, old, mems)),
            (Binding::Follows(_), other) => other,
        }
    }

    /// The node whose zonelist a request of a CPU on node `local` walks (`policy_node`).
    #[inline]
    #[must_use]
    pub fn node(&self, local: NodeId) -> NodeId {
        match self.placement {
            Placement::Preferred(node) => node,
            Placement::Local | Placement::Bind(_) | Placement::Interleave(_) => local,
        }
    }

    /// The nodes a request is limited to, if it is (`policy_nodemask`).
    #[inline]
    #[must_use]
    pub fn nodemask(&self, gfp: Gfp, zones: PolicyZones, mems_allowed: NodeMask) -> Option<NodeMask> {
        match self.placement {
            Placement::Bind(nodes) if zones.apply(nodes, gfp_zone(gfp)) && nodes.intersects(mems_allowed) => {
                Some(nodes)
            }
            _ => None,
        }
    }

    /// The nodes that an interleave policy takes in turn.
    #[inline]
    #[must_use]
    pub fn interleaved(&self) -> Option<NodeMask> {
        match self.placement {
            Placement::Interleave(nodes) => Some(nodes),
            _ => None,
        }
    }

    /// The mode as stored; local counts as preferred, as in the kernel.
    #[must_use]
    pub fn mode(&self) -> PolicyMode {
        match self.placement {
            Placement::Local | Placement::Preferred(_) => PolicyMode::Preferred,
            Placement::Bind(_) => PolicyMode::Bind,
            Placement::Interleave(_) => PolicyMode::Interleave,
        }
    }

    /// The flags as stored.
    #[must_use]
    pub fn flags(&self) -> PolicyFlags {
        let local = if self.placement == Placement::Local { PolicyFlags::LOCAL } else { PolicyFlags::empty() };
        local
            | match self.binding {
                Binding::Follows(_) => PolicyFlags::empty(),
                Binding::Static(_) => PolicyFlags::STATIC_NODES,
                Binding::Relative(_) => PolicyFlags::RELATIVE_NODES,
            }
    }
}

impl Binding {
    fn new(flags: PolicyFlags, user: NodeMask, mems_allowed: NodeMask) -> Binding {
        if flags.contains(PolicyFlags::STATIC_NODES) {
            Binding::Static(user)
        } else if flags.contains(PolicyFlags::RELATIVE_NODES) {
            Binding::Relative(user)
        } else {
            Binding::Follows(mems_allowed)
        }
    }

    /// The mask that is kept for binding again.
    #[must_use]
    pub fn nodes(self) -> NodeMask {
        match self {
            Binding::Follows(nodes) | Binding::Static(nodes) | Binding::Relative(nodes) => nodes,
        }
    }
}

impl PolicyZones {
    /// Whether a bind policy with these nodes holds for requests of this zone (`apply_policy_zone`). Nodes that have
    /// only movable memory bind only movable requests.
    #[inline]
    #[must_use]
    pub fn apply(self, nodes: NodeMask, zone: ZoneType) -> bool {
        let lowest = if nodes.intersects(self.normal_memory) { self.policy_zone } else { ZoneType::Movable };
        zone >= lowest
    }
}

/// The checks of `set_mempolicy` and `mpol_new` that need no machine.
fn check_request(mode: PolicyMode, flags: PolicyFlags, user: NodeMask) -> Result<(), PolicyError> {
    let settable = PolicyFlags::STATIC_NODES | PolicyFlags::RELATIVE_NODES;
    if !settable.contains(flags) {
        return Err(PolicyError::UnknownFlags(flags.difference(settable).bits()));
    }
    if flags == settable {
        return Err(PolicyError::StaticAndRelative);
    }
    match mode {
        PolicyMode::Default if !user.is_empty() => Err(PolicyError::DefaultWithNodes(user.0)),
        PolicyMode::Local if !user.is_empty() || !flags.is_empty() => Err(PolicyError::LocalWithNodesOrFlags),
        PolicyMode::Preferred if user.is_empty() && !flags.is_empty() => Err(PolicyError::NoNodes),
        PolicyMode::Bind | PolicyMode::Interleave if user.is_empty() => Err(PolicyError::NoNodes),
        _ => Ok(()),
    }
}

/// The next node of an interleave policy after `previous` (`interleave_nodes`). The caller stores it as the new
/// `il_prev`, whether the allocation succeeds or not.
#[inline]
#[must_use]
pub fn interleave_next(previous: Option<NodeId>, nodes: NodeMask) -> Option<NodeId> {
    next_node_in(previous, nodes)
}

/// The node of an interleave policy for a fixed offset into a mapping (`offset_il_node`); `local` if the set is empty.
#[must_use]
pub fn interleave_at(nodes: NodeMask, offset: u32, local: NodeId) -> NodeId {
    match nodes.weight() {
        0 => local,
        weight => node_of_rank(nodes, offset % weight).unwrap_or(local),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL4: NodeMask = NodeMask(0xf);

    fn policy(mode: PolicyMode, flags: PolicyFlags, user: u64, mems: u64) -> Result<Option<Mempolicy>, PolicyError> {
        Mempolicy::new(mode, flags, NodeMask(user), NodeMask(mems), ALL4)
    }

    fn placement(mode: PolicyMode, flags: PolicyFlags, user: u64, mems: u64) -> Option<Placement> {
        policy(mode, flags, user, mems).ok().flatten().map(|p| p.placement)
    }

    #[test]
    fn a_policy_keeps_the_allowed_part_of_its_nodes() {
        let none = PolicyFlags::empty();
        assert_eq!(placement(PolicyMode::Bind, none, 0xa, 0xf), Some(Placement::Bind(NodeMask(0xa))));
        assert_eq!(placement(PolicyMode::Interleave, none, 0x6, 0x5), Some(Placement::Interleave(NodeMask(0x4))));
        assert_eq!(placement(PolicyMode::Preferred, none, 0xc, 0xf), Some(Placement::Preferred(NodeId(2))));
        assert_eq!(placement(PolicyMode::Preferred, none, 0, 0xf), Some(Placement::Local));
        assert_eq!(placement(PolicyMode::Local, none, 0, 0xf), Some(Placement::Local));
        assert_eq!(policy(PolicyMode::Default, none, 0, 0xf), Ok(None));
        let relative = PolicyFlags::RELATIVE_NODES;
        assert_eq!(placement(PolicyMode::Bind, relative, 0x2, 0x5), Some(Placement::Bind(NodeMask(0x4))));
    }

    #[test]
    fn contradictory_policies_are_refused() {
        let none = PolicyFlags::empty();
        let fixed = PolicyFlags::STATIC_NODES;
        assert_eq!(policy(PolicyMode::Default, none, 1, 0xf), Err(PolicyError::DefaultWithNodes(1)));
        assert_eq!(policy(PolicyMode::Local, none, 1, 0xf), Err(PolicyError::LocalWithNodesOrFlags));
        assert_eq!(policy(PolicyMode::Local, fixed, 0, 0xf), Err(PolicyError::LocalWithNodesOrFlags));
        assert_eq!(policy(PolicyMode::Preferred, fixed, 0, 0xf), Err(PolicyError::NoNodes));
        assert_eq!(policy(PolicyMode::Bind, none, 0, 0xf), Err(PolicyError::NoNodes));
        assert_eq!(policy(PolicyMode::Bind, PolicyFlags::LOCAL, 1, 0xf), Err(PolicyError::UnknownFlags(2)));
        let both = fixed | PolicyFlags::RELATIVE_NODES;
        assert_eq!(policy(PolicyMode::Bind, both, 1, 0xf), Err(PolicyError::StaticAndRelative));
        let refused = PolicyError::NoneAllowed { nodes: 0xa, allowed: 0x5 };
        assert_eq!(policy(PolicyMode::Bind, none, 0xa, 0x5), Err(refused));
    }

    fn rebound(mode: PolicyMode, flags: PolicyFlags, user: u64, steps: &[u64]) -> Option<Placement> {
        let mut policy = policy(mode, flags, user, steps[0]).ok().flatten()?;
        for &mems in &steps[1..] {
            policy.rebind(NodeMask(mems));
        }
        Some(policy.placement)
    }

    #[test]
    fn policies_follow_their_cpuset_by_rank() {
        let none = PolicyFlags::empty();
        assert_eq!(rebound(PolicyMode::Preferred, none, 4, &[0x5, 0xf]), Some(Placement::Preferred(NodeId(1))));
        assert_eq!(rebound(PolicyMode::Bind, none, 0xa, &[0xf, 0x5]), Some(Placement::Bind(NodeMask(0x4))));
        assert_eq!(
            rebound(PolicyMode::Interleave, none, 0xf, &[0xf, 0x1, 0xf]),
            Some(Placement::Interleave(NodeMask(0x1))),
            "what was folded together stays together"
        );
    }

    #[test]
    fn static_and_relative_policies_start_from_the_users_nodes() {
        let fixed = PolicyFlags::STATIC_NODES;
        assert_eq!(rebound(PolicyMode::Bind, fixed, 0x6, &[0xf, 0x5]), Some(Placement::Bind(NodeMask(0x4))));
        assert_eq!(
            rebound(PolicyMode::Bind, fixed, 0x6, &[0xf, 0x9]),
            Some(Placement::Bind(NodeMask(0x9))),
            "none of its nodes is left, so all allowed ones"
        );
        assert_eq!(rebound(PolicyMode::Bind, fixed, 0x6, &[0xf, 0x9, 0xf]), Some(Placement::Bind(NodeMask(0x6))));
        assert_eq!(rebound(PolicyMode::Preferred, fixed, 0x4, &[0xf, 0x3]), Some(Placement::Local));
        assert_eq!(rebound(PolicyMode::Preferred, fixed, 0x4, &[0xf, 0x3, 0xf]), Some(Placement::Preferred(NodeId(2))));
        let relative = PolicyFlags::RELATIVE_NODES;
        assert_eq!(
            rebound(PolicyMode::Interleave, relative, 0x5, &[0xf, 0x5]),
            Some(Placement::Interleave(NodeMask(0x1)))
        );
    }

    #[test]
    fn bind_limits_only_requests_for_the_policy_zone() {
        let Ok(Some(bind)) = policy(PolicyMode::Bind, PolicyFlags::empty(), 0x2, 0xf) else { panic!("refused") };
        let zones = PolicyZones { policy_zone: ZoneType::Normal, normal_memory: ALL4 };
        assert_eq!(bind.nodemask(Gfp::GFP_KERNEL, zones, ALL4), Some(NodeMask(2)));
        assert_eq!(bind.nodemask(Gfp::GFP_DMA32, zones, ALL4), None, "a lower zone");
        assert_eq!(bind.nodemask(Gfp::GFP_KERNEL, zones, NodeMask(1)), None, "none of its nodes allowed");
        let movable_only = PolicyZones { normal_memory: NodeMask(1), ..zones };
        assert_eq!(bind.nodemask(Gfp::GFP_KERNEL, movable_only, ALL4), None, "nodes with movable memory alone");
        assert_eq!(bind.nodemask(Gfp::GFP_HIGHUSER_MOVABLE, movable_only, ALL4), Some(NodeMask(2)));
    }

    #[test]
    fn interleaving_at_an_offset_is_static() {
        assert_eq!(interleave_at(NodeMask(0b1011), 2, NodeId(0)), NodeId(3));
        assert_eq!(interleave_at(NodeMask(0b1011), 3, NodeId(9)), NodeId(0));
        assert_eq!(interleave_at(NodeMask::EMPTY, 3, NodeId(9)), NodeId(9));
    }
}
