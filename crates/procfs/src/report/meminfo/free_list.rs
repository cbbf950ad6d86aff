//! A zone's free blocks.

use crate::line::places::{Node, ZoneName};
use crate::line::{Codec, FieldError, Line};
use buddyscope_mm::pfn::{MAX_ORDER, MIGRATE_TYPES, MigrateType, NodeId, ZoneType};
use std::fmt::{Display, Formatter, Result as FmtResult};

/// Letters of the migrate types (`show_migration_types`, mm/page_alloc.c).
const LETTERS: [(MigrateType, char); MIGRATE_TYPES] = [
    (MigrateType::Unmovable, 'U'),
    (MigrateType::Movable, 'M'),
    (MigrateType::Reclaimable, 'E'),
    (MigrateType::HighAtomic, 'H'),
    (MigrateType::Cma, 'C'),
    (MigrateType::Isolate, 'I'),
];

/// The line of a zone's free blocks.
pub(super) struct FreeList {
    pub(super) node: NodeId,
    pub(super) zone: ZoneType,
    pub(super) blocks: [FreeBlocks; MAX_ORDER],
}

/// A zone's free blocks of one order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreeBlocks {
    /// How many (`nr_free`).
    pub count: u64,
    /// Whether the list of each migrate type has any, by [`MigrateType::index`].
    pub on_list: [bool; MIGRATE_TYPES],
}

/// Pages in all blocks.
pub(super) fn pages(blocks: &[FreeBlocks; MAX_ORDER]) -> u64 {
    blocks.iter().zip(0..).fold(0, |sum, (blocks, order)| sum.wrapping_add(blocks.count << order))
}

impl Display for FreeList {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        write!(f, "Node {} {}: ", self.node, self.zone.name())?;
        for (order, blocks) in self.blocks.iter().enumerate() {
            write!(f, "{}*{}kB ", blocks.count, 4 << order)?;
            if blocks.count > 0 {
                let letters = LETTERS.iter().filter(|(migratetype, _)| blocks.on_list[migratetype.index()]);
                write!(f, "({}) ", letters.map(|(_, letter)| letter).collect::<String>())?;
            }
        }
        write!(f, "= {}kB", pages(&self.blocks) << 2)
    }
}

impl Line for FreeList {
    fn read_line(text: &str) -> Result<Self, FieldError> {
        let (zone, list) = text.split_once(": ").unwrap_or(text.split_at(text.len()));
        let mut names = zone.strip_prefix("Node ").unwrap_or(zone).splitn(2, ' ');
        let mut name = || names.next().unwrap_or_default();
        let node = Node::read(name()).ok_or_else(|| FieldError::new(text, zone, "node", "a node's number"))?;
        let zone = ZoneName::read(name()).ok_or_else(|| FieldError::new(text, zone, "zone", "a zone's name"))?;
        let (list, total) = list.rsplit_once('=').ok_or_else(|| FieldError::new(text, list, "total", "`=`"))?;
        let mut words = list.split_whitespace().peekable();
        let mut blocks = [FreeBlocks::default(); MAX_ORDER];
        for (order, blocks) in blocks.iter_mut().enumerate() {
            let word = words.next().unwrap_or(&list[list.len()..]);
            let size = format!("*{}kB", 4 << order);
            let count = word.strip_suffix(&size).and_then(|count| count.parse().ok());
            blocks.count =
                count.ok_or_else(|| FieldError::new(text, word, "blocks", &format!("a number and `{size}`")))?;
            if let Some(letters) = words.next_if(|word| word.starts_with('(')) {
                blocks.on_list =
                    on_list(letters).ok_or_else(|| FieldError::new(text, letters, "types", "letters of UMEHCI"))?;
            }
        }
        let list = FreeList { node, zone, blocks };
        let sum = format!("{}kB", pages(&list.blocks) << 2);
        if let Some(word) = words.next() {
            Err(FieldError::new(text, word, "blocks", "`=` after the largest blocks"))
        } else if total.trim() == sum {
            Ok(list)
        } else {
            Err(FieldError::new(text, total.trim(), "total", &sum))
        }
    }
}

fn on_list(letters: &str) -> Option<[bool; MIGRATE_TYPES]> {
    let mut on_list = [false; MIGRATE_TYPES];
    for letter in letters.strip_prefix('(')?.strip_suffix(')')?.chars() {
        let (migratetype, _) = LETTERS.iter().find(|(_, known)| *known == letter)?;
        on_list[migratetype.index()] = true;
    }
    Some(on_list)
}
