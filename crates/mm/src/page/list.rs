//! Doubly linked lists of blocks (`struct list_head`).
//!
//! A block on a list has a node in one table, and its record names that node. The nodes lie close together however far
//! apart the blocks are: to change a list, the records of its other blocks need not be touched.

use crate::page::memmap::{Entry, MemMap};
use crate::page::meta::Meta;
use crate::pfn::Frame;

/// The number of a node; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Link(u32);

impl Link {
    const NONE: Link = Link(0);

    #[inline]
    const fn is_some(self) -> bool {
        self.0 != 0
    }
}

/// A block's place on a list.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    next: Link,
    prev: Link,
    frame: Frame,
}

/// The nodes of all lists. Those that are not used form a chain through `next`.
#[derive(Clone, Debug)]
pub(crate) struct Nodes {
    nodes: Vec<Node>,
    unused: Link,
}

impl Default for Nodes {
    fn default() -> Self {
        Nodes::with_capacity(0)
    }
}

impl Nodes {
    /// No nodes yet, but room for so many.
    pub(crate) fn with_capacity(capacity: usize) -> Nodes {
        let mut nodes = Vec::with_capacity(capacity + 1);
        nodes.push(Node::default());
        Nodes { nodes, unused: Link::NONE }
    }

    #[inline]
    fn get(&self, link: Link) -> Node {
        self.nodes[link.0 as usize]
    }

    #[inline]
    fn get_mut(&mut self, link: Link) -> &mut Node {
        &mut self.nodes[link.0 as usize]
    }

    #[inline]
    fn insert(&mut self, node: Node) -> Link {
        let link = self.unused;
        if !link.is_some() {
            return self.grow(node);
        }
        let slot = self.get_mut(link);
        let unused = slot.next;
        *slot = node;
        self.unused = unused;
        link
    }

    #[cold]
    fn grow(&mut self, node: Node) -> Link {
        self.nodes.push(node);
        Link(self.nodes.len() as u32 - 1)
    }

    #[inline]
    fn remove(&mut self, link: Link) -> Node {
        let unused = self.unused;
        let slot = self.get_mut(link);
        let node = *slot;
        slot.next = unused;
        self.unused = link;
        node
    }

    /// Bytes that the nodes occupy.
    pub(crate) fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
    }
}

/// A list of blocks. Allocation takes the head; what the kernel calls the tail is `last`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    first: Link,
    last: Link,
}

impl List {
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        !self.first.is_some()
    }

    /// The block at the head.
    #[inline]
    pub(crate) fn head(&self, mem: &MemMap) -> Option<Frame> {
        self.first.is_some().then(|| mem.nodes.get(self.first).frame)
    }

    /// The block after one on the list.
    pub(crate) fn after(&self, mem: &MemMap, frame: Frame, order: u8) -> Option<Frame> {
        let next = mem.nodes.get(mem.link(frame, order)).next;
        next.is_some().then(|| mem.nodes.get(next).frame)
    }

    /// Adds the block at the head (`list_add`) and gives it a state.
    #[inline(always)]
    pub(crate) fn push_head(&mut self, mem: &mut MemMap, frame: Frame, order: u8, meta: Meta) {
        let next = self.first;
        let link = mem.nodes.insert(Node { next, prev: Link::NONE, frame });
        mem.set_entry(frame, order, Entry { meta, link });
        self.first = link;
        self.link_back(mem, next, link);
    }

    /// Adds the block at the tail (`list_add_tail`) and gives it a state.
    #[inline(always)]
    pub(crate) fn push_tail(&mut self, mem: &mut MemMap, frame: Frame, order: u8, meta: Meta) {
        let prev = self.last;
        let link = mem.nodes.insert(Node { next: Link::NONE, prev, frame });
        mem.set_entry(frame, order, Entry { meta, link });
        self.last = link;
        self.link_forth(mem, prev, link);
    }

    /// Takes the block at the head out, wherever its record is; the record keeps its state.
    #[inline]
    pub(crate) fn pop_head(&mut self, mem: &mut MemMap) -> Option<Frame> {
        if self.is_empty() {
            return None;
        }
        let Node { next, frame, .. } = mem.nodes.remove(self.first);
        self.first = next;
        self.link_back(mem, next, Link::NONE);
        Some(frame)
    }

    /// Takes a node out, wherever it is (`list_del`).
    #[inline]
    pub(crate) fn remove(&mut self, mem: &mut MemMap, link: Link) {
        let Node { next, prev, .. } = mem.nodes.remove(link);
        self.link_forth(mem, prev, next);
        self.link_back(mem, next, prev);
    }

    /// After `at`, or at the head of the list, comes `next`.
    #[inline]
    fn link_forth(&mut self, mem: &mut MemMap, at: Link, next: Link) {
        if at.is_some() {
            mem.nodes.get_mut(at).next = next;
        } else {
            self.first = next;
        }
    }

    /// Before `at`, or at the tail of the list, comes `prev`.
    #[inline]
    fn link_back(&mut self, mem: &mut MemMap, at: Link, prev: Link) {
        if at.is_some() {
            mem.nodes.get_mut(at).prev = prev;
        } else {
            self.last = prev;
        }
    }

    /// Makes a block the head; those before it follow the tail (`list_rotate_to_front`).
    pub(crate) fn rotate_to_front(&mut self, mem: &mut MemMap, frame: Frame, order: u8) {
        let link = mem.link(frame, order);
        let prev = mem.nodes.get(link).prev;
        if !prev.is_some() {
            return;
        }
        mem.nodes.get_mut(self.last).next = self.first;
        mem.nodes.get_mut(self.first).prev = self.last;
        mem.nodes.get_mut(link).prev = Link::NONE;
        mem.nodes.get_mut(prev).next = Link::NONE;
        (self.first, self.last) = (link, prev);
    }

    /// The blocks from head to tail.
    pub(crate) fn iter<'a>(&self, mem: &'a MemMap) -> impl Iterator<Item = Frame> + use<'a> {
        let mut at = self.first;
        core::iter::from_fn(move || {
            at.is_some().then(|| {
                let node = mem.nodes.get(at);
                at = node.next;
                node.frame
            })
        })
    }

    /// The same from tail to head.
    pub(crate) fn iter_back<'a>(&self, mem: &'a MemMap) -> impl Iterator<Item = Frame> + use<'a> {
        let mut at = self.last;
        core::iter::from_fn(move || {
            at.is_some().then(|| {
                let node = mem.nodes.get(at);
                at = node.prev;
                node.frame
            })
        })
    }

    /// Whether the block's record names a node that is the block's.
    pub(crate) fn holds(&self, mem: &MemMap, frame: Frame, order: u8) -> bool {
        let link = mem.link(frame, order);
        link.is_some() && mem.nodes.get(link).frame == frame
    }
}
