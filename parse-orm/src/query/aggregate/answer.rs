//! The server's answer to an aggregation: what it holds depends on the database, and is put straight here.
//!
//! On MongoDB a pointer within a group's key or a list is `Player$Ed1nuqPvcm`, as it is stored; on PostgreSQL
//! it is the bare id, or a pointer. Dates are typed objects, or bare texts in a `distinct`.

use crate::DecodeError;
use crate::value::{FieldType, ParseValue};
use serde_json::{Value, json};

/// Why a value does not fit what was asked for.
#[doc(hidden)]
#[derive(Debug)]
pub struct Misfit {
    pub(super) field: Option<&'static str>,
    pub(super) expected: String,
    pub(super) found: String,
}

impl Misfit {
    pub(super) fn of(self, class_name: &'static str) -> DecodeError {
        DecodeError {
            class_name,
            id: None,
            field: self.field.map(Into::into),
            expected: self.expected,
            found: self.found,
        }
    }
}

pub(super) fn decode<V: ParseValue>(value: Value) -> Result<V, String> {
    V::decode(value).map_err(|error: serde_json::Error| error.to_string())
}

/// The id in a stored pointer.
fn id_of(stored: &str) -> &str {
    stored.split_once('$').map_or(stored, |(_, id)| id)
}

/// A pointer in its wire form, whatever the database made of it.
pub(super) fn reference(kind: FieldType, value: Value) -> Value {
    match (kind, value) {
        (FieldType::Pointer(class), Value::String(text)) => {
            json!({"__type": "Pointer", "className": class, "objectId": id_of(&text)})
        }
        (_, value) => value,
    }
}

/// A value as plain JSON, for a program's own types: a date is its text, a pointer its id.
pub(super) fn plain(value: Value, pointer: bool) -> Value {
    match value {
        Value::String(text) if pointer => id_of(&text).into(),
        Value::Array(list) => list.into_iter().map(|one| plain(one, pointer)).collect(),
        Value::Object(mut map) => {
            let inner = match map.get("__type").and_then(Value::as_str) {
                Some("Date") => map.remove("iso"),
                Some("Pointer") => map.remove("objectId"),
                _ => None,
            };
            inner.unwrap_or_else(|| {
                map.into_iter()
                    .map(|(key, value)| (key, plain(value, false)))
                    .collect()
            })
        }
        other => other,
    }
}
