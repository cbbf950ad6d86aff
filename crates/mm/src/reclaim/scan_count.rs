//! How much of each list to scan (`get_scan_count`, `inactive_is_low`, mm/vmscan.c).

use super::ScanControl;
use crate::event::{Event, ReclaimEvent, ScanBalance, Sink, emit};
use crate::lru::LruIndex;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{NodeId, PAGE_SHIFT};

use super::scan_control::SWAP_CLUSTER_MAX;

/// Weights of anonymous and file pages, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fraction {
    pub(super) anon: u64,
    pub(super) file: u64,
}

impl Fraction {
    /// Each kind weighs less the more its reclaim has cost, but a third at least before swappiness.
    pub(super) fn new(swappiness: u64, anon_cost: u64, file_cost: u64) -> Fraction {
        let total = anon_cost + file_cost;
        let (anon, file) = (total + anon_cost, total + file_cost);
        let total = anon + file;
        Fraction { anon: swappiness * (total + 1) / (anon + 1), file: (200 - swappiness) * (total + 1) / (file + 1) }
    }

    pub(super) fn denominator(self) -> u64 {
        self.anon + self.file
    }
}

/// How many times larger than the inactive list the active one may be (`inactive_is_low`).
pub(super) fn inactive_ratio(pages: u64) -> u64 {
    match pages >> (30 - PAGE_SHIFT) {
        0 => 1,
        gigabytes => (10 * gigabytes).isqrt(),
    }
}

impl<S: Sink> Machine<S> {
    /// Whether an inactive list is too short beside its active one (`inactive_is_low`).
    pub(super) fn inactive_is_low(&self, memcg: MemcgId, node: NodeId, file: bool) -> bool {
        let lists = if file {
            [LruIndex::InactiveFile, LruIndex::ActiveFile]
        } else {
            [LruIndex::InactiveAnon, LruIndex::ActiveAnon]
        };
        let [inactive, active] = lists.map(|lru| self.lruvec_page_state(memcg, node, lru.node_item()));
        inactive * inactive_ratio(inactive + active) < active
    }

    /// Pages of each list to be scanned (`get_scan_count`).
    pub(super) fn get_scan_count(&mut self, memcg: MemcgId, node: NodeId, sc: &ScanControl) -> [u64; 4] {
        let swappiness = u64::from(self.memcg_swappiness(memcg));
        let balance = self.scan_balance(memcg, swappiness, sc);
        let fraction = match balance {
            ScanBalance::Fraction => Fraction::new(swappiness, sc.anon_cost, sc.file_cost),
            _ => Fraction::default(),
        };
        let protection = self.memcgs.protection(sc.target_memcg.unwrap_or_default(), memcg, sc.memcg_low_reclaim);
        let usage = self.memcgs.usage(memcg);
        let lruvec = self.lru.lruvec(memcg, node);
        let sizes = LruIndex::EVICTABLE.map(|lru| lruvec.size(lru, sc.reclaim_idx));
        let online = self.mem_cgroup_online(memcg);
        let nr = LruIndex::EVICTABLE.map(|lru| {
            let size = sizes[lru as usize];
            let scan = unprotected(size, protection, usage) >> sc.priority;
            let scan = if scan == 0 && !online { size.min(SWAP_CLUSTER_MAX) } else { scan };
            share(scan, balance, fraction, lru.is_file(), online)
        });
        emit!(
            self,
            Event::Reclaim(ReclaimEvent::ScanCount {
                node,
                memcg,
                priority: sc.priority,
                swappiness: swappiness as u8,
                balance,
                fraction: [fraction.anon as u32, fraction.file as u32],
                size: sizes.map(|pages| pages as u32),
                nr: nr.map(|pages| pages as u32),
                protection: protection as u32,
                memcg_size: usage as u32,
            })
        );
        nr
    }

    /// Which kind of pages to scan.
    fn scan_balance(&self, memcg: MemcgId, swappiness: u64, sc: &ScanControl) -> ScanBalance {
        if !sc.may_swap || self.mem_cgroup_nr_swap_pages(memcg) <= 0 || (sc.is_memcg_reclaim() && swappiness == 0) {
            ScanBalance::File
        } else if sc.priority == 0 && swappiness != 0 {
            ScanBalance::Equal
        } else if sc.file_is_tiny {
            ScanBalance::Anon
        } else if sc.cache_trim_mode {
            ScanBalance::File
        } else {
            ScanBalance::Fraction
        }
    }
}

/// Pages of a list that protection leaves to reclaim.
pub(super) fn unprotected(size: u64, protection: u64, usage: u64) -> u64 {
    if protection == 0 {
        return size;
    }
    let scan = size - size * protection / usage.max(protection);
    scan.max(SWAP_CLUSTER_MAX)
}

/// A list's part of the pressure.
fn share(scan: u64, balance: ScanBalance, fraction: Fraction, file: bool, online: bool) -> u64 {
    match balance {
        ScanBalance::Equal => scan,
        ScanBalance::Fraction => {
            let part = scan * if file { fraction.file } else { fraction.anon };
            if online { part / fraction.denominator() } else { part.div_ceil(fraction.denominator()) }
        }
        ScanBalance::File | ScanBalance::Anon => {
            if (balance == ScanBalance::File) == file {
                scan
            } else {
                0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inactive_ratio_grows_with_the_root_of_the_size() {
        let mib = 1 << (20 - PAGE_SHIFT);
        let ratios = [100, 1 << 10, 4 << 10, 10 << 10, 100 << 10, 1 << 20].map(|size| inactive_ratio(size * mib));
        assert_eq!(ratios, [1, 3, 6, 10, 31, 101]);
    }

    #[test]
    fn costlier_pages_weigh_less() {
        let weigh = |swappiness, anon, file| {
            let fraction = Fraction::new(swappiness, anon, file);
            (fraction.anon, fraction.file)
        };
        assert_eq!(weigh(60, 0, 0), (60, 140));
        assert_eq!(weigh(60, 1000, 0), (89, 419));
        assert_eq!(weigh(60, 0, 1000), (179, 209));
        assert_eq!(weigh(100, 500, 500), (199, 199));
        assert_eq!(weigh(0, 0, 0), (0, 200));
        assert_eq!(weigh(200, 10, 10), (393, 0));
    }

    #[test]
    fn a_list_gets_its_share_of_the_priority() {
        let fraction = Fraction::new(60, 1000, 0);
        let scan = 1_000_000 >> 12;
        assert_eq!(scan, 244);
        assert_eq!(share(scan, ScanBalance::Fraction, fraction, false, true), 42);
        assert_eq!(share(scan, ScanBalance::Fraction, fraction, true, true), 201);
        assert_eq!(share(scan, ScanBalance::Fraction, fraction, true, false), 202);
        assert_eq!(share(scan, ScanBalance::File, fraction, false, true), 0);
        assert_eq!(share(scan, ScanBalance::Anon, fraction, false, true), 244);
        assert_eq!(share(scan, ScanBalance::Equal, fraction, true, true), 244);
    }

    #[test]
    fn protection_leaves_a_batch_at_least() {
        assert_eq!(unprotected(1000, 0, 0), 1000);
        assert_eq!(unprotected(1000, 500, 2000), 750);
        assert_eq!(unprotected(1000, 500, 400), 32);
    }
}
