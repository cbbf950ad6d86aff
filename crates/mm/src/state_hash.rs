//! One number for the whole state of a machine: equal machines, equal numbers, on every target.

mod lists;
#[cfg(feature = "reclaim")]
mod lives;

use crate::LIVES;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::memmap::TOP_ORDER;
use crate::page::meta::Meta;
use crate::pfn::{Frame, MAX_ORDER, MIGRATE_PCPTYPES, MigrateType, PAGEBLOCK_NR_PAGES, PFN_SECTION_SHIFT};
use crate::task::cpuset::CpusetTree;
use crate::zone::compact_state::CompactState;
use crate::zone::{Node, PerCpuPages, Zone};

/// FNV-1a over 64-bit words instead of bytes, as the recordings' digests do.
struct Fnv(u64);

impl Fnv {
    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x100_0000_01b3);
    }

    fn words(&mut self, words: impl IntoIterator<Item = u64>) {
        for word in words {
            self.word(word);
        }
    }

    fn signed(&mut self, words: &[i64]) {
        self.words(words.iter().map(|&word| word as u64));
    }

    fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        self.words(text.bytes().map(u64::from));
    }
}

impl<S: Sink> Machine<S> {
    /// A hash of everything that later requests depend on and everything that is counted: lists in order, page
    /// state, page tables, what files have in memory, pageblock types, counters with their per-CPU deltas, marks, daemons, sysctls, cpusets, chance. Records
    /// that exist but say nothing do not count, nor do tags and events.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        for zone in &self.zones {
            self.hash_zone(&mut hash, zone);
        }
        for node in &self.nodes {
            hash_node(&mut hash, node);
        }
        for set in &self.pcp {
            self.hash_pcp(&mut hash, set);
        }
        self.hash_pages(&mut hash);
        if LIVES {
            self.hash_lists(&mut hash);
        }
        #[cfg(feature = "reclaim")]
        self.hash_lives(&mut hash);
        self.hash_settings(&mut hash);
        hash_cpusets(&mut hash, &self.cpusets);
        hash.0
    }

    fn hash_zone(&self, hash: &mut Fnv, zone: &Zone) {
        hash.words([zone.start_pfn.0, zone.spanned_pages, zone.present_pages, zone.managed_pages]);
        hash.words(zone.watermark);
        hash.words([zone.watermark_boost, zone.percpu_drift_mark, zone.nr_reserved_highatomic]);
        hash.words([zone.nr_isolate_pageblock, u64::from(zone.flags)]);
        hash_compact(hash, &zone.compact);
        hash.signed(&zone.lowmem_reserve);
        hash.signed(&zone.vm_stat);
        hash.words(zone.numa_stat);
        for order in 0..MAX_ORDER {
            let area = &zone.free_area[order];
            hash.word(area.nr_free);
            for list in MigrateType::ALL {
                hash.word(1 << 63 | (order as u64) << 4 | list as u64);
                let frames = area.free_list[list.index()].iter(&self.mem);
                hash.words(frames.map(|frame| self.mem.pfn(frame).0));
            }
        }
    }

    fn hash_pcp(&self, hash: &mut Fnv, set: &PerCpuPages) {
        hash.words([set.count, set.high, set.batch, set.stat_threshold.into(), set.expire.into()].map(u64::from));
        hash.words(set.vm_stat_diff.map(|delta| i64::from(delta) as u64));
        hash.words(set.numa_stat_diff.map(u64::from));
        for list in 0..MIGRATE_PCPTYPES {
            hash.word(1 << 63 | list as u64);
            hash.words(set.lists[list].iter().map(|&frame| self.mem.pfn(frame).0));
        }
    }

    fn hash_pages(&self, hash: &mut Fnv) {
        let top_pages = 1u32 << TOP_ORDER;
        for section in 0..(self.mem.frames() >> PFN_SECTION_SHIFT) as u32 {
            let first = section << PFN_SECTION_SHIFT;
            for top in (0..1 << PFN_SECTION_SHIFT).step_by(top_pages as usize) {
                self.hash_largest_block(hash, Frame(first + top));
            }
        }
        for (start, end) in self.mem.reserved() {
            hash.words([start.0, end.0]);
        }
        for &(frame, count) in &self.extra_refs {
            hash.words([self.mem.pfn(frame).0, u64::from(count)]);
        }
    }

    /// Page number and state in one word: the former has 34 bits at most, the latter 21.
    fn hash_largest_block(&self, hash: &mut Fnv, first: Frame) {
        let pfn = self.mem.pfn(first).0;
        let types = [first, first.add(PAGEBLOCK_NR_PAGES as u32)].map(|frame| self.mem.pageblock(frame) as u64);
        hash.word(pfn << 24 | types[0] << 4 | types[1]);
        for (head, meta) in self.mem.blocks_in(first) {
            hash.word(self.mem.pfn(head).0 << 24 | u64::from(meta.0));
            if meta.has(Meta::MARKED) {
                hash.words((0..1 << meta.order()).map(|n| u64::from(self.mem.marks(head.add(n)).0)));
            }
        }
    }

    fn hash_settings(&self, hash: &mut Fnv) {
        hash.signed(&self.global.vm_zone_stat);
        hash.words(self.global.vm_numa_stat);
        hash.words(self.global.events.iter().map(|(_, n)| n));
        hash.words([self.min_free_kbytes, self.totalreserve_pages]);
        hash.words([self.online_nodes.0, u64::from(self.gfp_allowed_mask.bits())]);
        let options = &self.options;
        hash.words([options.group_by_mobility_disabled.into(), options.guardpage_minorder.into()]);
        hash.words([options.watermark_boost_factor, options.numa_stat.into()]);
        let sysctl = &self.sysctl;
        hash.word(sysctl.min_free_kbytes.map_or(u64::MAX, u64::from));
        hash.words([sysctl.watermark_scale_factor, sysctl.watermark_boost_factor].map(u64::from));
        hash.words(sysctl.lowmem_reserve_ratio.map(u64::from));
        hash.words([sysctl.percpu_pagelist_fraction, sysctl.zone_reclaim_mode].map(u64::from));
        hash.words([sysctl.min_unmapped_ratio, sysctl.min_slab_ratio, sysctl.dirty_ratio].map(u64::from));
        hash.words([sysctl.dirty_bytes, sysctl.numa_stat.into(), sysctl.stat_interval.into()]);
        hash.words([sysctl.extfrag_threshold, sysctl.compaction_proactiveness].map(u64::from));
        hash.word(sysctl.compact_unevictable_allowed.into());
        hash.words([sysctl.swappiness, sysctl.vfs_cache_pressure, sysctl.laptop_mode].map(u64::from));
        hash.words([sysctl.dirty_background_ratio, sysctl.dirty_expire_centisecs].map(u64::from));
        hash.words([sysctl.dirty_background_bytes, sysctl.dirty_writeback_centisecs.into()]);
        hash.words([sysctl.panic_on_oom, sysctl.page_cluster].map(u64::from));
        hash.words([sysctl.oom_kill_allocating_task, sysctl.oom_dump_tasks].map(u64::from));
        // The next draw stands for the generator's state.
        hash.word(self.rng.clone().next_u64());
        for node in &self.deferred {
            hash.word(node.zone.index() as u64);
            hash.words(node.ranges.iter().flat_map(|range| [range.0.0, range.1.0]));
        }
        if let Some(fault) = &self.fault {
            hash.words([fault.probability, fault.interval, fault.times as u64, fault.space as u64, fault.count]);
        }
    }
}

