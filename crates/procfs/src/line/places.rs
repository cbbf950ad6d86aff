//! The ways in which nodes and zones look.

use super::Codec;
use super::codec::word;
use buddyscope_mm::pfn::{MAX_NUMNODES, NodeId, NodeMask, ZoneType};
use std::fmt::{Display, Formatter, Result};

/// A zone's name.
pub(crate) struct ZoneName;

impl Codec<ZoneType> for ZoneName {
    fn write(zone: &ZoneType, f: &mut Formatter<'_>) -> Result {
        f.write_str(zone.name())
    }

    fn read(text: &str) -> Option<ZoneType> {
        ZoneType::ALL.into_iter().find(|zone| zone.name() == word(text))
    }
}

/// A node's number.
pub(crate) struct Node;

impl Codec<NodeId> for Node {
    fn write(node: &NodeId, f: &mut Formatter<'_>) -> Result {
        node.fmt(f)
    }

    fn read(text: &str) -> Option<NodeId> {
        word(text).parse().ok().filter(|&node: &u8| usize::from(node) < MAX_NUMNODES).map(NodeId)
    }
}

/// A set of nodes as ranges (`%*pbl`).
pub(crate) struct Nodes;

impl Codec<NodeMask> for Nodes {
    fn write(nodes: &NodeMask, f: &mut Formatter<'_>) -> Result {
        let mut separator = "";
        let mut left = *nodes;
        while let Some(first) = left.first() {
            let length = (left.0 >> first.0).trailing_ones() as usize;
            write!(f, "{separator}{first}")?;
            if length > 1 {
                write!(f, "-{}", first.index() + length - 1)?;
            }
            separator = ",";
            left = NodeMask(left.0 & u64::MAX.checked_shl((first.index() + length) as u32).unwrap_or(0));
        }
        Ok(())
    }

    fn read(text: &str) -> Option<NodeMask> {
        let text = word(text);
        if text.is_empty() {
            return Some(NodeMask::EMPTY);
        }
        text.split(',').try_fold(NodeMask::EMPTY, |nodes, range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last) = (Node::read(first)?, Node::read(last)?);
            let more = (first <= last).then(|| (first.0..=last.0).map(NodeId).collect::<NodeMask>())?;
            Some(nodes | more)
        })
    }
}

/// A set of nodes, or `(null)` for none given.
pub(crate) struct NodesOrNull;

impl Codec<Option<NodeMask>> for NodesOrNull {
    fn write(nodes: &Option<NodeMask>, f: &mut Formatter<'_>) -> Result {
        match nodes {
            Some(nodes) => Nodes::write(nodes, f),
            None => f.write_str("(null)"),
        }
    }

    fn read(text: &str) -> Option<Option<NodeMask>> {
        if word(text) == "(null)" { Some(None) } else { Nodes::read(text).map(Some) }
    }
}
