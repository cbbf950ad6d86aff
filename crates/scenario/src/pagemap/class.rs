//! What a page looks like on a map, in one byte.

use buddyscope_mm::pfn::{MAX_ORDER, MIGRATE_TYPES, MigrateType};
use buddyscope_mm::{Block, PageFlags, PageState};

/// Kind of page, as the kind bits of [`PageClass::code`] number them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// No memory, or not the map's zone.
    Hole = 0,
    /// Never given to the allocator.
    Reserved = 1,
    /// In use by someone the session knows nothing of.
    Used = 2,
    /// In use by an allocation of the session's list.
    Allocated = 3,
    /// On a per-CPU list.
    Pcp = 4,
    /// On a free list.
    Free = 5,
    /// A guard page.
    Guard = 6,
    /// Off the lists: isolated, or found bad.
    Off = 7,
    /// In use since before the model began watching: nothing else is known of it.
    Unknown = 8,
}

/// What a page looks like: its kind and, where it matters, migrate type and order of its block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct PageClass(pub u8);

const UNKNOWN: u8 = 2;
const GUARD: u8 = 3;
const OFF: u8 = 4;
const PCP: u8 = 8;
const BY_ORDER: u8 = (MAX_ORDER * MIGRATE_TYPES) as u8;
const FREE: u8 = 16;
const USED: u8 = FREE + BY_ORDER;
const ALLOCATED: u8 = USED + BY_ORDER;

/// Number of classes.
pub const CLASSES: usize = ALLOCATED as usize + BY_ORDER as usize;

const _: () = assert!(CLASSES <= 256);

impl PageClass {
    /// No memory.
    pub const HOLE: PageClass = PageClass(0);
    /// Never given to the allocator.
    pub const RESERVED: PageClass = PageClass(1);

    const fn with(base: u8, order: u8, migratetype: MigrateType) -> PageClass {
        PageClass(base + order * MIGRATE_TYPES as u8 + migratetype as u8)
    }

    /// The class of a block's pages, by whomever it may be used.
    #[must_use]
    pub fn of(block: &Block) -> PageClass {
        match block.state {
            PageState::Buddy => PageClass::with(FREE, block.order, block.migratetype),
            PageState::Allocated if block.flags.contains(PageFlags::UNKNOWN) => PageClass(UNKNOWN),
            PageState::Allocated => PageClass::with(USED, block.order, block.migratetype),
            PageState::Pcp => PageClass::with(PCP, 0, block.migratetype),
            PageState::Guard => PageClass(GUARD),
            PageState::Isolated | PageState::Leaked => PageClass(OFF),
            PageState::None => PageClass::RESERVED,
        }
    }

    /// The class of a block in use by an allocation of the list.
    #[must_use]
    pub const fn allocated(order: u8, migratetype: MigrateType) -> PageClass {
        PageClass::with(ALLOCATED, order, migratetype)
    }

    /// Kind, migrate type and order.
    #[must_use]
    pub fn parts(self) -> (Kind, MigrateType, u8) {
        let class = self.0;
        let split = |kind, base: u8| {
            let rest = class - base;
            (kind, MigrateType::from_bits(u32::from(rest % MIGRATE_TYPES as u8)), rest / MIGRATE_TYPES as u8)
        };
        let plain = |kind| (kind, MigrateType::Unmovable, 0);
        match class {
            1 => plain(Kind::Reserved),
            UNKNOWN => plain(Kind::Unknown),
            GUARD => plain(Kind::Guard),
            OFF => plain(Kind::Off),
            PCP..14 => split(Kind::Pcp, PCP),
            FREE..USED => split(Kind::Free, FREE),
            USED..ALLOCATED => split(Kind::Used, USED),
            ALLOCATED.. if usize::from(class) < CLASSES => split(Kind::Allocated, ALLOCATED),
            _ => plain(Kind::Hole),
        }
    }

    /// Kind, migrate type and order in one number: `kind | type << 4 | order << 8`.
    #[must_use]
    pub fn code(self) -> u16 {
        let (kind, migratetype, order) = self.parts();
        kind as u16 | (migratetype as u16) << 4 | u16::from(order) << 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use buddyscope_mm::pfn::Pfn;

    #[test]
    fn a_class_tells_the_blocks_kind_type_and_order() {
        for order in 0..MAX_ORDER as u8 {
            for migratetype in MigrateType::ALL {
                let flags = PageFlags::empty();
                let block = |state| Block { pfn: Pfn(0), order, state, migratetype, flags };
                assert_eq!(PageClass::of(&block(PageState::Buddy)).parts(), (Kind::Free, migratetype, order));
                assert_eq!(PageClass::of(&block(PageState::Allocated)).parts(), (Kind::Used, migratetype, order));
                assert_eq!(PageClass::allocated(order, migratetype).parts(), (Kind::Allocated, migratetype, order));
            }
        }
    }

    #[test]
    fn codes_of_free_blocks_hold_all_three() {
        let class = PageClass::with(FREE, 10, MigrateType::Cma);
        assert_eq!(class.code(), 5 | 4 << 4 | 10 << 8);
        assert_eq!(PageClass::HOLE.code(), 0);
        assert_eq!(PageClass(255).code(), 0);
    }
}
