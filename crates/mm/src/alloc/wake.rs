//! Asking the daemons: when kswapd wakes, and when kcompactd is asked instead (mm/vmscan.c, mm/compaction.c).

use crate::alloc::AllocContext;
use crate::event::{Event, Sink, Wakeup, emit};
use crate::gfp::{AllocFlags, Gfp};
use crate::machine::Machine;
use crate::pfn::{NodeId, PAGE_ALLOC_COSTLY_ORDER, ZoneId, ZoneType};
use crate::task::Task;
use crate::vmstat::ZoneItem;
use crate::zone::check::{zone_watermark_ok, zone_watermark_ok_free};
use crate::zone::{NO_ZONEIDX, Zone};

/// Fruitless runs after which kswapd gives up on a node (`MAX_RECLAIM_RETRIES`, mm/internal.h).
const MAX_RECLAIM_RETRIES: u32 = 16;
/// Below this index failures are for lack of memory, not fragmentation (`sysctl_extfrag_threshold`).
const EXTFRAG_THRESHOLD: i64 = 500;

impl<S: Sink> Machine<S> {
    /// Wakes kswapd once for each run of equal nodes in the zonelist (`wake_all_kswapds`).
    pub(crate) fn wake_all_kswapds(&mut self, task: &Task, ac: &AllocContext) {
        let mut last = None;
        let mut at = self.zonelist(ac).next(0, ac.highest_zoneidx, ac.nodemask);
        while let Some(&zref) = self.zonelist(ac).refs.get(at) {
            if last != Some(zref.node) {
                self.wakeup_kswapd(task, zref.zone, ac.gfp, ac.order, ac.highest_zoneidx);
            }
            last = Some(zref.node);
            at = self.zonelist(ac).next(at + 1, ac.highest_zoneidx, ac.nodemask);
        }
    }

    /// Notes the request on the node and wakes kswapd, or kcompactd, if they should run (`wakeup_kswapd`).
    #[cold]
    pub(crate) fn wakeup_kswapd(&mut self, task: &Task, zone: ZoneId, gfp: Gfp, order: u8, highest_zoneidx: u8) {
        if !self.zones[zone.index()].is_managed() {
            return;
        }
        let id = zone.node();
        if self.cpusets.is_enabled() && !self.cpusets.node_allowed(task, id, gfp) {
            return;
        }
        let node = &mut self.nodes[id.index()];
        if node.kswapd_highest_zoneidx == NO_ZONEIDX || node.kswapd_highest_zoneidx < highest_zoneidx {
            node.kswapd_highest_zoneidx = highest_zoneidx;
        }
        node.kswapd_order = node.kswapd_order.max(order);
        let wakeup = self.decide_wakeup(id, order, gfp, highest_zoneidx);
        match wakeup {
            Wakeup::Woken => self.nodes[id.index()].kswapd_asleep = false,
            Wakeup::BalancedWakesKcompactd | Wakeup::HopelessWakesKcompactd => {
                self.wakeup_kcompactd(id, order, highest_zoneidx);
            }
            Wakeup::AlreadyAwake | Wakeup::Balanced | Wakeup::Hopeless => {}
        }
        emit!(self, Event::WakeKswapd { node: id, order, highest_zoneidx, wakeup });
    }

    fn decide_wakeup(&self, id: NodeId, order: u8, gfp: Gfp, highest_zoneidx: u8) -> Wakeup {
        let node = &self.nodes[id.index()];
        if !node.kswapd_asleep {
            return Wakeup::AlreadyAwake;
        }
        let hopeless = node.kswapd_failures >= MAX_RECLAIM_RETRIES;
        let idle = self.pgdat_balanced(id, order, highest_zoneidx) && !self.pgdat_boosted(id, highest_zoneidx);
        match (hopeless, idle, gfp.contains(Gfp::DIRECT_RECLAIM)) {
            (true, _, false) => Wakeup::HopelessWakesKcompactd,
            (true, _, true) => Wakeup::Hopeless,
            (false, true, false) => Wakeup::BalancedWakesKcompactd,
            (false, true, true) => Wakeup::Balanced,
            (false, false, _) => Wakeup::Woken,
        }
    }

