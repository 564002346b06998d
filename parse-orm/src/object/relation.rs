//! References to any number of objects, in a table of their own.

use super::{ParseObject, Pointer, Snapshot, decode};
use crate::value::{Encode, FieldType, Form, Found, ParseValue};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fmt;

/// A field that refers to any number of objects of the class `T`, unordered, kept in a table beside the
/// class. Its contents are a query; the field itself only holds what the next `create` or `save` adds and removes,
/// and is empty again after it.
///
/// On the wire `{"__type": "Relation", "className": "Player"}` in a row, and the operations `AddRelation` and
/// `RemoveRelation` in a request; never sent as a value. [New](Pointer::new) objects are stored before they are
/// added.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
/// #[derive(ParseObject, Clone, Debug)]
/// struct Team { name: String, members: Relation<Player> }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let ann = Player { name: "Ann".into() }.create(&client).await?;
/// let mut team = Team { name: "Red".into(), members: Relation::of([&ann]) }.create(&client).await?;
/// team.add_to_members([Player { name: "Bob".into() }]); // or `team.members = Relation::of(..)`: it adds as well
/// team.remove_from_members([&ann]);
/// team.save(&client).await?; // a POST for Bob, and a PUT that adds and removes
/// assert_eq!(team.members().all(&client).await?[0].name, "Bob");
/// # Ok(()) }
/// ```
pub struct Relation<T>(Option<Box<Changes<T>>>);

/// What waits to be sent: sets, without duplicates and without a common object.
struct Changes<T> {
    add: Vec<Pointer<T>>,
    remove: Vec<Pointer<T>>,
}

impl<T> Relation<T> {
    /// Nothing to add and nothing to remove.
    pub const fn new() -> Self {
        Self(None)
    }
}

impl<T> Relation<T> {
    /// These objects are added, by the next `create` or `save`.
    pub fn of(objects: impl IntoIterator<Item = impl Into<Pointer<T>>>) -> Self {
        let mut relation = Self::new();
        relation.add(objects);
        relation
    }

    /// Adds objects, by the next `create` or `save`. The last word on an object counts.
    pub fn add(&mut self, objects: impl IntoIterator<Item = impl Into<Pointer<T>>>) {
        self.change(objects, |Changes { add, remove }| [add, remove]);
    }

    /// Removes objects, by the next `save`. The last word on an object counts.
    pub fn remove(&mut self, objects: impl IntoIterator<Item = impl Into<Pointer<T>>>) {
        self.change(objects, |Changes { add, remove }| [remove, add]);
        if let Some(changes) = &mut self.0 {
            // what is not stored is in no relation
            changes.remove.retain(|object| object.id().is_some());
            if changes.add.is_empty() && changes.remove.is_empty() {
                self.0 = None;
            }
        }
    }

    #[expect(
        clippy::mutable_key_type,
        reason = "what can change in a pointer is whether it is stored, and nothing is while this runs"
    )]
    fn change(
        &mut self,
        objects: impl IntoIterator<Item = impl Into<Pointer<T>>>,
        lists: fn(&mut Changes<T>) -> [&mut Vec<Pointer<T>>; 2],
    ) {
        let objects: Vec<Pointer<T>> = objects.into_iter().map(Into::into).collect();
        if objects.is_empty() {
            return;
        }
        let changes = self.0.get_or_insert_with(|| {
            let (add, remove) = (Vec::new(), Vec::new());
            Box::new(Changes { add, remove })
        });
        let [to, from] = lists(changes);
        let named: HashSet<&Pointer<T>> = objects.iter().collect();
        from.retain(|other| !named.contains(other));
        let mut known: HashSet<&Pointer<T>> = to.iter().collect();
        let new: Vec<bool> = objects.iter().map(|object| known.insert(object)).collect();
        let new = objects.into_iter().zip(new).filter(|(_, new)| *new);
        to.extend(new.map(|(object, _)| object));
    }
}

/// A sent relation holds nothing any more.
pub(super) fn settle_relations<T: ParseObject>(value: &mut T) {
    let mut relations = T::SCHEMA.relations().peekable();
    if relations.peek().is_none() {
        return;
    }
    let mut partial = T::__partial();
    for (field, class_name) in relations {
        let empty = json!({"__type": "Relation", "className": class_name}).to_string();
        // it has this form, and no other
        let _ = decode::field::<T>(&mut partial, field, &empty);
    }
    value.__merge(partial);
}

