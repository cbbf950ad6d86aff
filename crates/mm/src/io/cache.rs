//! What an address space keeps in memory by page number: pages, and what remains of evicted ones (`i_pages`).
//!
//! As in the kernel's xarray 64 places share a node, and a node in which only remains are left can be dropped.

use crate::pfn::Frame;
use crate::sparse::{Dense, Few};

/// log2 of the places of a node (`XA_CHUNK_SHIFT`, include/linux/xarray.h, v5.10).
const CHUNK_SHIFT: u32 = 6;
const CHUNK: usize = 1 << CHUNK_SHIFT;

/// What is at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Slot {
    /// Nothing.
    #[default]
    Empty,
    /// A page in memory.
    Page(Frame),
    /// What remains of an evicted page, packed.
    Shadow(u64),
    /// The slot of swap in which a tmpfs page is.
    Swap(u32),
}

/// The same in one word: remains have 63 bits and the lowest bit set, others a tag in their lowest bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Packed(u64);

const SHADOW: u64 = 1;
const PAGE: u64 = 2;
const SWAP: u64 = 4;
const TAG_SHIFT: u32 = 3;

impl Packed {
    const EMPTY: Packed = Packed(0);

    const fn new(slot: Slot) -> Packed {
        match slot {
            Slot::Empty => Packed::EMPTY,
            Slot::Page(frame) => Packed((frame.0 as u64) << TAG_SHIFT | PAGE),
            Slot::Shadow(word) => Packed(word << 1 | SHADOW),
            Slot::Swap(slot) => Packed((slot as u64) << TAG_SHIFT | SWAP),
        }
    }

    #[inline]
    const fn get(self) -> Slot {
        let number = (self.0 >> TAG_SHIFT) as u32;
        match self.0 & (SHADOW | PAGE | SWAP) {
            0 => Slot::Empty,
            PAGE => Slot::Page(Frame(number)),
            SWAP => Slot::Swap(number),
            _ => Slot::Shadow(self.0 >> 1),
        }
    }
}

/// A change of what nodes hold, for the counters of shadow nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NodeChange {
    /// Nothing that counts.
    None,
    /// The node has begun to hold remains only.
    OnlyShadows,
    /// The node no longer holds remains only.
    NoLonger,
}

#[derive(Clone, Debug)]
struct Node {
    slots: [Packed; CHUNK],
    /// Places in use.
    count: u8,
    /// Those of them with remains (`nr_values`).
    shadows: u8,
}

impl Node {
    fn is_shadows_only(&self) -> bool {
        self.count > 0 && self.count == self.shadows
    }
}

/// log2 of the nodes that a directory of them has room for.
const DIRECTORY_SHIFT: u32 = 12;

/// Nodes by number.
#[derive(Clone, Debug, Default)]
struct Tree(Few<Dense<Box<Node>>>);

impl Tree {
    fn split(key: u32) -> (u32, u16) {
        (key >> DIRECTORY_SHIFT, key as u16 & ((1 << DIRECTORY_SHIFT) - 1))
    }

    fn get(&self, key: u32) -> Option<&Node> {
        let (directory, place) = Tree::split(key);
        self.0.get(&directory)?.get(&place).map(|node| &**node)
    }

    fn get_mut(&mut self, key: u32) -> Option<&mut Node> {
        let (directory, place) = Tree::split(key);
        self.0.get_mut(&directory)?.get_mut(&place).map(|node| &mut **node)
    }

    /// A node; an empty one is made if there is none.
    fn get_or_make(&mut self, key: u32) -> &mut Node {
        let (directory, place) = Tree::split(key);
        let nodes = self.0.get_or_insert_with(directory, Dense::default);
        nodes.get_or_insert_with(place, || Box::new(Node { slots: [Packed::EMPTY; CHUNK], count: 0, shadows: 0 }))
    }

    fn remove(&mut self, key: u32) {
        let (directory, place) = Tree::split(key);
        if let Some(found) = self.0.get_mut(&directory) {
            found.remove(&place);
            if found.is_empty() {
                self.0.remove(&directory);
            }
        }
    }

    /// The nodes from a number on, ascending.
    fn from(&self, key: u32) -> impl Iterator<Item = (u32, &Node)> {
        let (first, place) = Tree::split(key);
        self.0.from(first).flat_map(move |(directory, nodes)| {
            let start = if directory == first { place } else { 0 };
            nodes.from(start).map(move |(place, node)| (directory << DIRECTORY_SHIFT | u32::from(place), &**node))
        })
    }
}

/// The pages of an address space.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageCache {
    nodes: Tree,
    pages: u64,
    shadows: u64,
}

impl PageCache {
    /// Pages in memory (`nrpages`).
    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    pub(crate) fn get(&self, index: u32) -> Slot {
        let node = self.nodes.get(index >> CHUNK_SHIFT);
        node.map_or(Slot::Empty, |node| node.slots[index as usize & (CHUNK - 1)].get())
    }

    /// The pages in memory at places in a row; places without one are passed over.
    pub(crate) fn copy_pages(&self, first: u32, pages: &mut [Frame]) {
        let mut at = first;
        let mut left = pages;
        while !left.is_empty() {
            let place = at as usize & (CHUNK - 1);
            let (here, behind) = left.split_at_mut(left.len().min(CHUNK - place));
            if let Some(node) = self.nodes.get(at >> CHUNK_SHIFT) {
                for (page, slot) in here.iter_mut().zip(&node.slots[place..]) {
                    if let Slot::Page(frame) = slot.get() {
                        *page = frame;
                    }
                }
            }
            at += here.len() as u32;
            left = behind;
        }
    }

