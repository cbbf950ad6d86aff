//! One LRU list: pages linked through their records, the head the most recently added.

use crate::page::memmap::MemMap;
use crate::pfn::Frame;

/// End of a list: no page.
pub(crate) const NO_PAGE: Frame = Frame(0);

/// A list of pages. A compound page is one entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LruList {
    head: Frame,
    tail: Frame,
}

impl LruList {
    /// The page that has been here longest, where reclaim begins.
    pub(crate) fn tail(&self) -> Option<Frame> {
        (self.tail != NO_PAGE).then_some(self.tail)
    }

    /// The page that came last.
    pub(crate) fn head(&self) -> Option<Frame> {
        (self.head != NO_PAGE).then_some(self.head)
    }

    /// Adds at the head (`list_add`).
    #[inline]
    pub(crate) fn push_head(&mut self, mem: &mut MemMap, page: Frame) {
        let life = mem.life_mut(page);
        (life.next, life.prev) = (self.head, NO_PAGE);
        match self.head {
            NO_PAGE => self.tail = page,
            head => mem.life_mut(head).prev = page,
        }
        self.head = page;
    }

    /// Adds at the tail (`list_add_tail`).
    pub(crate) fn push_tail(&mut self, mem: &mut MemMap, page: Frame) {
        let life = mem.life_mut(page);
        (life.next, life.prev) = (NO_PAGE, self.tail);
        match self.tail {
            NO_PAGE => self.head = page,
            tail => mem.life_mut(tail).next = page,
        }
        self.tail = page;
    }

    /// Adds next to a page of the list, on the side of the head (`list_add_tail`).
    pub(crate) fn push_before(&mut self, mem: &mut MemMap, page: Frame, at: Frame) {
        let prev = mem.life(at).prev;
        if prev == NO_PAGE {
            return self.push_head(mem, page);
        }
        let life = mem.life_mut(page);
        (life.next, life.prev) = (at, prev);
        mem.life_mut(at).prev = page;
        mem.life_mut(prev).next = page;
    }

    /// Takes a page out (`list_del`).
    #[inline]
    pub(crate) fn remove(&mut self, mem: &mut MemMap, page: Frame) {
        let life = mem.life_mut(page);
        let (next, prev) = (life.next, life.prev);
        (life.next, life.prev) = (NO_PAGE, NO_PAGE);
        match prev {
            NO_PAGE => self.head = next,
            prev => mem.life_mut(prev).next = next,
        }
        match next {
            NO_PAGE => self.tail = prev,
            next => mem.life_mut(next).prev = prev,
        }
    }

    /// The pages, head first.
    pub(crate) fn iter<'m>(&self, mem: &'m MemMap) -> impl Iterator<Item = Frame> + use<'m> {
        let first = self.head();
        core::iter::successors(first, |&page| Some(mem.life(page).next).filter(|&next| next != NO_PAGE))
    }

    /// The pages, tail first.
    pub(crate) fn iter_from_tail<'m>(&self, mem: &'m MemMap) -> impl Iterator<Item = Frame> + use<'m> {
        let first = self.tail();
        core::iter::successors(first, |&page| Some(mem.life(page).prev).filter(|&prev| prev != NO_PAGE))
    }
}
