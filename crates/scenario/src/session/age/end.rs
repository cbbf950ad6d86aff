//! How a life ends: daemons asleep, and the first node just above its low mark.

use super::life::Life;
use buddyscope_mm::pfn::{CpuId, MAX_NR_ZONES};
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::zone::Zone;

/// How far above its low marks the first node ends, in pages.
const ABOVE_LOW: i64 = 256;
/// Most rounds of either step.
const ROUNDS: u32 = 16_384;

impl Life<'_> {
    /// Balances every node, then lets file reads take the first one down to its low mark.
    pub(super) fn end(mut self) {
        for node in 0..self.files.len() {
            self.balance(node);
        }
        for cpu in 0..self.state.machine.cpus().len() as u16 {
            self.state.machine.refresh_cpu_vm_stats(CpuId(cpu));
        }
        self.approach_low();
        self.leave();
    }

    /// What kswapd would do: drop file pages until no zone is below its high mark.
    fn balance(&mut self, node: usize) {
        for _ in 0..ROUNDS {
            if self.zones_of(node).iter().all(|zone| free(zone) > zone.watermark[2] as i64)
                || self.files[node].is_empty()
            {
                break;
            }
            self.drop_files(node, 32);
        }
        let id = self.state.machine.nodes()[node].id;
        self.state.machine.settle_node(id);
    }

    fn zones_of(&self, node: usize) -> Vec<&Zone> {
        let zones = &self.state.machine.zones()[node * MAX_NR_ZONES..][..MAX_NR_ZONES];
        zones.iter().filter(|zone| zone.is_managed()).collect()
    }

    /// Reads files on the first CPU until its node has nothing to spare above the low marks. Only a node that was
    /// filled is that near.
    fn approach_low(&mut self) {
        let node = self.state.machine.cpus()[0].node.index();
        for _ in 0..ROUNDS {
            let zones = self.zones_of(node);
            let Some(highest) = zones.last().map(|zone| zone.id.zone_type().index()) else { return };
            let room: i64 = zones.iter().map(|zone| room(zone, highest)).sum();
            let managed: u64 = zones.iter().map(|zone| zone.managed_pages).sum();
            if room < ABOVE_LOW || room > managed as i64 / 8 {
                return;
            }
            self.file_is_read(0);
        }
    }
}

/// Pages that requests for the zone with index `highest` can take before they meet the low mark.
fn room(zone: &Zone, highest: usize) -> i64 {
    (free(zone) - zone.watermark[1] as i64 - zone.lowmem_reserve[highest]).max(0)
}

/// Free pages as the marks are compared with them.
fn free(zone: &Zone) -> i64 {
    zone.page_state(ZoneItem::FreePages)
}
