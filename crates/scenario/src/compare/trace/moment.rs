//! Samples: all nodes, zones and counters at one moment.

use crate::recording::cursor::{Cursor, Expected, Read};
use crate::recording::vm_events::read_vm_events;
use buddyscope_mm::pfn::{NodeId, ZoneId};

/// Why a sample was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// It was time to.
    Timer,
    /// kswapd is woken.
    Wakeup,
    /// kswapd begins.
    KswapdWake,
    /// kswapd goes to sleep.
    KswapdSleep,
    /// A request begins to reclaim.
    DirectBegin,
    /// It is done.
    DirectEnd,
    /// A label of the load's commands.
    Mark,
    /// A process is going to be killed.
    Oom,
    /// A row of requests is over.
    Alloc,
}

const WORDS: [(&str, Why); 9] = [
    ("s", Why::Timer),
    ("wakeup", Why::Wakeup),
    ("kwake", Why::KswapdWake),
    ("ksleep", Why::KswapdSleep),
    ("dbegin", Why::DirectBegin),
    ("dend", Why::DirectEnd),
    ("mark", Why::Mark),
    ("oom", Why::Oom),
    ("alloc", Why::Alloc),
];

/// A sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Why it was taken.
    pub(crate) why: Why,
    /// Nodes, ascending.
    pub(crate) nodes: Vec<NodeMoment>,
    /// Zones with pages, ascending.
    pub(crate) zones: Vec<ZoneMoment>,
    /// Vm events since boot, by the recorder's short names.
    pub(crate) events: Vec<(String, i64)>,
}

/// A node at one moment, in pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeMoment {
    pub(crate) id: NodeId,
    /// LRU lists by the kernel's index: inactive and active anon, inactive and active file, unevictable.
    pub(crate) lists: [u64; 5],
    /// Anonymous and file pages off their lists.
    pub(crate) isolated: [u64; 2],
    pub(crate) dirty: u64,
    pub(crate) writeback: u64,
    /// Pages of slab caches that can shrink, and of others.
    pub(crate) slab: [u64; 2],
    pub(crate) kswapd_order: u8,
    pub(crate) kswapd_highest_zoneidx: u8,
    pub(crate) kswapd_failures: u32,
    pub(crate) kswapd_asleep: bool,
}

/// A zone at one moment, in pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ZoneMoment {
    pub(crate) id: ZoneId,
    /// The global counter, and with what CPUs have not yet added to it.
    pub(crate) free: i64,
    pub(crate) free_exact: i64,
    pub(crate) free_cma: i64,
    pub(crate) boost: u64,
    pub(crate) highatomic: u64,
    /// Inactive and active anon, inactive and active file.
    pub(crate) lists: [u64; 4],
}

impl Moment {
    pub(super) fn new(why: Why) -> Moment {
        Moment { why, nodes: Vec::new(), zones: Vec::new(), events: Vec::new() }
    }

    /// A vm event's count; 0 for one that was not recorded.
    pub(crate) fn event(&self, name: &str) -> i64 {
        self.events.iter().find(|event| event.0 == name).map_or(0, |event| event.1)
    }

    /// The node of this id.
    pub(crate) fn node(&self, id: NodeId) -> Option<&NodeMoment> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The zones of a node.
    pub(crate) fn zones_of(&self, node: NodeId) -> impl Iterator<Item = &ZoneMoment> {
        self.zones.iter().filter(move |zone| zone.id.node() == node)
    }

    /// Reads a line from its kind on, such as `N s nid=`, into the sample it belongs to.
    pub(super) fn read_line(&mut self, kind: u8, c: &mut Cursor<'_>, text: &str) -> Read<()> {
        match kind {
            b'N' => self.nodes.push(NodeMoment::read(c)?),
            b'Z' => self.zones.push(ZoneMoment::read(c)?),
            _ => self.events = read_vm_events(c, text)?.into_iter().map(|(name, n)| (name.to_owned(), n)).collect(),
        }
        c.end_of_line()
    }
}

impl Why {
    pub(super) fn read(c: &mut Cursor<'_>) -> Read<Why> {
        let start = c.position();
        let word = c.key();
        let known = WORDS.iter().find(|(text, _)| text.as_bytes() == word);
        known.map(|known| known.1).ok_or_else(|| c.back_to(start, "why", "a known reason"))
    }
}

impl NodeMoment {
    fn read(c: &mut Cursor<'_>) -> Read<NodeMoment> {
        Ok(NodeMoment {
            id: c.node(" nid=")?,
            lists: [c.number(" ia=")?, c.number(" aa=")?, c.number(" if=")?, c.number(" af=")?, c.number(" un=")?],
            isolated: [c.number(" isoa=")?, c.number(" isof=")?],
            dirty: c.number(" dirty=")?,
            writeback: c.number(" wb=")?,
            slab: [c.number(" sr=")?, c.number(" su=")?],
            kswapd_order: c.number(" ko=")?,
            kswapd_highest_zoneidx: c.number(" kz=")?,
            kswapd_failures: c.number(" kf=")?,
            kswapd_asleep: c.flag(" wait=")?,
        })
    }
}

impl ZoneMoment {
    fn read(c: &mut Cursor<'_>) -> Read<ZoneMoment> {
        Ok(ZoneMoment {
            id: c.zone(" zone=")?,
            free: c.signed_number(" free=")?,
            free_exact: c.signed_number(" snap=")?,
            free_cma: c.signed_number(" cma=")?,
            boost: c.number(" boost=")?,
            highatomic: c.number(" ha=")?,
            lists: [c.number(" ia=")?, c.number(" aa=")?, c.number(" if=")?, c.number(" af=")?],
        })
    }
}

/// A sample whose last line is missing.
pub(super) const CUT: Expected = Expected { field: "line", what: "the E line of the sample before it" };