    /// The managed zones of a node up to an index.
    fn managed_zones(&self, id: NodeId, highest_zoneidx: u8) -> impl Iterator<Item = &Zone> {
        ZoneType::ALL[..=highest_zoneidx as usize]
            .iter()
            .map(move |&kind| &self.zones[ZoneId::new(id, kind).index()])
            .filter(|zone| zone.is_managed())
    }

    /// Whether some zone could serve the request above its high mark (`pgdat_balanced`).
    fn pgdat_balanced(&self, id: NodeId, order: u8, highest_zoneidx: u8) -> bool {
        let mut zones = self.managed_zones(id, highest_zoneidx).peekable();
        zones.peek().is_none()
            || zones.any(|zone| self.zone_watermark_ok_safe(zone, order, zone.wmark_pages(2), highest_zoneidx))
    }

    /// Whether fragmentation raised the marks of some zone (`pgdat_watermark_boosted`).
    fn pgdat_boosted(&self, id: NodeId, highest_zoneidx: u8) -> bool {
        self.managed_zones(id, highest_zoneidx).any(|zone| zone.watermark_boost != 0)
    }

    /// The check that counts exactly where drift could mislead it (`zone_watermark_ok_safe`).
    fn zone_watermark_ok_safe(&self, zone: &Zone, order: u8, mark: u64, highest_zoneidx: u8) -> bool {
        let mut free = zone.page_state(ZoneItem::FreePages);
        if zone.percpu_drift_mark != 0 && (free as u64) < zone.percpu_drift_mark {
            free = self.zone_page_state_snapshot(zone, ZoneItem::FreePages);
        }
        zone_watermark_ok_free(zone, order, mark as i64, highest_zoneidx, AllocFlags::empty(), free).verdict.passed()
    }

    /// Notes the request on the node and wakes kcompactd if it could help (`wakeup_kcompactd`).
    fn wakeup_kcompactd(&mut self, id: NodeId, order: u8, highest_zoneidx: u8) {
        if order == 0 {
            return;
        }
        let node = &mut self.nodes[id.index()];
        node.kcompactd_max_order = node.kcompactd_max_order.max(order);
        node.kcompactd_highest_zoneidx = node.kcompactd_highest_zoneidx.min(highest_zoneidx);
        let (order, highest) = (node.kcompactd_max_order, node.kcompactd_highest_zoneidx);
        if node.kcompactd_asleep && self.kcompactd_node_suitable(id, order, highest) {
            self.nodes[id.index()].kcompactd_asleep = false;
        }
    }

    /// Whether compaction could make a block of the order in some zone (`kcompactd_node_suitable`).
    fn kcompactd_node_suitable(&self, id: NodeId, order: u8, highest_zoneidx: u8) -> bool {
        ZoneType::ALL[..=highest_zoneidx as usize]
            .iter()
            .map(|&kind| &self.zones[ZoneId::new(id, kind).index()])
            .any(|zone| zone.is_populated() && compaction_continues(zone, order, highest_zoneidx))
    }
}

/// Whether `compaction_suitable` answers `COMPACT_CONTINUE` for the min mark.
fn compaction_continues(zone: &Zone, order: u8, highest_zoneidx: u8) -> bool {
    if zone_watermark_ok(zone, order, zone.wmark_pages(0), highest_zoneidx, AllocFlags::empty()).verdict.passed() {
        return false;
    }
    let costly = order > PAGE_ALLOC_COSTLY_ORDER;
    let gap = 2u64 << order;
    let mark = zone.wmark_pages(usize::from(costly)) + gap;
    if !zone_watermark_ok(zone, 0, mark, highest_zoneidx, AllocFlags::CMA).verdict.passed() {
        return false;
    }
    !costly || !(0..=EXTFRAG_THRESHOLD).contains(&fragmentation_index(zone, order))
}

/// How far a failure would be due to fragmentation: 1000 wholly, 0 for lack of memory, −1000 if a block is free
/// (`fragmentation_index`).
fn fragmentation_index(zone: &Zone, order: u8) -> i64 {
    let blocks: u64 = zone.free_area.iter().map(|area| area.nr_free).sum();
    let pages: u64 = zone.free_area.iter().enumerate().map(|(o, area)| area.nr_free << o).sum();
    let suitable = zone.free_area[order as usize..].iter().any(|area| area.nr_free != 0);
    if blocks == 0 {
        0
    } else if suitable {
        -1000
    } else {
        1000 - ((1000 + pages * 1000 / (1 << order)) / blocks) as i64
    }
}
