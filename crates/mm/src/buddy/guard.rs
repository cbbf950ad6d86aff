//! Guard pages (`debug_guardpage_minorder`): halves of a split kept unused beside the allocation.

use super::LockedZone;
use crate::event::Sink;
use crate::page::meta::{Meta, PageState};
use crate::pfn::{Frame, MigrateType};

impl<S: Sink> LockedZone<'_, S> {
    /// Keeps a half as a guard instead of listing it (`set_page_guard`).
    #[cold]
    pub(super) fn set_page_guard(&mut self, frame: Frame, order: u8, migratetype: MigrateType) {
        self.mem.set_meta(frame, order, Meta::new(PageState::Guard, order, migratetype));
        self.mod_freepage_state(-(1 << order), migratetype);
    }

    /// Absorbs a guard into a block that merges with it (`clear_page_guard`).
    #[cold]
    pub(super) fn clear_page_guard(&mut self, order: u8, migratetype: MigrateType) {
        if migratetype != MigrateType::Isolate {
            self.mod_freepage_state(1 << order, migratetype);
        }
    }
}
