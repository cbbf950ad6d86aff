//! One page's record, its buddy, and why the two are not one block.

use super::Sight;
use crate::session::{FieldError, Trace, Value};
use buddyscope_mm::pfn::{MAX_ORDER, MigrateType, Pfn};
use buddyscope_mm::{Machine, PageFlags, PageInfo, PageState};
use serde::Serialize;

/// One page.
#[derive(Clone, Debug, Serialize)]
pub struct PageView {
    /// The page.
    pub pfn: u64,
    /// Its zone; none for a hole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<usize>,
    /// `hole`, `reserved`, `used`, `allocated`, `pcp`, `free`, `guard`, `isolated` or `bad`.
    pub state: &'static str,
    /// Order of its block.
    pub order: u8,
    /// First page of its block.
    pub head: u64,
    /// The list its block is on, or the type it was taken as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migratetype: Option<u8>,
    /// Type of its pageblock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pageblock: Option<u8>,
    /// Names of its flags.
    pub flags: Vec<&'static str>,
    /// The allocation of the list that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocation: Option<u32>,
    /// The other half of the block it could become.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buddy: Option<BuddyView>,
}

/// A block's buddy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuddyView {
    /// Its first page.
    pub pfn: u64,
    /// What it is.
    pub state: &'static str,
    /// Why the two have not merged.
    pub why: String,
}

impl Sight<'_> {
    /// The record of a page.
    ///
    /// # Errors
    /// [`FieldError`] about `pfn` if it is no page frame number.
    pub fn page(&self, pfn: &Value) -> Result<PageView, FieldError> {
        let pfn = Pfn(pfn.get("pfn", 0..=Pfn::LIMIT.0 - 1)?);
        let Some(page) = self.machine.page_info(pfn) else { return Ok(hole(pfn)) };
        let block = page.block;
        let covered = block.state != PageState::None;
        let allocation = self.allocations.at(block.pfn).filter(|_| block.state == PageState::Allocated);
        Ok(PageView {
            pfn: pfn.0,
            zone: page.zone.map(|zone| zone.index()),
            state: if allocation.is_some() { "allocated" } else { state_name(&page) },
            order: block.order,
            head: block.pfn.0,
            migratetype: covered.then_some(block.migratetype as u8),
            pageblock: page.zone.map(|_| page.pageblock as u8),
            flags: flag_names(page.flags | block.flags & PageFlags::COMPOUND),
            allocation: allocation.map(|allocation| allocation.id),
            buddy: if covered { buddy_of(self.machine, &page) } else { None },
        })
    }
}

/// The buddy of a page's block; none for the largest order, which never merges.
pub(crate) fn buddy_of(machine: &Machine<Trace>, page: &PageInfo) -> Option<BuddyView> {
    let order = page.block.order;
    if usize::from(order) + 1 >= MAX_ORDER {
        return None;
    }
    let pfn = Pfn(page.block.pfn.0 ^ 1 << order);
    let Some(buddy) = machine.page_info(pfn) else {
        return Some(BuddyView { pfn: pfn.0, state: "hole", why: "no memory is there".into() });
    };
    Some(BuddyView { pfn: pfn.0, state: state_name(&buddy), why: why_not_merged(page, &buddy) })
}

fn hole(pfn: Pfn) -> PageView {
    PageView {
        pfn: pfn.0,
        zone: None,
        state: "hole",
        order: 0,
        head: pfn.0,
        migratetype: None,
        pageblock: None,
        flags: Vec::new(),
        allocation: None,
        buddy: None,
    }
}

/// Why a block and its buddy are two (`page_is_buddy` and the checks of `__free_one_page`).
fn why_not_merged(page: &PageInfo, buddy: &PageInfo) -> String {
    let (block, other) = (&page.block, &buddy.block);
    match (page.zone, buddy.zone) {
        (_, None) => return "no memory is there".into(),
        (Some(own), Some(zone)) if own != zone => return format!("it belongs to {zone}"),
        _ => {}
    }
    if block.state != PageState::Buddy {
        return format!("this block is not free ({})", state_name(page));
    }
    match other.state {
        PageState::Buddy if other.pfn == buddy.pfn && other.order == block.order => isolation(page, buddy),
        PageState::Buddy if other.order < block.order => {
            format!("only its first {} pages are one free block, of order {}", 1u32 << other.order, other.order)
        }
        PageState::Buddy => format!("it is inside a free block of order {}", other.order),
        PageState::Pcp => "its first page is on a per-CPU list, which counts as in use".into(),
        PageState::Allocated => format!("pfn {} is in use (order {})", other.pfn, other.order),
        PageState::Guard => "it is a guard page".into(),
        PageState::Isolated => "it is isolated".into(),
        PageState::Leaked => "it is lost as a bad page".into(),
        PageState::None => "it is reserved".into(),
    }
}

/// Both are free and of one size: only isolation keeps them apart.
fn isolation(page: &PageInfo, buddy: &PageInfo) -> String {
    if page.pageblock == MigrateType::Isolate || buddy.pageblock == MigrateType::Isolate {
        "one of the two pageblocks is isolated".into()
    } else {
        "both are free; they merge when either is freed again".into()
    }
}

pub(crate) fn state_name(page: &PageInfo) -> &'static str {
    match page.block.state {
        PageState::None if page.zone.is_none() => "hole",
        PageState::None => "reserved",
        PageState::Allocated => "used",
        PageState::Buddy => "free",
        PageState::Pcp => "pcp",
        PageState::Guard => "guard",
        PageState::Isolated => "isolated",
        PageState::Leaked => "bad",
    }
}

fn flag_names(flags: PageFlags) -> Vec<&'static str> {
    let names = [
        (PageFlags::COMPOUND, "compound"),
        (PageFlags::PFMEMALLOC, "pfmemalloc"),
        (PageFlags::REPORTED, "reported"),
        (PageFlags::EXTRA_REFS, "shared"),
        (PageFlags::UNKNOWN, "since boot"),
        (PageFlags::LRU, "lru"),
        (PageFlags::MOVABLE, "movable"),
        (PageFlags::HWPOISON, "hwpoison"),
        (PageFlags::BAD, "bad"),
        (PageFlags::KMEMCG, "memcg"),
    ];
    names.into_iter().filter(|&(flag, _)| flags.contains(flag)).map(|(_, name)| name).collect()
}
