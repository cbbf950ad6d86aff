//! Marks of all zones, as they are or as a sysctl would make them.

use super::Sight;
use crate::session::{FieldError, Trace};
use buddyscope_mm::Machine;
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::pfn::CpuId;
use serde::Serialize;

/// The marks of one zone. Units are pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MarksView {
    /// The zone.
    pub zone: usize,
    /// Min mark without boost.
    pub min: u64,
    /// Low mark without boost.
    pub low: u64,
    /// High mark without boost.
    pub high: u64,
    /// What fragmentation adds.
    pub boost: u64,
    /// What requests for higher zones must leave, by zone index.
    pub protection: [i64; 4],
    /// Per-CPU limit.
    pub pcp_high: u32,
    /// Per-CPU batch.
    pub pcp_batch: u32,
}

impl Sight<'_> {
    /// Marks of all zones with pages.
    #[must_use]
    pub fn marks(&self) -> Vec<MarksView> {
        marks(self.machine)
    }

    /// Marks as they would be after writing a file of `/proc/sys/vm`. Nothing changes.
    ///
    /// # Errors
    /// [`FieldError`] about the file if it does not exist or would refuse the text.
    pub fn preview_sysctl(&self, name: &str, text: &str) -> Result<Vec<MarksView>, FieldError> {
        let refused = |error| FieldError::new(name, format!("{error}"));
        let change = Sysctl::parse(name, text).map_err(refused)?;
        let tuned = self.machine.preview_sysctl(change).map_err(refused)?;
        Ok(tuned.zones.iter().zip(&tuned.pcp).filter(|(zone, _)| zone.is_populated()).map(view).collect())
    }
}

fn marks(machine: &Machine<Trace>) -> Vec<MarksView> {
    let zones = machine.zones().iter().filter(|zone| zone.is_populated());
    zones.map(|zone| view((zone, machine.pcp(zone.id, CpuId(0))))).collect()
}

fn view((zone, pcp): (&buddyscope_mm::zone::Zone, &buddyscope_mm::zone::PerCpuPages)) -> MarksView {
    MarksView {
        zone: zone.id.index(),
        min: zone.watermark[0],
        low: zone.watermark[1],
        high: zone.watermark[2],
        boost: zone.watermark_boost,
        protection: zone.lowmem_reserve,
        pcp_high: pcp.high,
        pcp_batch: pcp.batch,
    }
}
