//! Whether a page was used through its mappings (`page_referenced`), for pages whose page tables are known.

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::Frame;
use crate::task::mm::VmFlags;

/// What the mappings of a page say about its use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VmaUse {
    /// Mappings through which it was accessed.
    pub(crate) referenced: u32,
    /// Flags of those mappings; [`VmFlags::LOCKED`] of any.
    pub(crate) flags: VmFlags,
}

impl<S: Sink> Machine<S> {
    /// Counts the mappings through which a page was accessed, and forgets the accesses. Reclaim for a group looks at
    /// the address spaces of that group only (`page_referenced`, `page_referenced_one`).
    pub(crate) fn vmas_that_used(&mut self, frame: Frame, target: Option<MemcgId>) -> VmaUse {
        if self.huge.maps.contains_key(&frame) {
            return self.vmas_that_used_parts(frame, target);
        }
        let mut use_ = VmaUse::default();
        let mut left = self.mem.life(frame).mapcount;
        let mut n = 0;
        while left > 0 {
            let Ok(found) = self.nth_place(frame, n) else { break };
            n += 1;
            let Some((place, pte)) = found else { continue };
            let charged = self.user.mms.get(place.mm).map(|mm| mm.memcg).unwrap_or_default();
            if target.is_some_and(|target| !self.memcgs.is_descendant(charged, target)) {
                continue;
            }
            let flags = self.vma_flags(place);
            if flags.contains(VmFlags::LOCKED) {
                use_.flags |= VmFlags::LOCKED;
                break;
            }
            if pte.is_young() {
                self.set_pte(place, pte.old());
                if !flags.contains(VmFlags::SEQ_READ) || self.is_huge(frame) {
                    use_.referenced += 1;
                    use_.flags |= flags;
                }
            }
            left -= 1;
        }
        use_
    }

    /// The same for a huge page that small entries map: a mapping counts once, whatever it accessed.
    fn vmas_that_used_parts(&mut self, head: Frame, target: Option<MemcgId>) -> VmaUse {
        let mut use_ = VmaUse::default();
        let mut left = self.mem.life(head).mapcount;
        let mapping = self.mem.life(head).mapping;
        let vmas = self.user.mappings.get(mapping).map(|mapping| mapping.vmas.clone()).unwrap_or_default();
        for (mm, vma) in vmas {
            let charged = self.user.mms.get(mm).map(|mm| mm.memcg).unwrap_or_default();
            if target.is_some_and(|target| !self.memcgs.is_descendant(charged, target)) {
                continue;
            }
            let (mut used, mut flags) = (false, VmFlags::empty());
            for (place, pte) in self.places_of_huge(head, mm, vma) {
                flags = self.vma_flags(place);
                if flags.contains(VmFlags::LOCKED) {
                    use_.flags |= VmFlags::LOCKED;
                    return use_;
                }
                if pte.is_young() {
                    self.set_pte(place, pte.old());
                    used |= !flags.contains(VmFlags::SEQ_READ) || self.huge_pte(place).is_some();
                }
                left = left.saturating_sub(1);
            }
            if used {
                use_.referenced += 1;
                use_.flags |= flags;
            }
            if left == 0 {
                break;
            }
        }
        use_
    }
}
