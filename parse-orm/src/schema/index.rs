//! The indexes of a class: `{"name": 1, "score": -1}`, in this order.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::fmt;

/// An index of the database, over one or more fields of a class.
///
/// ```
/// use parse_orm::ClassIndex;
/// let best = ClassIndex::fields(["game", "-score"]);
/// assert_eq!(serde_json::to_string(&best).unwrap(), r#"{"game":1,"score":-1}"#);
/// let words = ClassIndex::text(["title", "text"]);
/// assert_eq!(serde_json::to_string(&words).unwrap(), r#"{"title":"text","text":"text"}"#);
/// ```
///
/// The names are the database's: on MongoDB a pointer `player` is `_p_player`, and an index on `player` or on
/// `createdAt` is made there, but of no use to queries. There are no unique indexes: those are made in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassIndex {
    keys: Vec<(String, IndexKind)>,
}

/// How a field is part of an index.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum IndexKind {
    /// In ascending order, `1`.
    Ascending,
    /// In descending order, `-1`.
    Descending,
    /// For full text [search](crate::search()), `"text"`.
    Text,
    /// For places on the globe, `"2dsphere"`.
    Sphere,
    /// Another kind of the database's.
    Other(Value),
}

impl ClassIndex {
    /// An index in the order of these fields; one that begins with `-` is descending.
    pub fn fields<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Self {
        let keys = names
            .into_iter()
            .map(|name| match name.as_ref().strip_prefix('-') {
                Some(name) => (name.to_owned(), IndexKind::Descending),
                None => (name.as_ref().to_owned(), IndexKind::Ascending),
            });
        Self { keys: keys.collect() }
    }

    /// A full text index over these fields. MongoDB has one for a class, at most.
    pub fn text<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let keys = names.into_iter().map(|name| (name.into(), IndexKind::Text));
        Self { keys: keys.collect() }
    }

    /// An index over the places in this field: a `GeoPoint` or a `Polygon`. Not on PostgreSQL.
    pub fn sphere(name: impl Into<String>) -> Self {
        let keys = vec![(name.into(), IndexKind::Sphere)];
        Self { keys }
    }

    /// The fields, each with how it is part of the index.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &IndexKind)> {
        self.keys.iter().map(|(name, kind)| (name.as_str(), kind))
    }
}

impl Serialize for IndexKind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ascending => to.serialize_i64(1),
            Self::Descending => to.serialize_i64(-1),
            Self::Text => to.serialize_str("text"),
            Self::Sphere => to.serialize_str("2dsphere"),
            Self::Other(value) => value.serialize(to),
        }
    }
}

impl Serialize for ClassIndex {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.keys.len()))?;
        for (name, kind) in &self.keys {
            map.serialize_entry(name, kind)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ClassIndex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = ClassIndex;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the keys of an index")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ClassIndex, A::Error> {
                let mut keys = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let kind = match (value.as_f64(), value.as_str()) {
                        (Some(1.0), _) => IndexKind::Ascending,
                        (Some(-1.0), _) => IndexKind::Descending,
                        (_, Some("text")) => IndexKind::Text,
                        (_, Some("2dsphere")) => IndexKind::Sphere,
                        _ => IndexKind::Other(value),
                    };
                    keys.push((name, kind));
                }
                Ok(ClassIndex { keys })
            }
        }
        // a map of JSON values would lose the order, which is what an index is about
        from.deserialize_map(Keys)
    }
}
