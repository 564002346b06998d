//! An object as the server shows it to a webhook.

use crate::object::{FieldSet, Operation, object, value_of};
use crate::value::ObjectId;
use crate::{DecodeError, Object, ParseObject};
use serde_json::{Map, Value};
use std::fmt;
use std::marker::PhantomData;

/// What only the server writes.
const KEPT_BY_THE_SERVER: [&str; 4] = ["objectId", "createdAt", "updatedAt", "className"];

/// An object in a [`TriggerRequest`](super::TriggerRequest): stored, or about to be.
///
/// It is read when it is asked for, so that a row which does not fit the model can be refused in the program's own
/// words.
#[derive(Clone)]
pub struct Posted<T> {
    /// As it came, operations included.
    sent: Map<String, Value>,
    /// With the operations applied.
    fields: Map<String, Value>,
    model: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Posted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // only names: a new user's password is among the values
        f.debug_struct("Posted")
            .field("id", &self.id())
            .field("fields", &self.fields.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<T> Posted<T> {
    /// `original` is what the operations apply to.
    pub(super) fn new(sent: Map<String, Value>, original: Option<&Self>) -> Self {
        let before = |key: &str| original.and_then(|original| original.fields.get(key).cloned());
        let fields = sent
            .iter()
            .filter_map(|(key, value)| {
                let value = match value.get("__op") {
                    Some(_) => applied(value, before(key)),
                    None => Some(value.clone()),
                };
                Some((key.clone(), value?))
            })
            .collect();
        let model = PhantomData;
        Self { sent, fields, model }
    }

    /// The object's id; none where it is about to be created.
    pub fn id(&self) -> Option<ObjectId> {
        self.fields.get("objectId")?.as_str().map(ObjectId::from)
    }

    /// The object's class, where the server says it.
    pub fn class_name(&self) -> Option<&str> {
        self.fields.get("className")?.as_str()
    }

    /// A field as JSON, by its name on the server.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// The names of the fields that are not as they were.
    pub(super) fn changed<'a>(&'a self, original: Option<&'a Self>) -> impl Iterator<Item = &'a str> {
        self.sent.iter().filter_map(move |(key, value)| {
            let before = original.and_then(|original| original.fields.get(key));
            let same = before == Some(value) || KEPT_BY_THE_SERVER.contains(&key.as_str());
            (!same).then_some(key.as_str())
        })
    }

    pub(super) fn sent(&self, name: &str) -> Option<&Value> {
        self.sent.get(name)
    }
}

impl<T: ParseObject> Posted<T> {
    /// The value.
    ///
    /// # Errors
    /// When the row does not fit the model.
    pub fn value(&self) -> Result<T, DecodeError> {
        value_of(&self.text())
    }

    /// The stored object.
    ///
    /// # Errors
    /// When the row does not fit the model, or is not stored yet.
    pub fn object(&self) -> Result<Object<T>, DecodeError> {
        object(&self.text())
    }

    fn text(&self) -> String {
        serde_json::to_string(&self.fields).unwrap_or_default()
    }

    /// Which fields of the value differ from those of the row.
    pub(super) fn differing(&self, value: &T) -> Result<FieldSet, DecodeError> {
        Ok(value.__diff(&self.value()?))
    }
}

/// What a field holds after an operation; none where it is removed.
fn applied(operation: &Value, before: Option<Value>) -> Option<Value> {
    let objects = || operation.get("objects")?.as_array().cloned();
    let known = match operation.get("__op")?.as_str()? {
        "Increment" => match operation.get("amount") {
            Some(Value::Number(amount)) => Operation::Increment(amount.clone()),
            _ => return before,
        },
        "Add" => Operation::Add(objects()?),
        "AddUnique" => Operation::AddUnique(objects()?),
        "Remove" => Operation::Remove(objects()?),
        "Delete" => return None,
        // relations have no contents here
        _ => return before,
    };
    // what the server will refuse shows as it was
    known.apply(before.clone()).unwrap_or(before)
}
