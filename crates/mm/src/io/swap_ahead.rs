//! How many slots are read at once (`swapin_nr_pages`, mm/swap_state.c).

/// What the choice goes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SwapAhead {
    /// Pages that were read ahead and then used (`swapin_readahead_hits`).
    pub(crate) hits: u32,
    /// The slot that was read without such a page (`prev_offset`).
    previous: u32,
    /// What was chosen last (`last_readahead_pages`).
    last: u32,
}

impl Default for SwapAhead {
    fn default() -> Self {
        SwapAhead { hits: 4, previous: 0, last: 0 }
    }
}

impl SwapAhead {
    /// The number of slots to read for one that is wanted: a power of two up to `2^page_cluster`.
    pub(crate) fn window(&mut self, offset: u32, page_cluster: u32) -> u32 {
        let most = 1u32.checked_shl(page_cluster).unwrap_or(u32::MAX);
        if most <= 1 {
            return 1;
        }
        let hits = core::mem::take(&mut self.hits);
        let adjacent = offset == self.previous.wrapping_add(1) || offset == self.previous.wrapping_sub(1);
        let wanted = match hits {
            0 if adjacent => 2,
            0 => 1,
            hits => hits.saturating_add(2).next_power_of_two().max(4),
        };
        let window = wanted.min(most).max(self.last / 2);
        if hits == 0 {
            self.previous = offset;
        }
        self.last = window;
        window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_grows_with_hits_and_shrinks_by_half() {
        let mut ahead = SwapAhead::default();
        assert_eq!(ahead.window(100, 3), 8, "four hits to begin with");
        assert_eq!(ahead.window(500, 3), 4, "no hits: not below half");
        assert_eq!(ahead.window(900, 3), 2);
        assert_eq!(ahead.window(200, 3), 1);
        assert_eq!(ahead.window(201, 3), 2, "next to the one before");
        ahead.hits = 1;
        assert_eq!(ahead.window(300, 3), 4);
        ahead.hits = 9;
        assert_eq!(ahead.window(300, 3), 8);
        assert_eq!(ahead.window(300, 0), 1);
    }
}
