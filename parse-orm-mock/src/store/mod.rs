//! The database: classes with their schema and rows, and the join tables of relations. Memory only.

pub(crate) mod schema;

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::{Map, Value};

use schema::Schema;

/// One object: `objectId`, `createdAt`, `updatedAt`, then the fields, in the canonical spelling that
/// [`crate::write::canonical`] gives them.
pub(crate) type Row = Map<String, Value>;

/// The length of an object id.
const ID_LENGTH: usize = 10;

/// All data of one server.
#[derive(Debug, Default)]
pub(crate) struct Store {
    classes: HashMap<String, Class>,
    /// Members by owner, per relation: `(owning class, key) -> owner id -> related ids`.
    joins: HashMap<(String, String), HashMap<String, IndexSet<String>>>,
    ids: RandomState,
    drawn: u64,
}

/// The schema and the rows of a class.
#[derive(Debug, Default)]
pub(crate) struct Class {
    pub(crate) schema: Schema,
    /// Rows by insertion, which is the order of a query without `order`.
    rows: BTreeMap<u64, Arc<Row>>,
    by_id: HashMap<String, u64>,
    inserted: u64,
}

impl Store {
    pub(crate) fn class(&self, name: &str) -> Option<&Class> {
        self.classes.get(name)
    }

    pub(crate) fn class_mut(&mut self, name: &str) -> Option<&mut Class> {
        self.classes.get_mut(name)
    }

    /// The class, created when it is new.
    pub(crate) fn ensure_class(&mut self, name: &str) -> &mut Class {
        if !self.classes.contains_key(name) {
            self.classes.insert(name.to_owned(), Class::default());
        }
        self.classes.entry(name.to_owned()).or_default()
    }

    pub(crate) fn class_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.classes.keys().cloned().collect();
        names.sort();
        names
    }

    /// A new object id.
    pub(crate) fn draw_id(&mut self) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut id = String::with_capacity(ID_LENGTH);
        // 62^10 is below 2^60: one keyed hash of a counter gives all ten letters.
        let mut bits = self.ids.hash_one(self.drawn);
        self.drawn += 1;
        for _ in 0..ID_LENGTH {
            let letter = usize::try_from(bits % 62).unwrap_or_default();
            id.push(char::from(ALPHABET[letter]));
            bits /= 62;
        }
        id
    }

    pub(crate) fn relate(&mut self, class: &str, key: &str, owner: &str, related: &str) {
        self.joins
            .entry((class.to_owned(), key.to_owned()))
            .or_default()
            .entry(owner.to_owned())
            .or_default()
            .insert(related.to_owned());
    }

    pub(crate) fn unrelate(&mut self, class: &str, key: &str, owner: &str, related: &str) {
        let join = self.joins.get_mut(&(class.to_owned(), key.to_owned()));
        if let Some(members) = join.and_then(|join| join.get_mut(owner)) {
            members.shift_remove(related);
        }
    }

    /// The members of one owner's relation.
    pub(crate) fn related_ids(&self, class: &str, key: &str, owner: &str) -> Vec<String> {
        let join = self.joins.get(&(class.to_owned(), key.to_owned()));
        join.and_then(|join| join.get(owner))
            .map(|members| members.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// The owners whose relation holds one of these members.
    pub(crate) fn owning_ids(&self, class: &str, key: &str, related: &[String]) -> Vec<String> {
        let Some(join) = self.joins.get(&(class.to_owned(), key.to_owned())) else {
            return Vec::new();
        };
        join.iter()
            .filter(|(_, members)| related.iter().any(|id| members.contains(id)))
            .map(|(owner, _)| owner.clone())
            .collect()
    }
}

impl Class {
    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Row>> {
        self.by_id.get(id).and_then(|place| self.rows.get(place))
    }

    /// Rows in the order of insertion.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows with these ids, in the order of insertion.
    pub(crate) fn rows_of<'a>(&'a self, ids: impl Iterator<Item = &'a str>) -> Vec<&'a Arc<Row>> {
        let mut places: Vec<u64> = ids.filter_map(|id| self.by_id.get(id).copied()).collect();
        places.sort_unstable();
        places.dedup();
        places.iter().filter_map(|place| self.rows.get(place)).collect()
    }

    /// Adds a row; `false` when the id is taken.
    pub(crate) fn insert(&mut self, id: &str, row: Row) -> bool {
        if self.by_id.contains_key(id) {
            return false;
        }
        self.by_id.insert(id.to_owned(), self.inserted);
        self.rows.insert(self.inserted, Arc::new(row));
        self.inserted += 1;
        true
    }

    pub(crate) fn replace(&mut self, id: &str, row: Row) {
        if let Some(place) = self.by_id.get(id) {
            self.rows.insert(*place, Arc::new(row));
        }
    }

    pub(crate) fn remove(&mut self, id: &str) -> bool {
        self.by_id
            .remove(id)
            .is_some_and(|place| self.rows.remove(&place).is_some())
    }
}
