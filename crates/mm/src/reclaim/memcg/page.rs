//! Pages of users and of the page cache: charged when they are first mapped or cached (`mem_cgroup_charge`,
//! mm/memcontrol.c).

use super::Charge;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::lru::memcg::CgroupVersion;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{CpuId, Frame};
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
            machine.commit_charge(task.cpu, self.page, self.memcg);
        }
        step
    }
}

impl<S: Sink> Machine<S> {
    /// Charges a page that is on no list yet, if that takes nothing but the CPU's stock, or not even that. Says whether it
    /// is charged.
    #[inline]
    pub(crate) fn charge_at_once(&mut self, cpu: CpuId, page: Frame, memcg: MemcgId) -> bool {
        if memcg == MemcgId::ROOT && self.memcgs.version == CgroupVersion::V2 {
            // A page that nobody has used yet is the root's, and nothing else is counted.
            return true;
        }
        self.charge_from_stock(cpu, page, memcg)
    }

    fn charge_from_stock(&mut self, cpu: CpuId, page: Frame, memcg: MemcgId) -> bool {
        let pages = self.mem.life(page).nr_pages();
        if memcg != MemcgId::ROOT && !self.memcgs.consume_stock(cpu, memcg, pages) {
            return false;
        }
        self.commit_charge(cpu, page, memcg);
        true
    }

    /// A charged page belongs to the group.
    fn commit_charge(&mut self, cpu: CpuId, page: Frame, memcg: MemcgId) {
        let life = self.mem.life_mut(page);
        life.memcg = memcg;
        let pages = life.nr_pages();
        if let Some(zone) = self.mem.zone_of(page) {
            self.memcgs.count_page_events(cpu, memcg, zone.node(), pages);
        }
    }
}
