//! Maps from few or dense numbers, for what is looked up with every page: no tree to walk down.

/// A map of few keys: a sorted list.
#[derive(Clone, Debug)]
pub(crate) struct Few<V>(Vec<(u32, V)>);

impl<V> Default for Few<V> {
    fn default() -> Few<V> {
        Few(Vec::new())
    }
}

impl<V> Few<V> {
    #[inline]
    fn find(&self, key: u32) -> Result<usize, usize> {
        // Most maps have one or two keys, and the newest is asked for most.
        match self.0.last() {
            Some(last) if last.0 == key => Ok(self.0.len() - 1),
            _ => self.0.binary_search_by_key(&key, |entry| entry.0),
        }
    }

    #[inline]
    pub(crate) fn get(&self, key: &u32) -> Option<&V> {
        self.find(*key).ok().map(|at| &self.0[at].1)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: &u32) -> Option<&mut V> {
        self.find(*key).ok().map(|at| &mut self.0[at].1)
    }

    pub(crate) fn contains_key(&self, key: &u32) -> bool {
        self.find(*key).is_ok()
    }

    /// The value of a key, which is made if there is none.
    #[inline]
    pub(crate) fn get_or_insert_with(&mut self, key: u32, make: impl FnOnce() -> V) -> &mut V {
        let at = match self.find(key) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (key, make()));
                at
            }
        };
        &mut self.0[at].1
    }

    pub(crate) fn insert(&mut self, key: u32, value: V) {
        match self.find(key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    pub(crate) fn remove(&mut self, key: &u32) {
        if let Ok(at) = self.find(*key) {
            self.0.remove(at);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|entry| &entry.1)
    }

    /// The entries from a key on, ascending.
    pub(crate) fn from(&self, key: u32) -> impl Iterator<Item = (u32, &V)> {
        let at = self.0.partition_point(|entry| entry.0 < key);
        self.0[at..].iter().map(|entry| (entry.0, &entry.1))
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(u32, &mut V) -> bool) {
        self.0.retain_mut(|entry| keep(entry.0, &mut entry.1));
    }
}

/// A map whose keys are below some hundreds or thousands: a place for each up to the largest.
#[derive(Clone, Debug)]
pub(crate) struct Dense<V> {
    places: Vec<Option<V>>,
    count: u32,
}

impl<V> Default for Dense<V> {
    fn default() -> Dense<V> {
        Dense { places: Vec::new(), count: 0 }
    }
}

impl<V> Dense<V> {
    #[inline]
    pub(crate) fn get(&self, key: &u16) -> Option<&V> {
        self.places.get(usize::from(*key))?.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: &u16) -> Option<&mut V> {
        self.places.get_mut(usize::from(*key))?.as_mut()
    }

    /// The value of a key, which is made if there is none.
    #[inline]
    pub(crate) fn get_or_insert_with(&mut self, key: u16, make: impl FnOnce() -> V) -> &mut V {
        let at = usize::from(key);
        if self.places.len() <= at {
            self.places.resize_with(at + 1, || None);
        }
        self.count += u32::from(self.places[at].is_none());
        self.places[at].get_or_insert_with(make)
    }

    pub(crate) fn insert(&mut self, key: u16, value: V) {
        let at = usize::from(key);
        if self.places.len() <= at {
            self.places.resize_with(at + 1, || None);
        }
        self.count += u32::from(self.places[at].replace(value).is_none());
    }

    pub(crate) fn remove(&mut self, key: &u16) {
        let taken = self.places.get_mut(usize::from(*key)).and_then(Option::take);
        self.count -= u32::from(taken.is_some());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.places.iter().flatten()
    }

    /// The entries from a key on, ascending.
    pub(crate) fn from(&self, key: u16) -> impl Iterator<Item = (u16, &V)> {
        let entries = self.places.iter().enumerate().skip(usize::from(key));
        entries.filter_map(|(at, value)| Some((at as u16, value.as_ref()?)))
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(u16, &mut V) -> bool) {
        for (at, place) in self.places.iter_mut().enumerate() {
            if place.as_mut().is_some_and(|value| !keep(at as u16, value)) {
                *place = None;
                self.count -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_keys_stay_sorted() {
        let mut map = Few::default();
        for key in [7, 1, 4, 7] {
            map.insert(key, key * 2);
        }
        assert_eq!((map.len(), map.get(&4), map.get(&5)), (3, Some(&8), None));
        assert_eq!(map.from(2).map(|entry| entry.0).collect::<Vec<_>>(), [4, 7]);
        map.remove(&4);
        map.retain(|key, _| key != 1);
        assert_eq!(map.values().collect::<Vec<_>>(), [&14]);
    }

    #[test]
    fn dense_keys_are_counted() {
        let mut map = Dense::default();
        for key in [7, 1, 4, 7] {
            map.insert(key, key * 2);
        }
        assert_eq!((map.len(), map.get(&4), map.get(&500)), (3, Some(&8), None));
        map.remove(&4);
        map.remove(&9);
        assert_eq!(map.from(2).collect::<Vec<_>>(), [(7, &14)]);
        map.retain(|key, _| key == 9);
        assert!(map.is_empty());
    }
}
