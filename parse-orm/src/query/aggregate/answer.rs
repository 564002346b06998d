//! The server's answer to an aggregation: what it holds depends on the database, and is put straight here.
//!
//! On MongoDB a pointer within a group's key or a list is `Player$Ed1nuqPvcm`, as it is stored; on PostgreSQL
//! it is the bare id, or a pointer. Dates are typed objects, or bare texts in a `distinct`.

use crate::client::{Params, Path, unexpected};
use crate::value::{FieldType, ParseValue};
use crate::{Client, DecodeError, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

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

/// The rows that a pipeline ends with.
pub(super) async fn rows(
    client: &Client,
    class_name: &str,
    pipeline: &[Box<RawValue>],
) -> Result<Vec<Map<String, Value>>> {
    #[derive(Serialize)]
    struct Request<'a> {
        pipeline: &'a [Box<RawValue>],
    }
    impl Params for Request<'_> {
        fn pairs(&self, pair: &mut dyn FnMut(&str, &str)) -> Result<()> {
            let text = serde_json::to_string(self.pipeline)
                .map_err(|error| Error::invalid("pipeline", None, error.to_string()))?;
            pair("pipeline", &text);
            Ok(())
        }
    }
    let body = client
        .read(Path::Aggregate(class_name), &Request { pipeline })
        .await?;
    results(&body)
}

/// The `results` of an answer.
pub(in crate::query) fn results<V: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<Vec<V>> {
    #[derive(Deserialize)]
    struct Answer<V> {
        results: Vec<V>,
    }
    let Answer { results } = serde_json::from_slice(body).map_err(|_| unexpected(200, body))?;
    Ok(results)
}
