//! Interned sets of the caller's actions, so that a set of possible outcomes is one small number.
use rustc_hash::FxHashMap;

pub(super) struct ActionSets {
    /// Ascending, duplicate-free; the first is the empty set.
    sets: Vec<Box<[u32]>>,
    ids: FxHashMap<Box<[u32]>, u32>,
    unions: FxHashMap<(u32, u32), u32>,
}

impl Default for ActionSets {
    fn default() -> ActionSets {
        ActionSets::new()
    }
}

/// Sixteen bits of a terminal name the set.
const LIMIT: usize = 1 << 16;

impl ActionSets {
    pub(super) fn new() -> ActionSets {
        let empty: Box<[u32]> = Box::default();
        ActionSets {
            sets: vec![empty.clone()],
            ids: FxHashMap::from_iter([(empty, 0)]),
            unions: FxHashMap::default(),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(super) fn get(&self, id: u32) -> &[u32] {
        self.sets.get(id as usize).map_or(&[], |set| set)
    }

    /// `None` when all ids are used.
    pub(super) fn singleton(&mut self, action: u32) -> Option<u32> {
        self.intern(Box::new([action]))
    }

    /// `None` when all ids are used.
    pub(super) fn union(&mut self, a: u32, b: u32) -> Option<u32> {
        let key = (a.min(b), a.max(b));
        if let Some(id) = self.unions.get(&key) {
            return Some(*id);
        }
        let mut set: Vec<u32> = self.get(a).iter().chain(self.get(b)).copied().collect();
        set.sort_unstable();
        set.dedup();
        let id = self.intern(set.into_boxed_slice())?;
        self.unions.insert(key, id);
        Some(id)
    }

    fn intern(&mut self, set: Box<[u32]>) -> Option<u32> {
        if let Some(id) = self.ids.get(&set) {
            return Some(*id);
        }
        if self.sets.len() >= LIMIT {
            return None;
        }
        let id = self.sets.len() as u32;
        self.sets.push(set.clone());
        self.ids.insert(set, id);
        Some(id)
    }
}
