//! References to any number of objects, in a table of their own.

use super::ParseObject;
use crate::value::{FieldType, Form, ParseValue};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A field that refers to any number of objects of the class `T`, unordered, kept in a table beside the
/// class. The field itself holds nothing: its contents are a query, and it is changed by operations.
///
/// On the wire `{"__type": "Relation", "className": "Player"}`; never sent as a value.
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
/// let mut team = Team { name: "Red".into(), members: Relation::new() }.create(&client).await?;
/// team.add_to_members([&ann]);
/// team.save(&client).await?;
/// assert_eq!(team.members().all(&client).await?[0].name, "Ann");
/// # Ok(()) }
/// ```
pub struct Relation<T>(PhantomData<fn() -> T>);

impl<T> Relation<T> {
    /// The field's only value.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for Relation<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Relation<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Relation<T> {}

impl<T> PartialEq for Relation<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Relation<T> {}

impl<T: ParseObject> fmt::Debug for Relation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relation({})", T::CLASS_NAME)
    }
}

impl<T: ParseObject> ParseValue for Relation<T> {
    const TYPE: FieldType = FieldType::Relation(T::CLASS_NAME);

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Kind {
            Relation,
        }
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(rename = "__type")]
            kind: Kind,
            #[serde(borrow, rename = "className")]
            class_name: Cow<'a, str>,
        }
        let Wire {
            kind: Kind::Relation,
            class_name,
        } = Wire::deserialize(from)?;
        if class_name == T::CLASS_NAME {
            Ok(Self::new())
        } else {
            let expected = format!("a relation to {}", T::CLASS_NAME);
            let found = serde::de::Unexpected::Str(&class_name);
            Err(serde::de::Error::invalid_value(found, &expected.as_str()))
        }
    }

    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_struct("Relation", 2)?;
        map.serialize_field("__type", "Relation")?;
        map.serialize_field("className", T::CLASS_NAME)?;
        map.end()
    }

    fn same(&self, _: &Self) -> bool {
        true
    }

    /// A row of before the relation's first use does not have the field.
    fn missing() -> Option<Self> {
        Some(Self::new())
    }
}
