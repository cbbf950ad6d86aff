//! kcompactd, the daemon that compacts a node in the background.

use super::CompactResult;
use super::control::CompactControl;
use super::zone::CompactZone;
use crate::audit::Held;
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::gfp::AllocFlags;
use crate::machine::Machine;
use crate::pfn::{NodeId, ZoneId, ZoneType};
use crate::task::Task;
use crate::vmstat::VmEvent;
use crate::wait::Step;

impl<S: Sink> Machine<S> {
    /// Notes the request on the node and wakes kcompactd if it could help (`wakeup_kcompactd`).
    pub(crate) fn wakeup_kcompactd(&mut self, id: NodeId, order: u8, highest_zoneidx: u8) {
        if order == 0 {
            return;
        }
        let node = &mut self.nodes[id.index()];
        node.kcompactd_max_order = node.kcompactd_max_order.max(order);
        node.kcompactd_highest_zoneidx = node.kcompactd_highest_zoneidx.min(highest_zoneidx);
        if node.kcompactd_asleep && self.kcompactd_node_suitable(id) {
            self.nodes[id.index()].kcompactd_asleep = false;
            emit!(self, Event::Compact(CompactEvent::WakeKcompactd { node: id, order, highest_zoneidx }));
        }
    }

    /// Whether compaction could make a block of the noted order in some zone (`kcompactd_node_suitable`).
    fn kcompactd_node_suitable(&mut self, id: NodeId) -> bool {
        let node = &self.nodes[id.index()];
        let (order, highest) = (node.kcompactd_max_order as i8, node.kcompactd_highest_zoneidx);
        for kind in ZoneType::ALL.into_iter().take(usize::from(highest) + 1) {
            let zone = ZoneId::new(id, kind);
            if self.zones[zone.index()].is_populated()
                && self.compaction_suitable(zone, order, AllocFlags::empty(), highest) == CompactResult::Continue
            {
                return true;
            }
        }
        false
    }
}

/// What kcompactd does when it was asked for a block (`kcompactd_do_work`).
#[derive(Clone, Debug)]
pub(crate) struct KcompactdWork {
    node: NodeId,
    order: u8,
    highest_zoneidx: u8,
    next: u8,
    running: bool,
    run: CompactZone,
}

impl KcompactdWork {
    /// Takes up what was asked for.
    pub(crate) fn new<S: Sink>(machine: &mut Machine<S>, id: NodeId) -> KcompactdWork {
        let node = &machine.nodes[id.index()];
        let (order, highest_zoneidx) = (node.kcompactd_max_order, node.kcompactd_highest_zoneidx);
        emit!(machine, Event::Compact(CompactEvent::KcompactdWake { node: id, order, highest_zoneidx }));
        machine.global.events.add(VmEvent::CompactDaemonWake, 1);
        let run = CompactZone::new(CompactControl::kcompactd(order, highest_zoneidx));
        KcompactdWork { node: id, order, highest_zoneidx, next: 0, running: false, run }
    }

    /// Notes the pages that it keeps between two stretches of work.
    pub(crate) fn note_held(&self, held: &mut Held) {
        self.run.note_held(held);
    }

    /// Goes on.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
        while self.running || self.next <= self.highest_zoneidx {
            if !self.running {
                self.running = self.next_zone(machine);
                continue;
            }
            match self.run.resume(machine, task) {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done(status) => self.zone_done(machine, status),
            }
        }
        self.done(machine);
        Step::Done(())
    }

    /// Looks at the next zone; says whether it is worth compacting.
    fn next_zone<S: Sink>(&mut self, machine: &mut Machine<S>) -> bool {
        let index = self.next;
        self.next += 1;
        let Some(kind) = ZoneType::from_index(index.into()) else { return false };
        let zone = ZoneId::new(self.node, kind);
        self.run.cc.zone = zone;
        machine.zones[zone.index()].is_populated()
            && !machine.compaction_deferred(zone, self.order)
            && machine.compaction_suitable(zone, self.order as i8, AllocFlags::empty(), index)
                == CompactResult::Continue
    }

    fn zone_done<S: Sink>(&mut self, machine: &mut Machine<S>, status: CompactResult) {
        self.running = false;
        let cc = &self.run.cc;
        match status {
            CompactResult::Success => machine.compaction_defer_reset(cc.zone, self.order, false),
            CompactResult::PartialSkipped | CompactResult::Complete => {
                // Free pages that CPUs keep could join others to a block.
                machine.drain_zone(cc.zone);
                machine.defer_compaction(cc.zone, self.order);
            }
            _ => {}
        }
        machine.global.events.add(VmEvent::CompactDaemonMigrateScanned, cc.migrate_scanned);
        machine.global.events.add(VmEvent::CompactDaemonFreeScanned, cc.free_scanned);
    }

    /// Forgets the request, unless a larger one came meanwhile.
    fn done<S: Sink>(&self, machine: &mut Machine<S>) {
        let node = &mut machine.nodes[self.node.index()];
        if node.kcompactd_max_order <= self.order {
            node.kcompactd_max_order = 0;
        }
        if node.kcompactd_highest_zoneidx >= self.highest_zoneidx {
            node.kcompactd_highest_zoneidx = node.nr_zones.saturating_sub(1);
        }
    }
}
