//! From recorded LRU lists to a machine's: pages, costs and counters.

use crate::recording::{LruPage, LruvecState, StateFile};
use buddyscope_mm::event::Sink;
use buddyscope_mm::lru::{LruIndex, LruPage as ModelPage};
use buddyscope_mm::pfn::{CpuId, NodeId};
use buddyscope_mm::restore::RestoreError;
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};
use buddyscope_mm::{LifeFlags, Machine, MemcgId};
use buddyscope_procfs::zoneinfo::ZoneInfo;

/// What each CPU keeps of a counter. Recordings tell the sum alone, so everyone is given an equal part of it.
fn kept_by_cpu(cpus: usize, sum: i64) -> impl Iterator<Item = (CpuId, i64)> {
    let cpus = cpus as i64;
    let up_to = move |n: i64| sum * n / cpus;
    (0..cpus).map(move |n| (CpuId(n as u16), up_to(n + 1) - up_to(n)))
}

/// Restores what a state tells of LRU lists.
pub(super) fn restore_lru<S: Sink>(machine: &mut Machine<S>, state: &StateFile) -> Result<(), RestoreError> {
    if state.lruvecs.is_empty() {
        return Ok(());
    }
    for lruvec in &state.lruvecs {
        restore_lruvec(machine, state, lruvec)?;
    }
    restore_write_pending(machine, state);
    for node in &state.nodes {
        restore_node(machine, state, node.id);
    }
    Ok(())
}

pub(super) fn group(memcg: Option<u32>) -> MemcgId {
    memcg.map_or(MemcgId::ROOT, |id| MemcgId(id as u16))
}

fn restore_lruvec<S: Sink>(
    machine: &mut Machine<S>,
    state: &StateFile,
    lruvec: &LruvecState,
) -> Result<(), RestoreError> {
    let (memcg, node, costs) = (group(lruvec.memcg), lruvec.node, &lruvec.costs);
    machine.restore_lruvec(
        memcg,
        node,
        [costs.anon_cost, costs.file_cost],
        costs.nonresident_age,
        costs.refaults,
        lruvec.workingset.is_some_and(|workingset| workingset.flags & 1 != 0),
    );
    for (lru, pages) in LruIndex::ALL.into_iter().zip(&lruvec.lists) {
        for page in pages {
            machine.restore_lru_page(memcg, node, lru, model_page(page, lru))?;
        }
        let at = lru as usize;
        let below: u64 = children(state, lruvec).map(|child| child.sizes[at]).sum();
        let kept = pages.len() as i64 - (lruvec.sizes[at] as i64 - below as i64);
        for (cpu, kept) in kept_by_cpu(state.cpus.len(), kept) {
            machine.restore_lruvec_stat(memcg, node, lru.node_item(), lruvec.sizes[at], cpu, kept as i8);
        }
    }
    for (item, value) in workingset_counters(lruvec) {
        machine.restore_lruvec_stat(memcg, node, item, value, CpuId(0), 0);
    }
    Ok(())
}

/// The lists of the groups right below on the same node.
fn children<'s>(state: &'s StateFile, lruvec: &'s LruvecState) -> impl Iterator<Item = &'s LruvecState> {
    let own = lruvec.memcg.unwrap_or(0);
    let below = state.memcgs.iter().filter(move |memcg| memcg.parent == own);
    below.filter_map(|memcg| state.lruvec(lruvec.node, Some(memcg.id)))
}

pub(super) fn workingset_counters(lruvec: &LruvecState) -> impl Iterator<Item = (NodeItem, u64)> {
    let counters = lruvec.workingset.map(|workingset| {
        let [activate_anon, activate_file] = workingset.activate;
        let [refault_anon, refault_file] = workingset.refault;
        let [restore_anon, restore_file] = workingset.restore;
        [
            (NodeItem::WorkingsetActivateAnon, activate_anon),
            (NodeItem::WorkingsetActivateFile, activate_file),
            (NodeItem::WorkingsetRefaultAnon, refault_anon),
            (NodeItem::WorkingsetRefaultFile, refault_file),
            (NodeItem::WorkingsetRestoreAnon, restore_anon),
            (NodeItem::WorkingsetRestoreFile, restore_file),
            (NodeItem::WorkingsetNodereclaim, workingset.node_reclaim),
        ]
    });
    counters.into_iter().flatten()
}

/// A page as the model has it. Both number flags alike, but for those that the model derives.
pub(super) fn model_page(page: &LruPage, lru: LruIndex) -> ModelPage {
    let mut flags = LifeFlags::from_bits_truncate(page.flags);
    flags.set(LifeFlags::ACTIVE, lru.is_active());
    flags.set(LifeFlags::UNEVICTABLE, lru == LruIndex::Unevictable);
    ModelPage { pfn: page.pfn, flags, mapcount: page.mapcount, young: page.young as u16 }
}

