//! Which page comes next.

use crate::scenario::Pattern;
use buddyscope_mm::rng::Rng;

/// Whole thousandths.
const ALL: u64 = 1000;

/// Goes through `pages` pages in the order of a pattern.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    pattern: Pattern,
    pages: u64,
    /// How many of them come first: the hot ones.
    hot_pages: u64,
    /// Where in the present pass it is, and passes before that.
    at: u64,
    passes: u64,
}

impl Walk {
    /// A walk that has not begun. An empty range counts as one page.
    pub(super) fn new(pattern: Pattern, pages: u64) -> Walk {
        let pages = pages.max(1);
        let hot = if let Pattern::Hot { hot, .. } = pattern { u64::from(hot) } else { 0 };
        let hot_pages = (pages * hot / ALL).clamp(1, pages);
        Walk { pattern, pages, hot_pages, at: 0, passes: 0 }
    }

    /// Times the whole was gone through.
    pub(super) fn passes(&self) -> u64 {
        self.passes
    }

    /// The next page, counted from 0.
    #[inline]
    pub(super) fn next(&mut self, rng: &mut Rng) -> u64 {
        let page = match self.pattern {
            Pattern::Sequential => self.at,
            Pattern::Random => rng.below(self.pages),
            Pattern::Hot { heat, .. } => self.next_hot(u64::from(heat), rng),
        };
        self.at += 1;
        if self.at == self.pages {
            (self.at, self.passes) = (0, self.passes + 1);
        }
        page
    }

    fn next_hot(&self, heat: u64, rng: &mut Rng) -> u64 {
        let hot_pages = self.hot_pages;
        if rng.below(ALL) < heat || hot_pages == self.pages {
            rng.below(hot_pages)
        } else {
            hot_pages + rng.below(self.pages - hot_pages)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequential_walk_begins_again_at_the_end() {
        let mut walk = Walk::new(Pattern::Sequential, 3);
        let mut rng = Rng::new(1);
        let pages: Vec<u64> = (0..7).map(|_| walk.next(&mut rng)).collect();
        assert_eq!(pages, [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(walk.passes(), 2);
    }

    #[test]
    fn heat_goes_to_the_hot_pages() {
        let mut walk = Walk::new(Pattern::Hot { hot: 100, heat: 900 }, 1000);
        let mut rng = Rng::new(1);
        let hot = (0..10_000).filter(|_| walk.next(&mut rng) < 100).count();
        assert!((8800..9200).contains(&hot), "{hot}");
    }
}
