//! Memory policies as text: `bind:0,1`, `interleave:0-3`, `bind=static:2` and their like.

use super::error::FieldError;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{MAX_NUMNODES, NodeId, NodeMask};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};

/// Which function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// `alloc_pages`: the task's policy decides.
    Policy,
    /// `alloc_pages_node`: the caller names a node.
    Node(NodeId),
}

const EXPECTED: &str =
    "default, local, preferred:N, bind:LIST, interleave:LIST or node:N is expected, a list being as in 0,2-3";

/// Reads a policy and gives it to the task.
///
/// # Errors
/// [`FieldError`] about `policy` if the text is none, or names nodes that cannot be used.
pub(super) fn parse_policy<S: Sink>(text: &str, machine: &Machine<S>, task: &mut Task) -> Result<Target, FieldError> {
    let bad = |message: String| FieldError::new("policy", message);
    let (name, list) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
    let (name, flags) = policy_flags(name);
    let mode = match name {
        "" | "default" => PolicyMode::Default,
        "local" => PolicyMode::Local,
        "preferred" | "prefer" => PolicyMode::Preferred,
        "bind" => PolicyMode::Bind,
        "interleave" => PolicyMode::Interleave,
        "node" => {
            let nodes = parse_nodes(list).filter(|nodes| nodes.weight() == 1).and_then(NodeMask::first);
            let online = nodes.filter(|&node| machine.online_nodes().contains(node));
            return online.map(Target::Node).ok_or_else(|| bad(format!("`{text}` names no online node; {EXPECTED}")));
        }
        _ => return Err(bad(format!("`{text}` is no policy; {EXPECTED}"))),
    };
    let nodes = parse_nodes(list).ok_or_else(|| bad(format!("`{list}` is no list of nodes; {EXPECTED}")))?;
    let policy = Mempolicy::new(mode, flags, nodes, task.mems_allowed, machine.memory_nodes());
    task.set_policy(policy.map_err(|error| bad(error.to_string()))?);
    Ok(Target::Policy)
}

/// Splits off `=static` or `=relative`, as in tmpfs mount options.
fn policy_flags(name: &str) -> (&str, PolicyFlags) {
    match name.split_once('=') {
        Some((name, "static")) => (name, PolicyFlags::STATIC_NODES),
        Some((name, "relative")) => (name, PolicyFlags::RELATIVE_NODES),
        _ => (name, PolicyFlags::empty()),
    }
}

/// A list such as `0,2-3`; the empty set for empty text.
fn parse_nodes(list: &str) -> Option<NodeMask> {
    let mut nodes = NodeMask::EMPTY;
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u8, u8) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first > last || usize::from(last) >= MAX_NUMNODES {
            return None;
        }
        nodes = nodes | (first..=last).map(NodeId).collect();
    }
    Some(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_lists_are_as_the_kernel_prints_them() {
        assert_eq!(parse_nodes(""), Some(NodeMask::EMPTY));
        assert_eq!(parse_nodes("0,2-3"), Some(NodeMask(0b1101)));
        assert_eq!(parse_nodes(" 63 "), Some(NodeMask(1 << 63)));
        for bad in ["x", "1-", "3-1", "64", "0-64", "-1"] {
            assert_eq!(parse_nodes(bad), None, "{bad}");
        }
    }
}
