//! Keeping an object outside of the server, unsaved changes included.

use super::decode::RawSeed;
use super::encode::Body;
use super::operation::kept::Kept;
use super::pending::Pending;
use super::{Meta, Object, Operation, ParseObject};
use crate::value::{Acl, ObjectId, Timestamp, iso};
use serde::de::{DeserializeSeed, Error as _};
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// A JSON object with `className`, `objectId`, `createdAt`, `updatedAt`, `ACL` and `fields`; with unsaved
/// changes also `saved` (the fields and the ACL as the server holds them), `operations`, and `expected` (the
/// saved fields with the operations applied). Included objects are kept, and so are [new](crate::Pointer::new) objects
/// and files, each for itself: one that several fields hold is several when it is read again.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let mut score = GameScore { score: 1 }.create(&client).await?;
/// score.increment_score(1);
/// let text = serde_json::to_string(&score).unwrap();
/// let mut later: Object<GameScore> = serde_json::from_str(&text).unwrap();
/// assert_eq!((later.score, later.dirty_fields()), (2, vec!["score"]));
/// later.save(&client).await?; // still an Increment
/// # Ok(()) }
/// ```
impl<T: ParseObject> Serialize for Object<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let date = |date| iso(date).map_err(S::Error::custom);
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("className", T::CLASS_NAME)?;
        map.serialize_entry("objectId", &self.meta.id)?;
        map.serialize_entry("createdAt", date(&self.meta.created_at)?.as_str())?;
        map.serialize_entry("updatedAt", date(&self.meta.updated_at)?.as_str())?;
        map.serialize_entry("ACL", &self.meta.acl)?;
        map.serialize_entry("fields", &Body::full(&self.value))?;
        if let Some(pending) = &self.pending {
            map.serialize_entry("saved", &Saved(pending))?;
            let operations: BTreeMap<_, _> = pending
                .operations
                .iter()
                .map(|(field, operation)| (T::SCHEMA.fields[*field].name, Kept(operation)))
                .collect();
            map.serialize_entry("operations", &operations)?;
            if let Some(expected) = pending.expected() {
                map.serialize_entry("expected", &Body::full(expected))?;
            }
        }
        map.end()
    }
}

struct Saved<'a, T>(&'a Pending<T>);

impl<T: ParseObject> Serialize for Saved<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("ACL", &self.0.acl)?;
        map.serialize_entry("fields", &Body::full(&self.0.value))?;
        map.end()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptObject {
    class_name: String,
    object_id: ObjectId,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(rename = "ACL")]
    acl: Option<Acl>,
    fields: Value,
    saved: Option<KeptSaved>,
    #[serde(default)]
    operations: BTreeMap<String, Kept<Operation>>,
    expected: Option<Value>,
}

#[derive(Deserialize)]
struct KeptSaved {
    #[serde(rename = "ACL")]
    acl: Option<Acl>,
    fields: Value,
}

/// Reads what [`Serialize`] wrote.
impl<'de, T: ParseObject> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let kept = KeptObject::deserialize(from)?;
        if kept.class_name != T::CLASS_NAME {
            let (found, expected) = (&kept.class_name, T::CLASS_NAME);
            return Err(D::Error::custom(format_args!(
                "this is an object of {found}, not of {expected}"
            )));
        }
        let id = kept.object_id;
        let read = |fields: Value| {
            let raw = RawSeed::<T>::new()
                .deserialize(fields)
                .map_err(D::Error::custom)?;
            T::__finish(raw.fields).map_err(|field| {
                let field = T::SCHEMA.fields[field].name;
                D::Error::custom(format_args!(
                    "{} `{id}`: the field `{field}` is missing",
                    T::CLASS_NAME
                ))
            })
        };
        let value = read(kept.fields)?;
        let pending = match kept.saved {
            None => None,
            Some(saved) => {
                let mut operations = BTreeMap::new();
                for (name, Kept(operation)) in kept.operations {
                    let field = T::__index(&name).ok_or_else(|| {
                        D::Error::custom(format_args!("{} has no field `{name}`", T::CLASS_NAME))
                    })?;
                    operations.insert(field, operation);
                }
                let mut pending = Pending::restore(read(saved.fields)?, saved.acl, operations);
                if let Some(expected) = kept.expected {
                    pending.expect(read(expected)?);
                }
                Some(Box::new(pending))
            }
        };
        let (Timestamp(created_at), Timestamp(updated_at)) = (kept.created_at, kept.updated_at);
        let meta = Meta {
            id,
            created_at,
            updated_at,
            acl: kept.acl.map(Box::new),
        };
        Ok(Self { meta, value, pending })
    }
}
