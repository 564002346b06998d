//! The database: classes with their schema and rows, and the join tables of relations. Memory only.

mod builtin;
pub(crate) mod definition;
mod journal;
pub(crate) mod lookup;
pub(crate) mod path;
pub(crate) mod permissions;
pub(crate) mod schema;
mod unique;

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::ops::Bound;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};

use crate::options::Index;
use journal::{Member, Undo};
use lookup::{Equal, Lookups, Ordered};
use path::Path;
use schema::Schema;
use unique::UniqueIndex;

/// One object: `objectId`, `createdAt`, `updatedAt`, then the fields, in the canonical spelling that
/// [`canonical`](crate::write::canonical::canonical) gives them.
pub(crate) type Row = Map<String, Value>;

/// The length of an object id.
const ID_LENGTH: usize = 10;

/// From so many rows on an index is worth its while.
const LARGE: usize = 1_000;

/// All data of one server.
#[derive(Debug, Default)]
pub(crate) struct Store {
    classes: HashMap<String, Class>,
    /// Members by owner, per relation: `(owning class, key) -> owner id -> related ids`.
    joins: HashMap<(String, String), IndexMap<String, IndexSet<String>>>,
    /// A class gets its own when it comes to be.
    indexes: Vec<Index>,
    /// `params` and `masterKeyOnly` of the configuration; none until something is written.
    pub(crate) config: Option<Row>,
    /// What to undo, while a transaction runs. Schemas are not in it: on the real server, too, a class or a
    /// field that a failed transaction made stays.
    journal: Option<Vec<Undo>>,
    ids: RandomState,
    drawn: u64,
}

/// A value that must be unique is taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken;

/// The schema and the rows of a class.
#[derive(Debug, Default)]
pub(crate) struct Class {
    pub(crate) schema: Schema,
    /// Rows by insertion, which is the order of a query without `order`.
    rows: BTreeMap<u64, Arc<Row>>,
    by_id: BTreeMap<String, u64>,
    inserted: u64,
    indexes: Vec<Index>,
    unique: Vec<UniqueIndex>,
    /// The indexes that the class's definition names, with their keys.
    pub(crate) declared: Map<String, Value>,
    equal: Lookups<Equal>,
    ordered: Lookups<Ordered>,
}

impl Store {
    /// An empty store with these indexes.
    pub(crate) fn new(indexes: &[Index]) -> Self {
        let own = [("_Session", "sessionToken"), ("_Role", "name")]
            .map(|(class, field)| Index::new(class.to_owned(), [field.to_owned()], true));
        let mut store = Self {
            indexes: indexes.iter().cloned().chain(own).collect(),
            ..Self::default()
        };
        // Every server has these.
        for class in ["_User", "_Role"] {
            store.ensure_class(class);
        }
        store
    }

    pub(crate) fn class(&self, name: &str) -> Option<&Class> {
        self.classes.get(name)
    }

    /// The rows of a class that may have one of these values at its path, in the order of insertion.
    pub(crate) fn rows_with(&self, class: &str, values: &[(Path, &Value)]) -> Vec<&Arc<Row>> {
        let Some(class) = self.class(class) else {
            return Vec::new();
        };
        let places = values
            .iter()
            .map(|(path, value)| class.places_equal(path, std::slice::from_ref(*value), usize::MAX));
        match places.collect::<Option<Vec<_>>>() {
            Some(places) => {
                let places = in_order(places.concat()).into_iter();
                places.filter_map(|place| class.at(place)).collect()
            }
            None => class.rows().collect(),
        }
    }

    /// The class, created when it is new.
    pub(crate) fn ensure_class(&mut self, name: &str) -> &mut Class {
        // Two look-ups: `entry` alone would copy the name of a class that exists.
        if !self.classes.contains_key(name) {
            let indexes: Vec<Index> = self
                .indexes
                .iter()
                .filter(|index| index.class == name)
                .cloned()
                .collect();
            let class = Class {
                schema: Schema::of(name),
                unique: indexes
                    .iter()
                    .filter(|index| index.unique)
                    .map(UniqueIndex::new)
                    .collect(),
                indexes,
                ..Class::default()
            };
            self.classes.insert(name.to_owned(), class);
        }
        self.classes.entry(name.to_owned()).or_default()
    }

    /// Adds a row to a class.
    pub(crate) fn insert(&mut self, class: &str, id: &str, row: Row) -> Result<(), Taken> {
        self.ensure_class(class).insert(id, row)?;
        self.note(|| Undo::Remove {
            class: class.to_owned(),
            id: id.to_owned(),
        });
        Ok(())
    }

