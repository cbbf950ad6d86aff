//! Printing.

use super::{ListLength, NodeTypes, PageTypeInfo};
use std::fmt::{Display, Formatter, Result};

impl Display for PageTypeInfo {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.shape.is_plain() {
            return self.nodes.iter().try_for_each(|node| node.fmt(f));
        }
        self.shape.write(&self.printed(), f)
    }
}

impl PageTypeInfo {
    /// The text as 5.10 has it.
    pub(super) fn printed(&self) -> String {
        self.nodes.iter().map(NodeTypes::to_string).collect()
    }
}

impl Display for NodeTypes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Page block order: {}\nPages per block:  {}\n\n", self.block_order, self.block_pages)?;
        show_free(f, self)?;
        f.write_str("\n")?;
        show_block_count(f, self)
    }
}

/// `pagetypeinfo_showfree`.
fn show_free(f: &mut Formatter<'_>, node: &NodeTypes) -> Result {
    write!(f, "{:<43} ", "Free pages count per migrate type at order")?;
    (0..node.orders).try_for_each(|order| write!(f, "{order:>6} "))?;
    f.write_str("\n")?;
    for lists in &node.free {
        let (node, zone, kind) = (lists.id.node(), lists.id.zone_type().name(), &lists.migratetype);
        write!(f, "Node {node:>4}, zone {zone:>8}, type {kind:>12} ")?;
        for ListLength { count, at_least } in &lists.counts {
            write!(f, "{}{count:>6} ", if *at_least { ">" } else { "" })?;
        }
        f.write_str("\n")?;
    }
    Ok(())
}

/// `pagetypeinfo_showblockcount`.
fn show_block_count(f: &mut Formatter<'_>, node: &NodeTypes) -> Result {
    write!(f, "{:<23}", "Number of blocks type ")?;
    node.types.iter().try_for_each(|kind| write!(f, "{kind:>12} "))?;
    f.write_str("\n")?;
    for zone in &node.blocks {
        write!(f, "Node {}, zone {:>8} ", zone.id.node(), zone.id.zone_type().name())?;
        zone.counts.iter().try_for_each(|count| write!(f, "{count:>12} "))?;
        f.write_str("\n")?;
    }
    Ok(())
}
