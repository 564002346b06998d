//! From objects straight into a request's bytes.

use super::{FieldSet, Operation, ParseObject};
use crate::json;
use crate::value::{Acl, Form, ObjectId, Part, Parts};
use crate::{Error, Result};
use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use std::cell::Cell;
use std::collections::BTreeMap;

/// One field of a value.
pub(crate) struct FieldRef<'a, T>(pub(crate) &'a T, pub(crate) usize, pub(crate) Form);

impl<T: ParseObject> Serialize for FieldRef<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.__encode(self.1, self.2, to)
    }
}

/// What a save or a create sends.
pub(crate) struct Body<'a, T> {
    pub(crate) value: &'a T,
    /// Sent as values; one that is absent is sent as a Delete.
    pub(crate) fields: FieldSet,
    /// What the server holds: where both have an object, only the keys that differ are sent, as `field.key`.
    pub(crate) held: Option<&'a T>,
    /// Sent as operations.
    pub(crate) operations: Option<&'a BTreeMap<usize, Operation>>,
    pub(crate) acl: Option<&'a Acl>,
    pub(crate) id: Option<&'a ObjectId>,
    pub(crate) form: Form,
    /// Which field was being written, for the error.
    at: Cell<Option<usize>>,
}

impl<'a, T: ParseObject> Body<'a, T> {
    pub(crate) fn new(value: &'a T, fields: FieldSet) -> Self {
        Self {
            value,
            fields,
            held: None,
            operations: None,
            acl: None,
            id: None,
            form: Form::Wire,
            at: Cell::new(None),
        }
    }

    /// What differs within an object that the server holds. A default is not held: it stands for no value.
    fn parts(&self, field: usize) -> Option<Parts> {
        let whole = self.form != Form::Wire || T::SCHEMA.fields[field].has_default;
        let held = self.held.filter(|_| !whole)?;
        self.value.__parts(held, field).filter(|parts| !parts.is_empty())
    }

    /// The JSON, or an error that names the field which has none.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        // most objects fit, and so the text does not move while it grows
        let mut body = Vec::with_capacity(512);
        self.write(&mut body)?;
        Ok(body)
    }

    /// Writes the JSON behind what is there; nothing where there is an error.
    pub(crate) fn write(&self, to: &mut Vec<u8>) -> Result<()> {
        let before = to.len();
        json::write(self, to).map_err(|error| {
            to.truncate(before);
            self.invalid(&error)
        })
    }

    /// The same error, before what the value holds is stored.
    pub(crate) fn check(mut self) -> Result<()> {
        self.form = Form::Trial;
        json::write(&self, &mut Vec::new()).map_err(|error| self.invalid(&error))
    }

    fn invalid(&self, error: &json::Error) -> Error {
        let field = match self.at.get() {
            Some(field) => Some(T::SCHEMA.fields[field].name),
            None => self.acl.and_then(Acl::mistake).map(|_| "ACL"),
        };
        Error::invalid(T::CLASS_NAME, field, error.to_string())
    }
}

/// These fields of a value, as a create or an update has them.
pub(crate) fn body_of<T: ParseObject>(
    value: &T,
    fields: FieldSet,
) -> Result<serde_json::Map<String, serde_json::Value>> {
    let json = Body::new(value, fields).to_json()?;
    serde_json::from_slice(&json).map_err(|error| Error::invalid(T::CLASS_NAME, None, error.to_string()))
}

#[derive(Serialize)]
struct Delete {
    __op: &'static str,
}

impl<T: ParseObject> Serialize for Body<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if let Some(id) = self.id {
            map.serialize_entry("objectId", id)?;
        }
        let absent = self.value.__absent();
        for field in self.fields.iter() {
            self.at.set(Some(field));
            let schema = &T::SCHEMA.fields[field];
            if schema.read_only && self.form != Form::Full {
                return Err(S::Error::custom(
                    "the field is declared `read_only`; undo the change with `revert`",
                ));
            }
            if let Some(parts) = self.parts(field) {
                for Part { key, value } in parts.into_parts() {
                    let key = format!("{}.{key}", schema.name);
                    match value.map_err(S::Error::custom)? {
                        Some(value) => map.serialize_entry(&key, &value)?,
                        None => map.serialize_entry(&key, &Delete { __op: "Delete" })?,
                    }
                }
            } else if !absent.contains(field) {
                map.serialize_entry(schema.name, &FieldRef(self.value, field, self.form))?;
            } else if self.form != Form::Full {
                map.serialize_entry(schema.name, &Delete { __op: "Delete" })?;
            }
        }
        for (&field, operation) in self.operations.into_iter().flatten() {
            if !self.fields.contains(field) {
                self.at.set(Some(field));
                map.serialize_entry(T::SCHEMA.fields[field].name, operation)?;
            }
        }
        self.at.set(None);
        if let Some(acl) = self.acl {
            map.serialize_entry("ACL", acl)?;
        }
        map.end()
    }
}
