//! Places that are used again.

/// What it holds, each in a place that it keeps.
pub(super) struct Room<T> {
    pub(super) places: Vec<T>,
    /// Places that are left.
    pub(super) free: Vec<u32>,
}

impl<T> Default for Room<T> {
    fn default() -> Room<T> {
        Room { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Room<T> {
    /// How many it holds.
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Gives another a place of its own.
    pub(super) fn add(&mut self, one: T) -> usize {
        match self.free.pop() {
            Some(at) => {
                self.places[at as usize] = one;
                at as usize
            }
            None => self.add_behind(one),
        }
    }

    /// A place for another one, with the memory of what was there, or new memory.
    #[inline]
    pub(super) fn vacancy(&mut self, new: impl FnOnce() -> T) -> usize {
        match self.free.pop() {
            Some(at) => at as usize,
            None => self.add_behind(new()),
        }
    }

    fn add_behind(&mut self, one: T) -> usize {
        assert!(self.places.len() < u32::MAX as usize / 2, "two billion cases are live");
        self.places.push(one);
        self.places.len() - 1
    }

    /// A place is free.
    #[inline]
    pub(super) fn vacate(&mut self, at: usize) {
        self.free.push(at as u32);
    }
}
