//! Free areas and per-CPU lists of one zone: what buddyinfo, pagetypeinfo and zoneinfo print.

use super::Sight;
use crate::pagemap::{Kind, PageClass};
use crate::session::{FieldError, Value};
use buddyscope_mm::pfn::{CpuId, MAX_ORDER, MIGRATE_PCPTYPES, MIGRATE_TYPES, ZoneId};
use buddyscope_mm::vmstat::ZoneItem;
use serde::Serialize;

/// Free blocks of one zone.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FreeAreas {
    /// The zone.
    pub zone: usize,
    /// Blocks by order and migrate type.
    pub counts: [[u64; MIGRATE_TYPES]; MAX_ORDER],
    /// Blocks by order.
    pub nr_free: [u64; MAX_ORDER],
    /// Pageblocks by type.
    pub blocks_by_type: [u64; MIGRATE_TYPES],
    /// Per-CPU sets by CPU.
    pub pcp: Vec<PcpView>,
}

/// What one CPU keeps of a zone.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PcpView {
    /// The CPU.
    pub cpu: u16,
    /// Pages on its lists.
    pub count: u32,
    /// At this many a batch goes back.
    pub high: u32,
    /// Pages moved at once.
    pub batch: u32,
    /// Pages by list: unmovable, movable, reclaimable.
    pub lists: [usize; MIGRATE_PCPTYPES],
    /// Free pages not yet counted by the zone.
    pub delta_free: i64,
    /// Largest delta kept.
    pub threshold: u8,
}

impl Sight<'_> {
    /// The zone that a number means.
    ///
    /// # Errors
    /// [`FieldError`] about `zone` if there is no zone of that number with pages.
    pub fn zone_id(&self, zone: &Value) -> Result<ZoneId, FieldError> {
        let zones = self.machine.zones();
        let at = zone.get("zone", 0..=zones.len() as u64 - 1)? as usize;
        if zones[at].is_populated() {
            Ok(zones[at].id)
        } else {
            Err(FieldError::new("zone", format!("{} has no pages", zones[at].id)))
        }
    }

    /// Free blocks and per-CPU lists of a zone.
    ///
    /// # Errors
    /// [`FieldError`] about `zone`.
    pub fn free_areas(&self, zone: &Value) -> Result<FreeAreas, FieldError> {
        let id = self.zone_id(zone)?;
        let mut counts = [[0; MIGRATE_TYPES]; MAX_ORDER];
        for (class, &pages) in self.classes.of_zone(id).iter().enumerate() {
            let (kind, migratetype, order) = PageClass(class as u8).parts();
            if kind == Kind::Free {
                counts[usize::from(order)][migratetype.index()] = pages >> order;
            }
        }
        let machine = self.machine;
        Ok(FreeAreas {
            zone: id.index(),
            counts,
            nr_free: core::array::from_fn(|order| machine.zones()[id.index()].nr_free(order)),
            blocks_by_type: machine.pageblock_counts(id),
            pcp: machine.cpus().iter().map(|cpu| self.pcp_view(id, cpu.id)).collect(),
        })
    }

    fn pcp_view(&self, zone: ZoneId, cpu: CpuId) -> PcpView {
        let machine = self.machine;
        let set = machine.pcp(zone, cpu);
        PcpView {
            cpu: cpu.0,
            count: set.count,
            high: set.high,
            batch: set.batch,
            lists: core::array::from_fn(|list| machine.pcp_list(zone, cpu, list).count()),
            delta_free: set.delta(ZoneItem::FreePages),
            threshold: set.stat_threshold,
        }
    }
}
