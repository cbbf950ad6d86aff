//! How much of a file is read before it is asked for (`struct file_ra_state`, `ondemand_readahead`, mm/readahead.c).

/// Pages of the largest request that a disk takes at once: 1280 KiB (`io_pages`, from `BLK_DEF_MAX_SECTORS`).
const IO_PAGES: u32 = 320;

/// Where a reader is, and what was read ahead last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadAhead {
    /// First page of the last window.
    start: u32,
    /// Its pages.
    size: u32,
    /// Pages behind the one that, once reached, has the next window read (`async_size`).
    ahead: u32,
    /// Pages of the largest window for small requests (`ra_pages`).
    most: u32,
    /// The last page of the last call (`prev_pos`).
    pub(crate) previous: u32,
}

/// Pages that are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: u32,
    pub(crate) pages: u32,
    /// The one of them that asks for more when it is reached (`PG_readahead`).
    pub(crate) marker: Option<u32>,
}

impl ReadAhead {
    pub(crate) fn new(most: u32) -> ReadAhead {
        ReadAhead { most, ..ReadAhead::default() }
    }

    /// Whether anything is read ahead at all.
    pub(crate) fn is_on(&self) -> bool {
        self.most > 0
    }

    /// Pages of the largest window for small requests.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// What to read for a call that wants `request` pages from `index` on. `marked` if that page is there and carries the
    /// marker, otherwise it is not there. `cached` says what else is there. Nothing if the pages behind are all there.
    pub(crate) fn window(
        &mut self,
        index: u32,
        request: u32,
        marked: bool,
        cached: impl Fn(u32) -> bool,
    ) -> Option<Window> {
        let most = if request > self.most { request.min(IO_PAGES).max(self.most) } else { self.most };
        let end = self.start + self.size;
        if index == 0 {
            self.begin(index, request, most);
        } else if index == end.wrapping_sub(self.ahead) || index == end {
            self.start = end;
            self.size = self.next_size(most);
            self.ahead = self.size;
        } else if marked {
            let missing = (index + 1..=index + most).find(|&page| !cached(page))?;
            self.start = missing;
            self.size = missing - index + request;
            self.size = self.next_size(most);
            self.ahead = self.size;
        } else if request > most || index.wrapping_sub(self.previous) <= 1 {
            self.begin(index, request, most);
        } else {
            // Pages that a reader from front to back would have left behind.
            let history = (1..most.min(index + 1)).take_while(|&back| cached(index - back)).count() as u32;
            if history <= request {
                return Some(Window { start: index, pages: request, marker: None });
            }
            let size = if history >= index { history * 2 } else { history };
            (self.start, self.size, self.ahead) = (index, (size + request).min(most), 1);
        }
        // A window that begins with its own marker takes the next one along.
        if index == self.start && self.size == self.ahead {
            let next = self.next_size(most);
            if self.size + next <= most {
                self.ahead = next;
                self.size += next;
            } else {
                self.size = most;
                self.ahead = most >> 1;
            }
        }
        let marker = (self.ahead > 0).then(|| self.start + self.size - self.ahead);
        Some(Window { start: self.start, pages: self.size, marker })
    }

    /// What to read around a page that a mapping has no page for (`do_sync_mmap_readahead`).
    pub(crate) fn around(&mut self, index: u32) -> Window {
        self.start = index.saturating_sub(self.most / 2);
        (self.size, self.ahead) = (self.most, self.most / 4);
        let marker = (self.ahead > 0).then(|| self.start + self.size - self.ahead);
        Window { start: self.start, pages: self.size, marker }
    }

    fn begin(&mut self, index: u32, request: u32, most: u32) {
        self.start = index;
        self.size = first_size(request, most);
        self.ahead = if self.size > request { self.size - request } else { self.size };
    }

    /// The next window is larger (`get_next_ra_size`).
    fn next_size(&self, most: u32) -> u32 {
        match self.size {
            size if size < most / 16 => size * 4,
            size if size <= most / 2 => size * 2,
            _ => most,
        }
    }
}

/// The first window (`get_init_ra_size`).
fn first_size(request: u32, most: u32) -> u32 {
    match request.next_power_of_two() {
        size if size <= most / 32 => size * 4,
        size if size <= most / 4 => size * 2,
        _ => most,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file from front to back in calls of so many pages; says which windows were read.
    fn read(most: u32, call: u32, pages: u32) -> Vec<(u32, u32)> {
        let mut ahead = ReadAhead::new(most);
        let (mut end, mut marker, mut windows) = (0, None, Vec::new());
        for index in 0..pages {
            let request = call - index % call;
            for marked in [true, false] {
                if if marked { marker == Some(index) } else { index >= end } {
                    let window = ahead.window(index, request, marked, |page| page < end).expect("a window");
                    windows.push((window.start, window.pages));
                    (end, marker) = (window.start + window.pages, window.marker);
                }
            }
            if request == 1 {
                ahead.previous = index;
            }
        }
        windows
    }

    #[test]
    fn windows_grow_while_a_file_is_read_from_front_to_back() {
        assert_eq!(read(32, 1, 60), [(0, 4), (4, 8), (12, 16), (28, 32), (60, 32)]);
    }

    #[test]
    fn large_calls_read_what_they_ask_for() {
        assert_eq!(read(32, 256, 700), [(0, 256), (256, 128), (384, 256), (640, 128), (768, 128)]);
    }

    #[test]
    fn a_page_by_chance_is_read_alone() {
        let mut ahead = ReadAhead::new(32);
        let alone = Window { start: 500, pages: 1, marker: None };
        assert_eq!(ahead.window(500, 1, false, |_| false), Some(alone));
        let with_history = ahead.window(500, 1, false, |page| page >= 490).expect("a window");
        assert_eq!((with_history.start, with_history.pages, with_history.marker), (500, 11, Some(510)));
    }

    #[test]
    fn a_fault_reads_around_its_page() {
        let window = ReadAhead::new(32).around(100);
        assert_eq!((window.start, window.pages, window.marker), (84, 32, Some(108)));
    }
}
