//! Object ids.

use super::{FieldType, Form, ParseValue};
use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The id of a stored object: ten letters and digits, or the application's own text on a server with
/// custom object ids. Ids of up to 24 bytes take no allocation.
///
/// ```
/// let id = parse_orm::ObjectId::from("Ed1nuqPvcm");
/// assert_eq!(id.as_str(), "Ed1nuqPvcm");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(CompactString);

impl ObjectId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl From<&str> for ObjectId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl From<String> for ObjectId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl From<&Self> for ObjectId {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

impl AsRef<str> for ObjectId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for ObjectId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ObjectId {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = ObjectId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object id")
            }
            fn visit_str<E>(self, id: &str) -> Result<ObjectId, E> {
                Ok(id.into())
            }
        }
        from.deserialize_str(Visitor)
    }
}

impl ParseValue for ObjectId {
    const TYPE: FieldType = FieldType::String;
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
