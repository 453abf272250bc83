//! Sets of doubts that ways share: one that may do anything makes thousands of ways with nearly the same doubts.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::thread::Doubt;

/// Doubts, ascending. Copies are cheap.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubts(Rc<Vec<Rc<Doubt>>>);

impl Doubts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many are taken as true.
    pub fn held(&self) -> usize {
        self.0.iter().filter(|d| d.held).count()
    }

    /// Adds one.
    pub fn insert(&mut self, doubt: Doubt) {
        if let Err(at) = self.0.binary_search_by(|d| (**d).cmp(&doubt)) {
            Rc::make_mut(&mut self.0).insert(at, Rc::new(doubt));
        }
    }

    /// Whether `other` has all of them.
    pub fn is_subset(&self, other: &Doubts) -> bool {
        self.len() <= other.len() && self.merged(other).all(|side| !matches!(side, Side::Left(_)))
    }

    /// Those in one of two sets only.
    pub fn apart<'a>(&'a self, other: &'a Doubts) -> impl Iterator<Item = &'a Doubt> {
        self.merged(other).filter_map(|side| match side {
            Side::Left(doubt) | Side::Right(doubt) => Some(&**doubt),
            Side::Both(_) => None,
        })
    }

    /// Those in both.
    pub fn intersection(&self, other: &Doubts) -> Doubts {
        let both = self.merged(other).filter_map(|side| match side {
            Side::Both(doubt) => Some(doubt.clone()),
            Side::Left(_) | Side::Right(_) => None,
        });
        Doubts(Rc::new(both.collect()))
    }

    /// Those in either.
    pub fn union(&self, other: &Doubts) -> Doubts {
        let all = self.merged(other).map(|side| match side {
            Side::Left(doubt) | Side::Right(doubt) | Side::Both(doubt) => doubt.clone(),
        });
        Doubts(Rc::new(all.collect()))
    }

    /// As a set of its own.
    pub fn set(&self) -> BTreeSet<Rc<Doubt>> {
        self.0.iter().cloned().collect()
    }

    fn merged<'a>(&'a self, other: &'a Doubts) -> impl Iterator<Item = Side<'a>> {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        std::iter::from_fn(move || {
            let order = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if Rc::ptr_eq(a, b) => Ordering::Equal,
                (Some(a), Some(b)) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            match order {
                Ordering::Less => left.next().map(Side::Left),
                Ordering::Greater => right.next().map(Side::Right),
                Ordering::Equal => {
                    right.next();
                    left.next().map(Side::Both)
                }
            }
        })
    }
}

/// Where a doubt of two sets is.
enum Side<'a> {
    Left(&'a Rc<Doubt>),
    Right(&'a Rc<Doubt>),
    Both(&'a Rc<Doubt>),
}
