//! Doubly linked lists of blocks, threaded through the page records (`struct list_head` by index).

use crate::page::memmap::MemMap;
use crate::page::meta::Meta;
use crate::pfn::Frame;

/// A list of blocks. Allocation takes the head; what the kernel calls the tail is `last`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) first: Frame,
    pub(crate) last: Frame,
}

impl List {
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        !self.first.is_some()
    }

    /// Adds the block at the head (`list_add`) and gives it a state.
    #[inline]
    pub(crate) fn push_head(&mut self, mem: &mut MemMap, frame: Frame, order: u8, meta: Meta) {
        let first = self.first;
        mem.set_entry(frame, order, meta, first, Frame::NIL);
        if first.is_some() {
            mem.set_prev(first, order, frame);
        } else {
            self.last = frame;
        }
        self.first = frame;
    }

    /// Adds the block at the tail (`list_add_tail`) and gives it a state.
    #[inline]
    pub(crate) fn push_tail(&mut self, mem: &mut MemMap, frame: Frame, order: u8, meta: Meta) {
        let last = self.last;
        mem.set_entry(frame, order, meta, Frame::NIL, last);
        if last.is_some() {
            mem.set_next(last, order, frame);
        } else {
            self.first = frame;
        }
        self.last = frame;
    }

    /// Takes the block at the head out; its entry keeps its state.
    #[inline]
    pub(crate) fn pop_head(&mut self, mem: &mut MemMap, order: u8) -> Option<Frame> {
        let frame = self.first;
        if !frame.is_some() {
            return None;
        }
        let (next, _) = mem.links(frame, order);
        self.first = next;
        if next.is_some() {
            mem.set_prev(next, order, Frame::NIL);
        } else {
            self.last = Frame::NIL;
        }
        Some(frame)
    }

    /// Takes the block out, wherever it is (`list_del`).
    #[inline]
    pub(crate) fn remove(&mut self, mem: &mut MemMap, frame: Frame, order: u8) {
        let (next, prev) = mem.links(frame, order);
        if prev.is_some() {
            mem.set_next(prev, order, next);
        } else {
            self.first = next;
        }
        if next.is_some() {
            mem.set_prev(next, order, prev);
        } else {
            self.last = prev;
        }
    }

    /// Makes an entry the head; those before it follow the tail (`list_rotate_to_front`).
    pub(crate) fn rotate_to_front(&mut self, mem: &mut MemMap, frame: Frame, order: u8) {
        let (_, prev) = mem.links(frame, order);
        if !prev.is_some() {
            return;
        }
        mem.set_next(self.last, order, self.first);
        mem.set_prev(self.first, order, self.last);
        mem.set_prev(frame, order, Frame::NIL);
        mem.set_next(prev, order, Frame::NIL);
        (self.first, self.last) = (frame, prev);
    }

    /// The blocks from head to tail.
    pub(crate) fn iter<'a>(&self, mem: &'a MemMap, order: u8) -> impl Iterator<Item = Frame> + use<'a> {
        let mut at = self.first;
        core::iter::from_fn(move || {
            let frame = at;
            frame.is_some().then(|| {
                at = mem.links(frame, order).0;
                frame
            })
        })
    }
}