    /// Replaces a row that is there.
    pub(crate) fn replace(&mut self, class: &str, id: &str, row: Row) -> Result<(), Taken> {
        let old = self.ensure_class(class).replace(id, Arc::new(row))?;
        if let Some(row) = old {
            self.note(|| Undo::Replace {
                class: class.to_owned(),
                id: id.to_owned(),
                row,
            });
        }
        Ok(())
    }

    /// Changes fields of a row that is there, which nothing else hangs on.
    pub(crate) fn amend(&mut self, class: &str, id: &str, change: impl FnOnce(&mut Row)) {
        let Some(row) = self.class(class).and_then(|class| class.get(id)) else {
            return;
        };
        let mut row = Row::clone(row);
        change(&mut row);
        // No unique value is among them.
        let _ = self.replace(class, id, row);
    }

    /// Removes a row; `false` when there is none.
    pub(crate) fn remove(&mut self, class: &str, id: &str) -> bool {
        let removed = self.classes.get_mut(class).and_then(|class| class.remove(id));
        let Some((place, row)) = removed else { return false };
        self.note(|| Undo::PutBack {
            class: class.to_owned(),
            id: id.to_owned(),
            place,
            row,
        });
        true
    }

    fn note(&mut self, undo: impl FnOnce() -> Undo) {
        if let Some(journal) = &mut self.journal {
            journal.push(undo());
        }
    }

    /// From here on [`rollback`](Self::rollback) can undo what is done.
    pub(crate) fn begin(&mut self) {
        self.journal = Some(Vec::new());
    }

    /// Ends a transaction and keeps what it did.
    pub(crate) fn commit(&mut self) {
        self.journal = None;
    }

    /// Ends a transaction and undoes what it did; without one nothing happens.
    pub(crate) fn rollback(&mut self) {
        for undo in self.journal.take().into_iter().flatten().rev() {
            match undo {
                Undo::Remove { class, id } => {
                    self.remove(&class, &id);
                }
                Undo::Replace { class, id, row } => {
                    // The values were free before: nobody else can hold them now.
                    let _ = self.ensure_class(&class).replace(&id, row);
                }
                Undo::PutBack {
                    class,
                    id,
                    place,
                    row,
                } => self.ensure_class(&class).put(&id, place, row),
                Undo::Unrelate(member) => {
                    self.members_of(&member).shift_remove(&member.related);
                }
                Undo::Relate(member, place) => {
                    let members = self.members_of(&member);
                    members.shift_insert(place.min(members.len()), member.related);
                }
            }
        }
    }

    fn members_of(&mut self, member: &Member) -> &mut IndexSet<String> {
        self.joins
            .entry((member.class.clone(), member.key.clone()))
            .or_default()
            .entry(member.owner.clone())
            .or_default()
    }

    /// Drops a class: its definition and what its relations hold.
    pub(crate) fn drop_class(&mut self, name: &str) {
        self.classes.remove(name);
        self.joins.retain(|(class, _), _| class != name);
    }

    /// Removes every row of a class; what its relations hold stays, as on the real server.
    pub(crate) fn purge(&mut self, name: &str) {
        let ids: Vec<String> = self
            .class(name)
            .into_iter()
            .flat_map(|class| class.by_id.keys().cloned())
            .collect();
        for id in ids {
            self.remove(name, &id);
        }
    }

    /// Removes a field from a class and from its rows.
    pub(crate) fn drop_field(&mut self, name: &str, field: &str) {
        let Some(class) = self.classes.get_mut(name) else {
            return;
        };
        class.schema.forget(field);
        let holders = class.rows().filter(|row| row.contains_key(field));
        let holders: Vec<Arc<Row>> = holders.map(Arc::clone).collect();
        for row in holders {
            let mut row = Row::clone(&row);
            row.shift_remove(field);
            if let Some(id) = row.get("objectId").and_then(Value::as_str).map(str::to_owned) {
                // Less cannot be in anybody's way.
                let _ = class.replace(&id, Arc::new(row));
            }
        }
        self.joins.remove(&(name.to_owned(), field.to_owned()));
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
        let member = Member::new(class, key, owner, related);
        if self.members_of(&member).insert(related.to_owned()) {
            self.note(|| Undo::Unrelate(member));
        }
    }

    pub(crate) fn unrelate(&mut self, class: &str, key: &str, owner: &str, related: &str) {
        let member = Member::new(class, key, owner, related);
        if let Some((place, _)) = self.members_of(&member).shift_remove_full(related) {
            self.note(|| Undo::Relate(member, place));
        }
    }

