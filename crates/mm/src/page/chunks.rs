//! Records by number, made a chunk at a time.

/// Records of which most were never changed. `N` neighbors, a power of two, are made when one of them first is.
#[derive(Clone)]
pub(crate) struct Chunks<T, const N: usize>(Vec<Option<Box<[T; N]>>>);

impl<T, const N: usize> Default for Chunks<T, N> {
    fn default() -> Chunks<T, N> {
        Chunks(Vec::new())
    }
}

impl<T: Copy + Default, const N: usize> Chunks<T, N> {
    /// Room for so many records, which may be one more than an index can count; none of them made.
    pub(crate) fn new(records: u64) -> Chunks<T, N> {
        const { assert!(N.is_power_of_two()) };
        Chunks(vec![None; records.div_ceil(N as u64) as usize])
    }

    /// A record, if its chunk was made.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        Some(&self.0.get(at / N)?.as_deref()?[at % N])
    }

    /// A record, to be changed.
    #[inline]
    pub(crate) fn get_mut(&mut self, at: usize) -> &mut T {
        let chunk = &mut self.0[at / N];
        &mut chunk.get_or_insert_with(blank)[at % N]
    }

    /// Whether the chunk of a record was made.
    pub(crate) fn has_chunk(&self, at: usize) -> bool {
        self.0.get(at / N).is_some_and(Option::is_some)
    }

    /// Whether any chunk was made of so many records from one on.
    pub(crate) fn has_chunks(&self, first: usize, records: usize) -> bool {
        let chunks = self.0.iter().skip(first / N).take(records.div_ceil(N));
        chunks.flatten().next().is_some()
    }

    /// Bytes that the records occupy.
    pub(crate) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<usize>() + self.0.iter().flatten().count() * size_of::<[T; N]>()
    }
}

#[cold]
#[inline(never)]
fn blank<T: Copy + Default, const N: usize>() -> Box<[T; N]> {
    Box::new([T::default(); N])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbors_are_made_together_and_others_are_not() {
        let mut records: Chunks<u16, 8> = Chunks::new(20);
        assert_eq!((records.get(9), records.get(99)), (None, None));
        *records.get_mut(9) = 7;
        assert_eq!([8, 9, 15].map(|at| records.get(at).copied()), [Some(0), Some(7), Some(0)]);
        assert!(!records.has_chunk(7) && records.has_chunk(8) && !records.has_chunk(16));
        assert!(!records.has_chunks(0, 8) && records.has_chunks(0, 9) && records.has_chunks(8, 1));
        assert!(!records.has_chunks(16, 8));
        assert_eq!(records.bytes(), 3 * size_of::<usize>() + 16);
    }
}
