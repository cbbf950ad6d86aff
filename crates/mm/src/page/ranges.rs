//! Sorted, disjoint half-open ranges: which page frames are reserved.

/// A set of integers kept as ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RangeSet {
    ranges: Vec<(u64, u64)>,
}

impl RangeSet {
    /// Adds `start..end`, merging with what it touches.
    pub(crate) fn insert(&mut self, start: u64, end: u64) {
        if start >= end {
            return;
        }
        let from = self.ranges.partition_point(|r| r.1 < start);
        let to = self.ranges.partition_point(|r| r.0 <= end);
        let merged = self.ranges[from..to].iter().fold((start, end), |m, r| (m.0.min(r.0), m.1.max(r.1)));
        self.ranges.splice(from..to, [merged]);
    }

    /// Removes `start..end`.
    pub(crate) fn remove(&mut self, start: u64, end: u64) {
        let from = self.ranges.partition_point(|r| r.1 <= start);
        let to = self.ranges.partition_point(|r| r.0 < end);
        let kept: Vec<(u64, u64)> = self.ranges[from..to.max(from)]
            .iter()
            .flat_map(|r| [(r.0, r.1.min(start)), (r.0.max(end), r.1)])
            .filter(|r| r.0 < r.1)
            .collect();
        self.ranges.splice(from..to.max(from), kept);
    }

    /// Whether the value is in the set.
    pub(crate) fn contains(&self, value: u64) -> bool {
        let at = self.ranges.partition_point(|r| r.1 <= value);
        self.ranges.get(at).is_some_and(|r| r.0 <= value)
    }

    /// Whether any value of `start..end` is in the set.
    pub(crate) fn intersects(&self, start: u64, end: u64) -> bool {
        let at = self.ranges.partition_point(|r| r.1 <= start);
        self.ranges.get(at).is_some_and(|r| r.0 < end)
    }

    /// The ranges, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.ranges.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::RangeSet;

    #[test]
    fn ranges_merge_split_and_answer_membership() {
        let mut set = RangeSet::default();
        set.insert(10, 20);
        set.insert(30, 40);
        set.insert(20, 30);
        assert_eq!(set.iter().collect::<Vec<_>>(), [(10, 40)]);
        set.remove(15, 18);
        assert_eq!(set.iter().collect::<Vec<_>>(), [(10, 15), (18, 40)]);
        assert!(set.contains(14) && !set.contains(15) && set.contains(18) && !set.contains(40));
        assert!(set.intersects(0, 11) && !set.intersects(15, 18));
    }
}