    /// The members of one owner's relation.
    pub(crate) fn related_ids(&self, class: &str, key: &str, owner: &str) -> Vec<String> {
        let join = self.joins.get(&(class.to_owned(), key.to_owned()));
        join.and_then(|join| join.get(owner))
            .map(|members| members.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// The relations, in the order of their names: class, key, and each owner with each member.
    pub(crate) fn joins(&self) -> impl Iterator<Item = (&str, &str, impl Iterator<Item = (&str, &str)>)> {
        let mut joins: Vec<_> = self.joins.iter().collect();
        joins.sort_by_key(|(name, _)| *name);
        joins.into_iter().map(|((class, key), owners)| {
            let members = owners.iter().flat_map(|(owner, members)| {
                members.iter().map(|related| (owner.as_str(), related.as_str()))
            });
            (class.as_str(), key.as_str(), members)
        })
    }

    /// The join table `_Join:key:Class` as a class, of which nobody made a schema.
    pub(crate) fn join_class(&self, name: &str) -> Option<Class> {
        let (key, class) = name.strip_prefix("_Join:")?.split_once(':')?;
        let join = self.joins.get(&(class.to_owned(), key.to_owned()))?;
        let mut table = Class::default();
        for (owner, members) in join {
            for related in members {
                // The database's own ids: 24 hexadecimal digits.
                let id = format!("{:024x}", self.ids.hash_one((name, owner, related)));
                let row = Row::from_iter([
                    ("objectId".to_owned(), json!(id)),
                    ("relatedId".to_owned(), json!(related)),
                    ("owningId".to_owned(), json!(owner)),
                ]);
                table.put(&id, table.inserted, Arc::new(row));
                table.inserted += 1;
            }
        }
        Some(table)
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

    /// The id of the row that has this value in a field with a unique index.
    pub(crate) fn holder(&self, field: &str, value: &Value) -> Option<&str> {
        self.unique.iter().find_map(|index| index.holder(field, value))
    }

    /// The keys of the indexes, that of the ids first.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = Vec<(&str, i64)>> {
        let declared = self.indexes.iter().map(|index| {
            let fields = index.fields.iter();
            fields
                .map(|(field, direction)| (field.as_str(), *direction))
                .collect()
        });
        std::iter::once(vec![("_id", 1)]).chain(declared)
    }

    /// Rows in the order of insertion.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Rows in the order of their ids.
    pub(crate) fn rows_by_id(
        &self,
        (from, to): (Bound<String>, Bound<String>),
    ) -> impl DoubleEndedIterator<Item = &Arc<Row>> {
        let crossed = match (&from, &to) {
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
                from >= to
            }
            _ => false,
        };
        // A range that ends before it begins is a panic of the map.
        let range = (!crossed).then(|| self.by_id.range((from, to)));
        range
            .into_iter()
            .flatten()
            .filter_map(|(_, place)| self.rows.get(place))
    }

    /// The row at a place: they are counted in the order of insertion.
    pub(crate) fn at(&self, place: u64) -> Option<&Arc<Row>> {
        self.rows.get(&place)
    }

    /// The places of the rows with these ids, in order.
    pub(crate) fn places_of<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> Vec<u64> {
        let places = ids.into_iter().filter_map(|id| self.by_id.get(id).copied());
        in_order(places.collect())
    }

    /// The places of the rows that may have one of these values at a path, in order; `None` where only a scan can
    /// tell, or there are more than so many.
    pub(crate) fn places_equal(&self, path: &Path, values: &[Value], most: usize) -> Option<Vec<u64>> {
        // What is missing equals null.
        if self.len() < LARGE || values.iter().any(Value::is_null) {
            return None;
        }
        let index = self.equal.get(path, &self.rows)?;
        let places = values.iter().flat_map(|value| index.places(value));
        let places: Vec<u64> = places.take(most.saturating_add(1)).collect();
        (places.len() <= most).then(|| in_order(places))
    }

    /// The rows in the order of a path, where there are enough of them to keep one.
    pub(crate) fn ordered(&self, path: &Path) -> Option<&Ordered> {
        (self.len() >= LARGE).then(|| self.ordered.get(path, &self.rows))?
    }

    fn insert(&mut self, id: &str, row: Row) -> Result<(), Taken> {
        if self.by_id.contains_key(id) || self.refuses(id, &row) {
            return Err(Taken);
        }
        self.put(id, self.inserted, Arc::new(row));
        self.inserted += 1;
        Ok(())
    }

    fn put(&mut self, id: &str, place: u64, row: Arc<Row>) {
        self.unique.iter_mut().for_each(|index| index.add(id, &row));
        self.equal.add(place, &row);
        self.ordered.add(place, &row);
        self.by_id.insert(id.to_owned(), place);
        self.rows.insert(place, row);
    }

    /// The old row, if there was one.
    fn replace(&mut self, id: &str, row: Arc<Row>) -> Result<Option<Arc<Row>>, Taken> {
        if self.refuses(id, &row) {
            return Err(Taken);
        }
        let Some(place) = self.by_id.get(id).copied() else {
            return Ok(None);
        };
        let old = self.rows.insert(place, Arc::clone(&row));
        if let Some(old) = &old {
            self.unique.iter_mut().for_each(|index| index.remove(old));
            self.equal.remove(place, old);
            self.ordered.remove(place, old);
        }
        self.unique.iter_mut().for_each(|index| index.add(id, &row));
        self.equal.add(place, &row);
        self.ordered.add(place, &row);
        Ok(old)
    }

    fn remove(&mut self, id: &str) -> Option<(u64, Arc<Row>)> {
        let place = self.by_id.remove(id)?;
        let row = self.rows.remove(&place)?;
        self.unique.iter_mut().for_each(|index| index.remove(&row));
        self.equal.remove(place, &row);
        self.ordered.remove(place, &row);
        Some((place, row))
    }

    fn refuses(&self, id: &str, row: &Row) -> bool {
        self.unique.iter().any(|index| index.refuses(id, row))
    }
}

/// Each place once.
fn in_order(mut places: Vec<u64>) -> Vec<u64> {
    places.sort_unstable();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Insert(u8, u8),
        Replace(u8, u8),
        Remove(u8),
        Relate(u8, u8),
        Unrelate(u8, u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        let small = || 0_u8..6;
        prop_oneof![
            (small(), small()).prop_map(|(id, value)| Step::Insert(id, value)),
            (small(), small()).prop_map(|(id, value)| Step::Replace(id, value)),
            small().prop_map(Step::Remove),
            (small(), small()).prop_map(|(owner, id)| Step::Relate(owner, id)),
            (small(), small()).prop_map(|(owner, id)| Step::Unrelate(owner, id)),
        ]
    }

    fn row(id: u8, value: u8) -> Row {
        Row::from_iter([
            ("objectId".to_owned(), json!(id.to_string())),
            ("v".to_owned(), json!(value)),
        ])
    }

    fn run(store: &mut Store, step: &Step) {
        let name = |id: &u8| id.to_string();
        match step {
            Step::Insert(id, value) => drop(store.insert("A", &name(id), row(*id, *value))),
            Step::Replace(id, value) => drop(store.replace("A", &name(id), row(*id, *value))),
            Step::Remove(id) => drop(store.remove("A", &name(id))),
            Step::Relate(owner, id) => store.relate("A", "many", &name(owner), &name(id)),
            Step::Unrelate(owner, id) => store.unrelate("A", "many", &name(owner), &name(id)),
        }
    }

    /// Everything that can be seen of a store: rows, members, and which values are taken.
    fn seen(store: &mut Store) -> (Vec<Row>, Vec<Vec<String>>, Vec<bool>) {
        let rows = store
            .ensure_class("A")
            .rows()
            .map(|row| Row::clone(row))
            .collect();
        let members = (0..6).map(|id: u8| store.related_ids("A", "many", &id.to_string()));
        let members = members.collect();
        let taken = (0..6).map(|value| store.ensure_class("A").refuses("other", &row(9, value)));
        (rows, members, taken.collect())
    }

    proptest! {
        #[test]
        fn a_rollback_leaves_no_trace(
            before in prop::collection::vec(step(), 0..20),
            inside in prop::collection::vec(step(), 0..20),
            after in prop::collection::vec(step(), 0..20),
        ) {
            let unique = [Index::new("A".to_owned(), ["v".to_owned()], true)];
            let (mut store, mut other) = (Store::new(&unique), Store::new(&unique));
            for step in &before {
                run(&mut store, step);
                run(&mut other, step);
            }
            store.begin();
            for step in &inside {
                run(&mut store, step);
            }
            store.rollback();
            prop_assert_eq!(seen(&mut store), seen(&mut other));
            for step in &after {
                run(&mut store, step);
                run(&mut other, step);
            }
            prop_assert_eq!(seen(&mut store), seen(&mut other));
        }
    }
}
