//! A write to a page that is mapped read only (`do_wp_page`).

use super::{FaultOutcome, Next, PageFault, Site};
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::rmap::rss_kind;
use crate::task::Task;
use crate::task::mm::VmFlags;
use crate::vmstat::VmEvent;

impl PageFault {
    pub(super) fn do_wp_page<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, site: &Site) -> Next {
        if !site.flags.contains(VmFlags::WRITE) {
            return Next::Done(FaultOutcome::BusError);
        }
        if let Some(old) = site.pte.frame() {
            if site.flags.contains(VmFlags::SHARED) {
                // The first change since the page was stored (`wp_page_shared`).
                machine.set_pte(site.place, site.pte.young().written());
                machine.set_page_dirty(task.cpu, old);
                return Next::Done(self.outcome());
            }
            let life = machine.mem.life(machine.compound_head(old));
            if life.flags.contains(LifeFlags::ANON) && life.references() == 1 {
                machine.set_pte(site.place, site.pte.young().written());
                machine.global.events.add(VmEvent::PgReuse, 1);
                return Next::Done(self.outcome());
            }
        }
        self.wp_page_copy(machine, task, site)
    }

    /// The process gets a copy of its own (`wp_page_copy`).
    fn wp_page_copy<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, site: &Site) -> Next {
        let zero = if site.pte.is_zero() { Gfp::ZERO } else { Gfp::empty() };
        let gfp = Gfp::GFP_HIGHUSER_MOVABLE | zero;
        let Some(copy) = self.page_for_copy(machine, task, site, gfp) else { return Next::Work };
        let old = site.pte.frame().map(|old| (old, machine.compound_head(old)));
        if let Some((_, head)) = old {
            machine.add_rss(site.place.mm, rss_kind(machine.mem.life(head)), -1);
        }
        machine.map_new_anon_page(task.cpu, site.place, copy, true);
        if let Some((old, head)) = old {
            // Held until the end, as batches may be emptied on the way.
            machine.hold(head);
            machine.page_remove_rmap(task.cpu, old);
            if site.flags.contains(VmFlags::LOCKED) {
                machine.munlock_vma_page(task.cpu, old);
            }
            machine.put_held(task.cpu, &[head]);
        }
        Next::Done(self.outcome())
    }
}