impl<T> Default for Relation<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Snapshot> Clone for Relation<T> {
    fn clone(&self) -> Self {
        Self(self.0.as_ref().map(|changes| {
            let Changes { add, remove } = &**changes;
            let (add, remove) = (add.clone(), remove.clone());
            Box::new(Changes { add, remove })
        }))
    }
}

/// By what waits to be sent, in its order.
impl<T> PartialEq for Relation<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.add == b.add && a.remove == b.remove,
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl<T> Eq for Relation<T> {}

impl<T: ParseObject> fmt::Debug for Relation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relation({}", T::CLASS_NAME)?;
        if let Some(changes) = &self.0 {
            write!(f, ", add {:?}, remove {:?}", changes.add, changes.remove)?;
        }
        f.write_str(")")
    }
}

/// What [`Form::Full`] keeps beside the wire form.
#[derive(Deserialize)]
struct Kept {
    #[serde(rename = "__type")]
    kind: KindOfRelation,
    #[serde(rename = "className")]
    class_name: String,
    #[serde(default)]
    add: Vec<Value>,
    #[serde(default)]
    remove: Vec<Value>,
}

#[derive(Deserialize)]
enum KindOfRelation {
    Relation,
}

impl<T: ParseObject> ParseValue for Relation<T> {
    const TYPE: FieldType = FieldType::Relation(T::CLASS_NAME);

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Kept {
            kind: KindOfRelation::Relation,
            class_name,
            add,
            remove,
        } = Kept::deserialize(from)?;
        if class_name != T::CLASS_NAME {
            let expected = format!("a relation to {}", T::CLASS_NAME);
            let found = serde::de::Unexpected::Str(&class_name);
            return Err(serde::de::Error::invalid_value(found, &expected.as_str()));
        }
        let pointers = |list: Vec<Value>| -> Result<Vec<Pointer<T>>, D::Error> {
            list.into_iter()
                .map(|value| ParseValue::decode(value).map_err(serde::de::Error::custom))
                .collect()
        };
        let mut relation = Self::of(pointers(add)?);
        relation.remove(pointers(remove)?);
        Ok(relation)
    }

    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        let Some(changes) = self.0.as_ref().filter(|_| form != Form::Shown) else {
            let mut map = to.serialize_struct("Relation", 2)?;
            map.serialize_field("__type", "Relation")?;
            map.serialize_field("className", T::CLASS_NAME)?;
            return map.end();
        };
        let (add, remove) = (Encode(&changes.add, form), Encode(&changes.remove, form));
        let mut map = to.serialize_map(None)?;
        if form == Form::Full {
            map.serialize_entry("__type", "Relation")?;
            map.serialize_entry("className", T::CLASS_NAME)?;
            map.serialize_entry("add", &add)?;
            map.serialize_entry("remove", &remove)?;
            return map.end();
        }
        let add = Operation::new("AddRelation", add);
        let remove = Operation::new("RemoveRelation", remove);
        match (changes.add.is_empty(), changes.remove.is_empty()) {
            (false, false) => {
                map.serialize_entry("__op", "Batch")?;
                map.serialize_entry("ops", &(add, remove))?;
            }
            (empty, _) => {
                let Operation { __op, objects } = if empty { remove } else { add };
                map.serialize_entry("__op", __op)?;
                map.serialize_entry("objects", &objects)?;
            }
        }
        map.end()
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }

    /// A row of before the relation's first use does not have the field.
    fn missing() -> Option<Self> {
        Some(Self::new())
    }

    /// There is nothing to send.
    fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    fn unstored<'a>(&'a self, found: Found<'_, 'a>) {
        if let Some(changes) = &self.0 {
            changes.add.unstored(found);
        }
    }
}

#[derive(Serialize)]
struct Operation<O> {
    __op: &'static str,
    objects: O,
}

impl<O> Operation<O> {
    fn new(__op: &'static str, objects: O) -> Self {
        Self { __op, objects }
    }
}
