//! Where the pages of a range go that is to be emptied: clean pages of files are dropped, others move to pages that are
//! allocated like any (`reclaim_clean_pages_from_list`, mm/vmscan.c; `alloc_migration_target`, mm/migrate.c).

use super::control::CompactControl;
use super::migrate::Targets;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{Frame, NodeId, Order, PAGEBLOCK_ORDER, ZoneType};
use crate::reclaim::ScanControl;
use crate::task::Task;
use crate::vmstat::NodeItem;

/// Pages that are allocated, preferably on a node.
#[derive(Clone, Debug)]
pub(super) struct Allocated {
    pub(super) node: NodeId,
}

impl<S: Sink> Targets<S> for Allocated {
    fn get(&mut self, machine: &mut Machine<S>, task: &mut Task, _: &mut CompactControl, old: Frame) -> Option<Frame> {
        let mut gfp = Gfp::GFP_USER | Gfp::MOVABLE | Gfp::RETRY_MAYFAIL;
        let mut order = Order::default();
        if machine.mem.life(old).flags.contains(LifeFlags::HUGE) {
            gfp |= Gfp::GFP_TRANSHUGE;
            order = Order::new(PAGEBLOCK_ORDER.into())?;
        }
        if machine.mem.zone_of(old)?.zone_type() == ZoneType::Movable {
            gfp |= Gfp::HIGHMEM;
        }
        let pfn = machine.alloc_pages_nodemask(task, gfp, order, self.node, None).pfn?;
        machine.mem.frame(pfn)
    }

    fn put(&mut self, machine: &mut Machine<S>, task: &Task, _: &mut CompactControl, page: Frame) {
        let (head, meta) = machine.mem.block_of(page);
        if let Some(zone) = machine.mem.zone_of(head) {
            machine.free_block(task.cpu, zone, head, meta);
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Drops those of the isolated pages that are clean pages of files; tells how many
    /// (`reclaim_clean_pages_from_list`).
    pub(super) fn reclaim_clean_pages_from_list(&mut self, task: &Task, cc: &mut CompactControl) -> u64 {
        let clean = |page: &Frame| {
            let life = self.mem.life(*page);
            life.is_file_lru() && !life.flags.intersects(LifeFlags::DIRTY | LifeFlags::UNEVICTABLE)
        };
        let (clean, mut rest): (Vec<Frame>, Vec<Frame>) = cc.migratepages.iter().rev().partition(|&page| clean(page));
        for &page in &clean {
            self.mem.life_mut(page).flags -= LifeFlags::ACTIVE | LifeFlags::ISOLATED;
        }
        let mut sc = ScanControl::new(Gfp::GFP_KERNEL, 0, 0, 0);
        (sc.may_writepage, sc.may_swap) = (false, false);
        let node = cc.zone.node();
        let done = self.shrink_page_list(task, node, clean, &mut sc, true);
        rest.reverse();
        for &page in &done.kept {
            self.mem.life_mut(page).flags |= LifeFlags::ISOLATED;
        }
        rest.extend(done.kept);
        cc.migratepages = rest;
        let stat = &mut self.nodes[node.index()].stat;
        stat.add(NodeItem::IsolatedFile, -((done.reclaimed + done.lazyfree_fail) as i64));
        stat.add(NodeItem::IsolatedAnon, done.lazyfree_fail as i64);
        done.reclaimed
    }
}
