//! `/proc/pagetypeinfo`: what it says (`pagetypeinfo_show`, mm/vmstat.c).

mod of;
mod parse;
mod print;

use crate::shape::Shape;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{MigrateType, ZoneId};

/// All of `/proc/pagetypeinfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageTypeInfo {
    /// Nodes with memory.
    pub nodes: Vec<NodeTypes>,
    /// What the text has besides.
    pub shape: Shape,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTypes {
    /// Order of a pageblock (`pageblock_order`).
    pub block_order: u32,
    /// Pages of a pageblock.
    pub block_pages: u64,
    /// Orders that have lists.
    pub orders: usize,
    /// Free lists of each populated zone and migrate type.
    pub free: Vec<FreeLists>,
    /// Names of the migrate types whose pageblocks are counted.
    pub types: Vec<String>,
    /// Pageblocks of each populated zone.
    pub blocks: Vec<ZoneBlockTypes>,
}

/// The free lists of a zone and a migrate type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeLists {
    /// Which zone.
    pub id: ZoneId,
    /// Name of the migrate type.
    pub migratetype: String,
    /// Blocks on the list of each order.
    pub counts: Vec<ListLength>,
}

/// Blocks on a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListLength {
    /// How many were counted.
    pub count: u64,
    /// Whether there may be more, because the kernel stops counting at 100,000.
    pub at_least: bool,
}

/// Pageblocks of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneBlockTypes {
    /// Which zone.
    pub id: ZoneId,
    /// Pageblocks of each type, by [`NodeTypes::types`].
    pub counts: Vec<u64>,
}

impl PageTypeInfo {
    /// Blocks on the lists of a zone and migrate type, by order.
    #[must_use]
    pub fn free(&self, id: ZoneId, migratetype: MigrateType) -> Option<&[ListLength]> {
        let mut lists = self.nodes.iter().flat_map(|node| &node.free);
        let list = lists.find(|list| list.id == id && list.migratetype == migratetype.name())?;
        Some(&list.counts)
    }

    /// A zone's pageblocks of a migrate type.
    #[must_use]
    pub fn blocks(&self, id: ZoneId, migratetype: MigrateType) -> Option<u64> {
        self.nodes.iter().find_map(|node| {
            let zone = node.blocks.iter().find(|zone| zone.id == id)?;
            let at = node.types.iter().position(|name| name == migratetype.name())?;
            zone.counts.get(at).copied()
        })
    }
}

/// The text of /proc/pagetypeinfo: blocks on every free list, and pageblocks of every type, node by node.
#[must_use]
pub fn pagetypeinfo<S: Sink>(machine: &Machine<S>) -> String {
    PageTypeInfo::of(machine).to_string()
}