/// A node's counters, as far as lists and lines tell.
fn restore_node<S: Sink>(machine: &mut Machine<S>, state: &StateFile, node: NodeId) {
    let own: Vec<&LruvecState> = state.lruvecs.iter().filter(|lruvec| lruvec.node == node).collect();
    // CPUs have the same threshold for a node as for the zone of it that has the largest.
    let zones = state.zones.iter().filter(|zone| zone.id.node() == node);
    let threshold = zones.flat_map(|zone| &zone.pcp).map(|pcp| pcp.threshold).max();
    let stat = machine.restore_node_counters(node);
    stat.threshold = threshold.unwrap_or(0);
    let mut set = |item, value: u64| stat.set(item, value as i64);
    for lru in LruIndex::ALL {
        set(lru.node_item(), own.iter().map(|lruvec| lruvec.lists[lru as usize].len() as u64).sum());
    }
    if let Some(lruvec) = own.first() {
        set(NodeItem::Mapped, lruvec.mapped);
        set(NodeItem::Shmem, lruvec.shmem);
        set(NodeItem::SlabReclaimable, lruvec.slab_reclaimable);
        set(NodeItem::SlabUnreclaimable, lruvec.slab_unreclaimable);
    }
    let pages = || own.iter().flat_map(|lruvec| lruvec.lists.iter().flatten());
    set(NodeItem::FilePages, pages().filter(|page| is_cache(page)).count() as u64);
    set(NodeItem::Dirty, pages().filter(|page| is_dirty_file(page)).count() as u64);
    set(NodeItem::Writeback, pages().filter(|page| page.has(LruPage::WRITEBACK)).count() as u64);
}

/// Whether a page is in the page cache, the swap cache included.
fn is_cache(page: &LruPage) -> bool {
    !page.has(LruPage::ANON) || page.has(LruPage::SWAPCACHE)
}

/// Whether a page of a file, tmpfs aside, waits to be written.
fn is_dirty_file(page: &LruPage) -> bool {
    page.has(LruPage::DIRTY) && !page.has(LruPage::ANON) && !page.has(LruPage::SWAPBACKED)
}

/// The pages of each zone that wait for I/O. What CPUs keep of these counters is not told.
fn restore_write_pending<S: Sink>(machine: &mut Machine<S>, state: &StateFile) {
    for zone in &state.zones {
        let own = state.lruvecs.iter().filter(|lruvec| lruvec.node == zone.id.node());
        let pages = own.flat_map(|lruvec| lruvec.lists.iter().flatten());
        let pending = pages
            .filter(|page| is_dirty_file(page) || page.has(LruPage::WRITEBACK))
            .filter(|page| machine.page_zone(page.pfn).is_some_and(|own| own.id == zone.id))
            .count();
        machine.restore_zone_stat(zone.id, ZoneItem::WritePending, pending as i64);
    }
}

/// The counters of nodes and zones as the kernel's own text tells them. What the lists have more or less is what CPUs
/// keep; of other counters that is not told.
///
/// # Errors
/// [`RestoreError`] if the text is about another machine.
pub(super) fn restore_counters<S: Sink>(machine: &mut Machine<S>, text: &ZoneInfo) -> Result<(), RestoreError> {
    let cpus = machine.cpus().len();
    for zone in &text.zones {
        if zone.id.index() >= machine.zones().len() {
            return Err(RestoreError::Inconsistent { what: "zoneinfo.txt has a zone that the state has not" });
        }
        if let Some(details) = &zone.details {
            for item in LruIndex::ALL.map(LruIndex::zone_item) {
                let (exact, value) = (machine.zone_stat(zone.id, item), details.stats[item as usize] as i64);
                machine.restore_zone_stat(zone.id, item, value);
                for (cpu, kept) in kept_by_cpu(cpus, exact - value) {
                    machine.restore_delta(zone.id, cpu, item, kept as i16)?;
                }
            }
        }
        let Some(values) = &zone.node_stats else { continue };
        let stat = machine.restore_node_counters(zone.id.node());
        for (item, &value) in NodeItem::ALL.into_iter().zip(values) {
            let exact = stat.get(item);
            stat.set(item, value as i64);
            if LruIndex::ALL.iter().any(|lru| lru.node_item() == item) {
                for (cpu, kept) in kept_by_cpu(cpus, exact as i64 - value as i64) {
                    stat.set_kept(cpu, item, kept as i16);
                }
            }
        }
    }
    Ok(())
}
