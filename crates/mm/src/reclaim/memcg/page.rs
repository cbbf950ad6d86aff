//! Pages of users and of the page cache: charged when they are first mapped or cached (`mem_cgroup_charge`,
//! mm/memcontrol.c).

use super::Charge;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::Frame;
use crate::task::Task;
use crate::wait::Step;

/// The charge of one page, which can pause while it reclaims.
#[derive(Clone, Debug)]
pub(crate) struct ChargePage {
    page: Frame,
    memcg: MemcgId,
    charge: Charge,
}

impl ChargePage {
    /// The charge of a page that is on no list yet.
    pub(crate) fn new<S: Sink>(machine: &Machine<S>, memcg: MemcgId, page: Frame, gfp: Gfp) -> ChargePage {
        let pages = machine.mem.life(page).nr_pages();
        ChargePage { page, memcg, charge: Charge::new(memcg, gfp, pages) }
    }

    /// Goes on; done with whether the page is charged.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<bool> {
        let step = self.charge.resume(machine, task);
        if step == Step::Done(true) {
            let life = machine.mem.life_mut(self.page);
            life.memcg = self.memcg;
            let pages = life.nr_pages();
            if let Some(zone) = machine.mem.zone_of(self.page) {
                machine.memcgs.count_page_events(task.cpu, self.memcg, zone.node(), pages);
            }
        }
        step
    }
}
