//! Nodes and zones.

use super::{Part, Wanted, blank};
use buddyscope_mm::pfn::{MAX_NUMNODES, NodeId, ZoneId, ZoneType};
use winnow::Parser;
use winnow::ascii::dec_uint;
use winnow::token::take_while;

/// A node and the name of one of its zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) node: NodeId,
    pub(crate) zone: &'a str,
}

impl Place<'_> {
    /// The zone, if the model has zones of that name.
    pub(crate) fn id(&self) -> Option<ZoneId> {
        let zone = ZoneType::ALL.into_iter().find(|zone| zone.name() == self.zone)?;
        Some(ZoneId::new(self.node, zone))
    }
}

/// A node's number.
pub(crate) fn node(input: &mut &str) -> Part<NodeId> {
    dec_uint
        .verify(|&node: &u16| usize::from(node) < MAX_NUMNODES)
        .map(|node: u16| NodeId(node as u8))
        .context(Wanted("node", "a node's number below 64"))
        .parse_next(input)
}

/// `Node 0, zone      DMA`.
pub(crate) fn node_zone<'a>(input: &mut &'a str) -> Part<Place<'a>> {
    let zone = take_while(1.., |c: char| c.is_ascii_alphanumeric()).context(Wanted("zone", "a zone's name"));
    let (_, _, node, _, _, zone) = (
        "Node".context(Wanted("node", "`Node`")),
        blank,
        node,
        ", zone".context(Wanted("zone", "`, zone`")),
        blank,
        zone,
    )
        .parse_next(input)?;
    Ok(Place { node, zone })
}
