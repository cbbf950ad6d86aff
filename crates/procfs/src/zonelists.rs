//! The order in which zones are tried, as the kernel logs it (`mminit_verify_zonelist`, mm/mm_init.c).

use crate::grammar::{Part, blank, node};
use crate::zones_of;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{NodeId, ZoneId, ZoneType};
use buddyscope_mm::zone::Node;
use buddyscope_mm::zone::zonelist::Zonelist;
use std::fmt::{Display, Formatter, Result as FmtResult};
use winnow::Parser;
use winnow::ascii::{alphanumeric1, space0};
use winnow::combinator::{alt, repeat, separated_pair, terminated};

/// A line of the log: the zones that a kind of request tries, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedZonelist {
    /// Whether it is for requests that may use other nodes; others have `__GFP_THISNODE`.
    pub general: bool,
    /// The node that is asked first.
    pub node: NodeId,
    /// The highest zone that the request may use.
    pub highest: ZoneType,
    /// The zones, first to last.
    pub zones: Vec<ZoneId>,
}

/// The zonelists of every online node as the kernel logs them with `mminit_loglevel=3`: a line for each populated zone
/// that a request may want at most, `general` for ordinary requests and `thisnode` for those with `__GFP_THISNODE`.
///
/// The kernel logs nothing for a node without memory; here it has the two lines of a request that may use any zone.
#[must_use]
pub fn zonelists<S: Sink>(machine: &Machine<S>) -> String {
    let mut text = String::new();
    for node in machine.online_nodes().iter() {
        let wanted = wanted_zones(machine, node);
        let node = &machine.nodes()[node.index()];
        for (general, list) in [(true, &node.fallback), (false, &node.nofallback)] {
            for &highest in &wanted {
                text += &logged(node, general, list, highest).to_string();
                text.push('\n');
            }
        }
    }
    text
}

fn wanted_zones<S: Sink>(machine: &Machine<S>, node: NodeId) -> Vec<ZoneType> {
    let populated = zones_of(machine, node).iter().filter(|zone| zone.is_populated());
    let wanted: Vec<ZoneType> = populated.map(|zone| zone.id.zone_type()).collect();
    if wanted.is_empty() { vec![ZoneType::Movable] } else { wanted }
}

fn logged(node: &Node, general: bool, list: &Zonelist, highest: ZoneType) -> LoggedZonelist {
    let zones = list.refs.iter().filter(|zone| zone.zone_idx <= highest as u8);
    let zones = zones.map(|zone| ZoneId::new(zone.node, zone.zone.zone_type())).collect();
    LoggedZonelist { general, node: node.id, highest, zones }
}

impl Display for LoggedZonelist {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        let kind = if self.general { "general" } else { "thisnode" };
        write!(f, "mminit::zonelist {kind} {}:{} = ", self.node, self.highest.name())?;
        self.zones.iter().try_for_each(|zone| write!(f, "{}:{} ", zone.node(), zone.zone_type().name()))
    }
}

impl LoggedZonelist {
    /// What all such lines start with.
    pub(crate) const START: &'static str = "mminit::zonelist ";

    /// The line without its prefix, with or without the blank at its end.
    pub(crate) fn grammar(input: &mut &str) -> Part<LoggedZonelist> {
        let kind = alt(("general".value(true), "thisnode".value(false)));
        let (_, general, _, (node, highest), _, zones) =
            (Self::START, kind, blank, node_and_zone, (" =", space0), repeat(0.., terminated(node_and_zone, space0)))
                .parse_next(input)?;
        let zones: Vec<(NodeId, ZoneType)> = zones;
        let zones = zones.into_iter().map(|(node, zone)| ZoneId::new(node, zone)).collect();
        Ok(LoggedZonelist { general, node, highest, zones })
    }
}

fn node_and_zone(input: &mut &str) -> Part<(NodeId, ZoneType)> {
    let zone = alphanumeric1.verify_map(|name: &str| ZoneType::ALL.into_iter().find(|zone| zone.name() == name));
    separated_pair(node, ":", zone).parse_next(input)
}
