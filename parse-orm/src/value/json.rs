//! Any JSON: `serde_json::Value` as it is, and any serde type by [`Json`] or `#[parse(json)]`.

use super::{FieldType, Form, ParseValue};
use serde::de::DeserializeOwned;
use serde::ser::{Error, SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::ops::{Deref, DerefMut};

/// Keys that the server refuses or takes for an operation.
pub(crate) fn refuse_reserved(key: &str) -> Result<(), String> {
    if key.contains(['$', '.']) {
        Err(format!(
            "the key `{key}` holds `$` or `.`, which the server refuses in nested keys"
        ))
    } else if key == "__op" {
        Err("the key `__op` would be taken for an operation".into())
    } else {
        Ok(())
    }
}

/// Writes a value, refusing keys that would make something else of it.
struct Checked<'a>(&'a Value);

impl Serialize for Checked<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => {
                let mut entries = to.serialize_map(Some(map.len()))?;
                for (key, value) in map {
                    refuse_reserved(key).map_err(S::Error::custom)?;
                    entries.serialize_entry(key, &Checked(value))?;
                }
                entries.end()
            }
            Value::Array(list) => {
                let mut items = to.serialize_seq(Some(list.len()))?;
                for value in list {
                    items.serialize_element(&Checked(value))?;
                }
                items.end()
            }
            scalar => scalar.serialize(to),
        }
    }
}

/// Whatever the server holds, unread: objects with an unknown `__type` stay as they are. JSON's `null` is
/// a value here; a field that may be missing is an `Option<Value>`.
impl ParseValue for Value {
    const TYPE: FieldType = FieldType::Object;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        if form == Form::Passed {
            return self.serialize(to);
        }
        Checked(self).serialize(to)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// Any serde type, stored as its JSON. It can be used like the type itself.
///
/// ```
/// use parse_orm::prelude::*;
/// #[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
/// struct Settings { volume: u8 }
///
/// #[derive(ParseObject, Clone, Debug)]
/// struct Profile {
///     settings: Json<Settings>,
///     #[parse(json)] // the same, without the wrapper
///     other: Settings,
/// }
///
/// let mut profile = Profile { settings: Settings { volume: 3 }.into(), other: Settings { volume: 5 } };
/// profile.settings.volume += 1;
/// assert_eq!(profile.settings.volume, 4);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(pub T);

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> ParseValue for Json<T> {
    const TYPE: FieldType = FieldType::Object;

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        decode_json(from).map(Self)
    }
    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        if form == Form::Passed {
            return self.0.serialize(to);
        }
        encode_json(&self.0, to)
    }
    fn same(&self, other: &Self) -> bool {
        same_json(&self.0, &other.0)
    }
}

/// Decodes a `#[parse(json)]` field.
#[doc(hidden)]
pub fn decode_json<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    T::deserialize(from)
}

/// Encodes a `#[parse(json)]` field.
#[doc(hidden)]
pub fn encode_json<S: Serializer, T: Serialize>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    let value = serde_json::to_value(value).map_err(S::Error::custom)?;
    Checked(&value).serialize(to)
}

/// Compares `#[parse(json)]` fields, by what would be sent.
#[doc(hidden)]
pub fn same_json<T: Serialize>(a: &T, b: &T) -> bool {
    match (serde_json::to_value(a), serde_json::to_value(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