fn hash_node(hash: &mut Fnv, node: &Node) {
    hash.words([node.start_pfn.0, node.present_pages, node.spanned_pages, node.totalreserve_pages]);
    hash.words(node.distance.iter().map(|&distance| u64::from(distance)));
    for list in [&node.fallback, &node.nofallback] {
        hash.word(list.refs.len() as u64);
        hash.words(list.refs.iter().map(|zref| zref.zone.index() as u64));
    }
    hash.words([node.kswapd_order, node.kswapd_highest_zoneidx, node.kswapd_asleep.into()].map(u64::from));
    hash.words([node.kcompactd_max_order, node.kcompactd_highest_zoneidx, node.kcompactd_asleep.into()].map(u64::from));
    hash.words([node.kswapd_failures.into(), node.flags.bits().into()]);
    hash.words(node.stat.iter().map(|(_, value)| value as u64));
    hash.words(node.stat.kept().map(|kept| kept as u64));
}

fn hash_compact(hash: &mut Fnv, compact: &CompactState) {
    hash.words([compact.cached_free_pfn, compact.init_migrate_pfn, compact.init_free_pfn].map(|pfn| pfn.0));
    hash.words(compact.cached_migrate_pfn.map(|pfn| pfn.0));
    hash.word(compact.considered.into());
    hash.words([compact.defer_shift, compact.order_failed, compact.blockskip_flush.into()].map(u64::from));
}

fn hash_cpusets(hash: &mut Fnv, cpusets: &CpusetTree) {
    for (_, set) in cpusets.iter() {
        hash.text(&set.name);
        hash.words([set.mems_allowed.0, set.effective_mems.0]);
        hash.words([set.mem_exclusive, set.mem_hardwall, set.memory_spread_page].map(u64::from));
    }
}
