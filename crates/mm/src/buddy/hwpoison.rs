//! Taking one page out of a free block because the hardware broke it (`take_page_off_buddy`).

use super::LockedZone;
use crate::event::Sink;
use crate::page::meta::PageState;
use crate::pfn::{Frame, MigrateType};

impl<S: Sink> LockedZone<'_, S> {
    /// Splits the free block that holds the page and keeps the page out; false if the page is not free. 5.10.35
    /// forgets to count the page as no longer free.
    pub(crate) fn take_page_off_buddy(&mut self, target: Frame) -> bool {
        let (head, meta) = self.mem.block_of(target);
        if meta.state() != PageState::Buddy {
            return false;
        }
        let migratetype = self.mem.pageblock(head);
        self.del_page_from_free_list(head, meta.order());
        self.break_down_buddy_pages(head, target, meta.order(), migratetype);
        self.miscount_removal(meta.migratetype(), migratetype, 1 << meta.order());
        self.leak(target, 0);
        true
    }

    /// The counters stay, while the lists lose a block and get back all of it but one page, by the pageblock's type.
    fn miscount_removal(&mut self, list: MigrateType, pageblock: MigrateType, pages: i64) {
        let lost = |counted: bool, again: bool| i64::from(counted) * pages - i64::from(again) * (pages - 1);
        let isolated = MigrateType::Isolate;
        self.zone.miscounted[0] += lost(list != isolated, pageblock != isolated);
        self.zone.miscounted[1] += lost(list == MigrateType::Cma, pageblock == MigrateType::Cma);
    }

    /// Lists every half that does not hold the target (`break_down_buddy_pages`).
    fn break_down_buddy_pages(&mut self, head: Frame, target: Frame, high: u8, migratetype: MigrateType) {
        let mut page = head;
        for order in (0..high).rev() {
            let upper = page.add(1 << order);
            let (keep, give) = if target >= upper { (upper, page) } else { (page, upper) };
            self.add_to_free_list(give, order, migratetype);
            page = keep;
        }
    }
}
