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
                if !flags.contains(VmFlags::SEQ_READ) {
                    use_.referenced += 1;
                    use_.flags |= flags;
                }
            }
            left -= 1;
        }
        use_
    }
}
