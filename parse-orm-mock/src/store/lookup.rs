//! Indexes that spare a scan: where the rows with a value are, and the rows in the order of a field.
//!
//! They only say which rows to look at. Nobody declares them: the first find that one would help makes it, and from
//! then on every write minds it. What the application declares is for `hint` and for unique values.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::Row;
use super::path::Path;
use crate::value::{compare, hash};

/// How many a class has of one kind; what comes later is scanned. Each makes writes slower.
const MOST: usize = 16;

/// An index of one path, which holds rows by their places.
pub(super) trait Lookup: Default {
    fn add(&mut self, path: &Path, place: u64, row: &Row);
    fn remove(&mut self, path: &Path, place: u64, row: &Row);
}

/// The indexes of one kind that a class has.
#[derive(Debug)]
pub(super) struct Lookups<L>([OnceLock<(Path, L)>; MOST]);

impl<L> Default for Lookups<L> {
    fn default() -> Self {
        Self([const { OnceLock::new() }; MOST])
    }
}

impl<L: Lookup> Lookups<L> {
    /// The index of a path, made of these rows if there is none; none where there are too many.
    pub(super) fn get(&self, path: &Path, rows: &BTreeMap<u64, Arc<Row>>) -> Option<&L> {
        let slots = self.0.iter();
        let slot = slots
            .into_iter()
            .find(|slot| slot.get().is_none_or(|(known, _)| known == path))?;
        let (_, lookup) = slot.get_or_init(|| {
            let mut lookup = L::default();
            for (place, row) in rows {
                lookup.add(path, *place, row);
            }
            (path.clone(), lookup)
        });
        Some(lookup)
    }

    pub(super) fn add(&mut self, place: u64, row: &Row) {
        for (path, lookup) in self.0.iter_mut().filter_map(OnceLock::get_mut) {
            lookup.add(path, place, row);
        }
    }

    pub(super) fn remove(&mut self, place: u64, row: &Row) {
        for (path, lookup) in self.0.iter_mut().filter_map(OnceLock::get_mut) {
            lookup.remove(path, place, row);
        }
    }
}

/// The places of the rows that hold a value, by its hash: there may be more than hold it. Of an array every element
/// is held, too. Nothing and null are not in it.
#[derive(Debug, Default)]
pub(super) struct Equal(BTreeSet<(u64, u64)>);

impl Equal {
    /// The places for a value, in order.
    pub(super) fn places(&self, value: &Value) -> impl Iterator<Item = u64> {
        let hash = hash(value);
        self.0
            .range((hash, u64::MIN)..=(hash, u64::MAX))
            .map(|(_, place)| *place)
    }
}

impl Lookup for Equal {
    fn add(&mut self, path: &Path, place: u64, row: &Row) {
        for hash in hashes(path, row) {
            self.0.insert((hash, place));
        }
    }

    fn remove(&mut self, path: &Path, place: u64, row: &Row) {
        for hash in hashes(path, row) {
            self.0.remove(&(hash, place));
        }
    }
}

/// The hashes of the values that a condition on a path could equal.
fn hashes(path: &Path, row: &Row) -> Vec<u64> {
    let mut hashes = Vec::new();
    path.any(row, &mut |leaf| {
        if let Some(value) = leaf.filter(|value| !value.is_null()) {
            hashes.push(hash(value));
            hashes.extend(value.as_array().into_iter().flatten().map(hash));
        }
        // Nothing is enough: all values are to be seen.
        false
    });
    hashes
}

/// A value in the order of the database.
#[derive(Debug, Clone)]
struct Key(Value);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

/// Values from one to another.
pub(crate) type Span<'v> = (Bound<&'v Value>, Bound<&'v Value>);

/// The places of all rows by the value that they sort by; a missing one is null.
#[derive(Debug, Default)]
pub(crate) struct Ordered {
    /// The places of equal rows are in order.
    places: BTreeMap<Key, Vec<u64>>,
    /// How many rows have an array there: they sort by another element when the order is a descending one.
    arrays: usize,
}

impl Ordered {
    /// The places of the rows in these spans, or of all rows; those that are equal come together. None while there
    /// are arrays.
    pub(crate) fn groups<'a>(
        &'a self,
        spans: Option<Vec<Span<'_>>>,
        descending: bool,
    ) -> Option<Box<dyn Iterator<Item = &'a [u64]> + 'a>> {
        if self.arrays > 0 {
            return None;
        }
        let all = || vec![(Bound::Unbounded, Bound::Unbounded)];
        let spans = apart(spans.unwrap_or_else(all));
        let ranges = spans.into_iter().map(|(from, to)| {
            let key = |value: &Value| Key(value.clone());
            self.places.range((from.map(key), to.map(key)))
        });
        let ranges: Vec<_> = ranges.collect();
        let places = |(_, places): (&'a Key, &'a Vec<u64>)| places.as_slice();
        Some(if descending {
            Box::new(ranges.into_iter().rev().flat_map(Iterator::rev).map(places))
        } else {
            Box::new(ranges.into_iter().flatten().map(places))
        })
    }
}

