//! Trying a sysctl without writing it.

use crate::config::{ConfigError, Sysctl};
use crate::event::Sink;
use crate::machine::Machine;
use crate::zone::tuning::Tuning;
use crate::zone::{PerCpuPages, Zone};

/// Zones as a write would make them, and the first CPU's per-CPU set of each.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// Zones by id.
    pub zones: Vec<Zone>,
    /// One set for each zone.
    pub pcp: Vec<PerCpuPages>,
}

impl<S: Sink> Machine<S> {
    /// What a write to `/proc/sys/vm` would do to marks, reserves and per-CPU limits.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] if the kernel would refuse the value.
    pub fn preview_sysctl(&self, change: Sysctl) -> Result<Tuned, ConfigError> {
        let (mut zones, mut nodes, mut sysctl) = (self.zones.clone(), self.nodes.clone(), self.sysctl.clone());
        let mut pcp: Vec<PerCpuPages> = self.pcp.iter().step_by(self.cpus.len().max(1)).cloned().collect();
        let (mut min_free_kbytes, mut totalreserve_pages) = (self.min_free_kbytes, self.totalreserve_pages);
        let mut tuning = Tuning {
            zones: &mut zones,
            nodes: &mut nodes,
            pcp: &mut pcp,
            // One set a zone stands for those of all CPUs: limits are the same on each.
            nr_cpus: 1,
            sysctl: &mut sysctl,
            min_free_kbytes: &mut min_free_kbytes,
            totalreserve_pages: &mut totalreserve_pages,
        };
        tuning.write(change)?;
        Ok(Tuned { zones, pcp })
    }
}
