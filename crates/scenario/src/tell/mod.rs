//! A decision as a sentence with its numbers: what Why and the log of a run have in common.

#[cfg(feature = "reclaim")]
mod compact;
#[cfg(feature = "show")]
mod daemon;
#[cfg(feature = "show")]
mod huge;
mod keys;
#[cfg(feature = "show")]
mod log;
#[cfg(feature = "show")]
mod memcg;
#[cfg(feature = "show")]
mod oom;
#[cfg(feature = "show")]
mod reclaim;
#[cfg(feature = "reclaim")]
mod slow;

pub(crate) use keys::{answer_key, wakeup_key};
#[cfg(feature = "show")]
pub(crate) use log::{is_told, tell, tell_alone};
#[cfg(feature = "show")]
pub(crate) use reclaim::fate_key;
#[cfg(feature = "reclaim")]
pub(crate) use slow::tell as tell_slow;

use crate::sentence::Args;
use buddyscope_mm::pfn::{NodeId, Pfn, ZoneId};
use serde::Serialize;

/// What a step does to the request's hopes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    /// Neither nor.
    Info,
    /// A zone or check let it pass.
    Pass,
    /// A zone or check did not.
    Fail,
    /// Pages changed hands.
    Take,
}

/// A decision that can be told.
#[cfg_attr(not(feature = "show"), expect(dead_code, reason = "only a run that is shown is told in full"))]
pub(crate) struct Told {
    /// What it is about, such as `kswapd` or `compact`.
    pub(crate) topic: &'static str,
    pub(crate) kind: StepKind,
    pub(crate) key: &'static str,
    /// The kernel function.
    pub(crate) function: &'static str,
    pub(crate) args: Args,
    pub(crate) node: Option<NodeId>,
    pub(crate) zone: Option<ZoneId>,
    pub(crate) pfn: Option<Pfn>,
}

#[cfg(feature = "reclaim")]
impl Told {
    fn new(topic: &'static str, key: &'static str, function: &'static str, args: Args) -> Told {
        Told { topic, kind: StepKind::Info, key, function, args, node: None, zone: None, pfn: None }
    }

    fn kind(self, kind: StepKind) -> Told {
        Told { kind, ..self }
    }

    /// It is about a node, which the sentence names.
    fn on(self, node: NodeId) -> Told {
        Told { node: Some(node), args: self.args.with("node", node.0), ..self }
    }

    /// It is about a zone, which the sentence names.
    fn at(self, zone: ZoneId) -> Told {
        Told { node: Some(zone.node()), zone: Some(zone), args: self.args.zone(zone), ..self }
    }

    /// It is about a page.
    fn about(self, pfn: Pfn) -> Told {
        Told { pfn: Some(pfn), ..self }
    }
}