impl Lookup for Ordered {
    fn add(&mut self, path: &Path, place: u64, row: &Row) {
        self.arrays += usize::from(path.meets_array(row));
        let places = self.places.entry(key(path, row)).or_default();
        if let Err(between) = places.binary_search(&place) {
            places.insert(between, place);
        }
    }

    fn remove(&mut self, path: &Path, place: u64, row: &Row) {
        self.arrays -= usize::from(path.meets_array(row));
        let key = key(path, row);
        let Some(places) = self.places.get_mut(&key) else {
            return;
        };
        if let Ok(known) = places.binary_search(&place) {
            places.remove(known);
        }
        if places.is_empty() {
            self.places.remove(&key);
        }
    }
}

fn key(path: &Path, row: &Row) -> Key {
    Key(path.sort_value(row, false).cloned().unwrap_or_default())
}

/// The same spans in their order, none of them empty, and no two with anything in common.
fn apart(mut spans: Vec<Span<'_>>) -> Vec<Span<'_>> {
    spans.retain(|span| !is_empty(span));
    spans.sort_by(|(a, _), (b, _)| from_order(*a, *b));
    let mut apart: Vec<Span<'_>> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            // The next one begins before this one ends.
            Some(last) if !is_empty(&(span.0, last.1)) => {
                if to_order(last.1, span.1) == Ordering::Less {
                    last.1 = span.1;
                }
            }
            _ => apart.push(span),
        }
    }
    apart
}

/// What two lists of spans have in common.
pub(crate) fn common<'v>(a: Vec<Span<'v>>, b: Vec<Span<'v>>) -> Vec<Span<'v>> {
    let pairs = a.iter().flat_map(|(from, to)| {
        b.iter().map(move |(other_from, other_to)| {
            (
                std::cmp::max_by(*from, *other_from, |a, b| from_order(*a, *b)),
                std::cmp::min_by(*to, *other_to, |a, b| to_order(*a, *b)),
            )
        })
    });
    pairs.filter(|span| !is_empty(span)).collect()
}

/// Whether no value can be in it: such a range is a panic of the map, or begins where another ends.
fn is_empty((from, to): &Span<'_>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => compare(from, to) == Ordering::Greater,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
            compare(from, to) != Ordering::Less
        }
    }
}

/// Which of two beginnings is the first.
fn from_order(a: Bound<&Value>, b: Bound<&Value>) -> Ordering {
    let excludes = |bound: &Bound<&Value>| matches!(bound, Bound::Excluded(_));
    match (a, b) {
        (Bound::Unbounded, Bound::Unbounded) => Ordering::Equal,
        (Bound::Unbounded, _) => Ordering::Less,
        (_, Bound::Unbounded) => Ordering::Greater,
        (Bound::Included(x) | Bound::Excluded(x), Bound::Included(y) | Bound::Excluded(y)) => {
            compare(x, y).then(excludes(&a).cmp(&excludes(&b)))
        }
    }
}

/// Which of two ends is the first.
fn to_order(a: Bound<&Value>, b: Bound<&Value>) -> Ordering {
    let includes = |bound: &Bound<&Value>| matches!(bound, Bound::Included(_));
    match (a, b) {
        (Bound::Unbounded, Bound::Unbounded) => Ordering::Equal,
        (Bound::Unbounded, _) => Ordering::Greater,
        (_, Bound::Unbounded) => Ordering::Less,
        (Bound::Included(x) | Bound::Excluded(x), Bound::Included(y) | Bound::Excluded(y)) => {
            compare(x, y).then(includes(&a).cmp(&includes(&b)))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spans_come_apart() {
        let n: Vec<Value> = (0..10).map(|n| json!(n)).collect();
        let (inc, exc) = (Bound::Included, Bound::Excluded);
        let spans = vec![
            (exc(&n[5]), Bound::Unbounded),
            (inc(&n[5]), inc(&n[5])),
            (inc(&n[1]), exc(&n[3])),
            (exc(&n[2]), inc(&n[2])),
            (inc(&n[2]), inc(&n[3])),
            (inc(&n[9]), inc(&n[8])),
            (inc(&n[9]), inc(&n[9])),
        ];
        let wanted = vec![
            (inc(&n[1]), inc(&n[3])),
            (inc(&n[5]), inc(&n[5])),
            (exc(&n[5]), Bound::Unbounded),
        ];
        assert_eq!(apart(spans), wanted);
    }
}
