//! Telling users how hard memory is to get back (mm/vmpressure.c).

use crate::event::PressureLevel;
use crate::event::{Event, MemcgEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::lru::memcg::{MemcgError, PRESSURE_WINDOW, PressureListener, PressureMode, Scanned};
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::sched::HZ;

/// Priority from which on pressure is critical: a tenth of each list is scanned (`vmpressure_level_critical_prio`).
const CRITICAL_PRIORITY: i8 = 3;

impl<S: Sink> Machine<S> {
    /// Notes what reclaim scanned and got back: of a group and all below it (`tree`), the root for all memory, or of a
    /// group alone (`vmpressure`). Pages that users cannot help with do not count.
    pub(crate) fn vmpressure(&mut self, gfp: Gfp, memcg: Option<MemcgId>, tree: bool, scanned: u64, reclaimed: u64) {
        if !gfp.intersects(Gfp::HIGHMEM | Gfp::MOVABLE | Gfp::IO | Gfp::FS) || scanned == 0 {
            return;
        }
        let (memcg, more) = (memcg.unwrap_or(MemcgId::ROOT), Scanned { scanned, reclaimed });
        if tree {
            self.memcgs.add_tree_pressure(memcg, more);
        } else {
            self.memcgs.add_own_pressure(memcg, more, self.jiffies + HZ);
        }
    }

    /// Notes that reclaim has come to a priority; from 3 down that alone is critical (`vmpressure_prio`).
    pub(crate) fn vmpressure_prio(&mut self, gfp: Gfp, memcg: Option<MemcgId>, priority: i8) {
        if priority <= CRITICAL_PRIORITY {
            self.vmpressure(gfp, memcg, true, PRESSURE_WINDOW, 0);
        }
    }

    /// Does the work of the worker that tells listeners (`vmpressure_work_fn`).
    pub fn do_vmpressure_work(&mut self) {
        for memcg in self.memcgs.take_pressure_work() {
            let Some(tree) = self.memcgs.take_tree_pressure(memcg) else { continue };
            let (Scanned { scanned, reclaimed }, level) = (tree, tree.level());
            emit!(self, Event::Memcg(MemcgEvent::Pressure { memcg, scanned, reclaimed, level }));
            self.memcgs.tell_pressure(memcg, level);
        }
    }

    /// Asks to be told of pressure in a group (`vmpressure_register_event`).
    ///
    /// # Errors
    /// [`MemcgError::NoGroup`].
    pub fn listen_to_pressure(
        &mut self,
        memcg: MemcgId,
        level: PressureLevel,
        mode: PressureMode,
    ) -> Result<(), MemcgError> {
        let group = self.memcgs.get_mut(memcg).ok_or(MemcgError::NoGroup(memcg))?;
        group.add_listener(PressureListener { level, mode, told: 0 });
        Ok(())
    }
}