    /// Puts something at a place; says what was there and what that means for its node.
    pub(crate) fn set(&mut self, index: u32, new: Slot) -> (Slot, NodeChange) {
        let key = index >> CHUNK_SHIFT;
        let node = if new == Slot::Empty { self.nodes.get_mut(key) } else { Some(self.nodes.get_or_make(key)) };
        let Some(node) = node else { return (Slot::Empty, NodeChange::None) };
        let before = node.is_shadows_only();
        let old = core::mem::replace(&mut node.slots[index as usize & (CHUNK - 1)], Packed::new(new)).get();
        node.count = node.count + u8::from(new != Slot::Empty) - u8::from(old != Slot::Empty);
        let is_shadow = |slot| matches!(slot, Slot::Shadow(_));
        let is_page = |slot| matches!(slot, Slot::Page(_));
        node.shadows = node.shadows + u8::from(is_shadow(new)) - u8::from(is_shadow(old));
        self.pages = self.pages + u64::from(is_page(new)) - u64::from(is_page(old));
        self.shadows = self.shadows + u64::from(is_shadow(new)) - u64::from(is_shadow(old));
        let after = node.is_shadows_only();
        if node.count == 0 {
            self.nodes.remove(key);
        }
        let change = match (before, after) {
            (false, true) => NodeChange::OnlyShadows,
            (true, false) => NodeChange::NoLonger,
            _ => NodeChange::None,
        };
        (old, change)
    }

    /// Everything from a place on, ascending.
    pub(crate) fn from(&self, start: u32) -> impl Iterator<Item = (u32, Slot)> + '_ {
        self.nodes.from(start >> CHUNK_SHIFT).flat_map(move |(key, node)| {
            let slots = node.slots.iter().enumerate();
            slots.filter_map(move |(n, &slot)| {
                let index = key << CHUNK_SHIFT | n as u32;
                (slot != Packed::EMPTY && index >= start).then_some((index, slot.get()))
            })
        })
    }

    /// Drops a node that holds remains only (`shadow_lru_isolate`); says how many remains it held.
    pub(crate) fn drop_shadow_node(&mut self, node: u32) -> u8 {
        match self.nodes.get(node) {
            Some(found) if found.is_shadows_only() => {
                let shadows = found.shadows;
                self.shadows -= u64::from(shadows);
                self.nodes.remove(node);
                shadows
            }
            _ => 0,
        }
    }
}

/// The node that a place is in.
pub(crate) fn node_of(index: u32) -> u32 {
    index >> CHUNK_SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_hold_pages_and_what_remains_of_them() {
        let mut cache = PageCache::default();
        cache.set(5, Slot::Page(Frame(9)));
        cache.set(1 << 30, Slot::Page(Frame(10)));
        assert_eq!((cache.get(5), cache.get(6), cache.pages()), (Slot::Page(Frame(9)), Slot::Empty, 2));
        assert_eq!(cache.set(5, Slot::Shadow(77)), (Slot::Page(Frame(9)), NodeChange::OnlyShadows));
        assert_eq!((cache.pages(), cache.shadows), (1, 1));
        assert_eq!(cache.from(0).count(), 2);
        assert_eq!(cache.from(6).map(|entry| entry.0).collect::<Vec<_>>(), [1 << 30]);
    }

    #[test]
    fn pages_in_a_row_are_found_across_nodes() {
        let mut cache = PageCache::default();
        for (index, slot) in [(62, Slot::Shadow(1)), (63, Slot::Page(Frame(7))), (65, Slot::Page(Frame(8)))] {
            cache.set(index, slot);
        }
        let mut pages = [Frame(0); 5];
        cache.copy_pages(62, &mut pages);
        assert_eq!(pages, [0, 7, 0, 8, 0].map(Frame));
    }

    #[test]
    fn a_word_holds_whatever_is_at_a_place() {
        for slot in [Slot::Empty, Slot::Page(Frame(u32::MAX)), Slot::Swap(u32::MAX), Slot::Shadow((1 << 63) - 1)] {
            assert_eq!(Packed::new(slot).get(), slot);
        }
        assert_eq!([0, 1, 6].map(|word| Packed::new(Slot::Shadow(word)).get()), [0, 1, 6].map(Slot::Shadow));
    }

    #[test]
    fn a_node_counts_while_it_holds_remains_only() {
        let mut cache = PageCache::default();
        cache.set(0, Slot::Page(Frame(1)));
        assert_eq!(cache.set(1, Slot::Shadow(1)).1, NodeChange::None);
        assert_eq!(cache.set(0, Slot::Shadow(2)).1, NodeChange::OnlyShadows);
        assert_eq!(cache.set(0, Slot::Page(Frame(3))).1, NodeChange::NoLonger);
        assert_eq!(cache.drop_shadow_node(0), 0);
        cache.set(0, Slot::Empty);
        assert_eq!(cache.drop_shadow_node(0), 1);
        assert_eq!(cache.shadows, 0);
    }
}
