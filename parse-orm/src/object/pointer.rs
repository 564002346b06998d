//! References to one object of another class.

use super::decode::RawSeed;
use super::encode::Body;
use super::{FieldSet, Object, ParseObject, Snapshot};
use crate::NotIncluded;
use crate::value::{FieldSchema, FieldType, Form, ObjectId, ParseValue, iso};
use serde::de::{DeserializeSeed, Error as _, Unexpected};
use serde::ser::{Error as _, SerializeMap, SerializeStruct};
use serde::{Deserializer, Serialize, Serializer};
use std::fmt;

/// A reference to an object of the class `T`: its id, and the object itself where a query included it.
///
/// On the wire `{"__type": "Pointer", "className": "Player", "objectId": ".."}`, and the whole object with
/// `"__type": "Object"` where it was included. A query without `select_related` never includes anything,
/// and nothing is ever fetched behind the scenes.
///
/// An included object that was deleted (or may not be read) makes the field vanish from the row: declare
/// the field as `Option<Pointer<T>>` wherever that can happen.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
/// let pointer = Pointer::<Player>::to("Ed1nuqPvcm");
/// assert_eq!(pointer.id().as_str(), "Ed1nuqPvcm");
/// assert!(pointer.get().unwrap_err().to_string().contains("Player::get(&client, pointer.id())"));
/// ```
pub struct Pointer<T> {
    id: ObjectId,
    object: Option<Box<Object<T>>>,
    origin: Option<&'static FieldSchema>,
}

impl<T> Pointer<T> {
    /// The id of the object that is pointed to.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }
}

impl<T: ParseObject> Pointer<T> {
    /// A reference to the object with this id.
    pub fn to(id: impl Into<ObjectId>) -> Self {
        Self {
            id: id.into(),
            object: None,
            origin: None,
        }
    }

    /// The object, if it was included.
    pub fn loaded(&self) -> Option<&Object<T>> {
        self.object.as_deref()
    }

    /// The object, or an error that says how to include it.
    ///
    /// # Errors
    /// [`NotIncluded`] when the query did not include it.
    pub fn get(&self) -> Result<&Object<T>, NotIncluded> {
        self.loaded().ok_or_else(|| NotIncluded {
            target: T::CLASS_NAME,
            id: self.id.clone(),
            origin: self.origin.map(|field| (field.class_name, field.rust_name)),
        })
    }
}

impl<T: Snapshot> Clone for Pointer<T> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            object: self.object.clone(),
            origin: self.origin,
        }
    }
}

impl<T: ParseObject> From<&Object<T>> for Pointer<T> {
    fn from(object: &Object<T>) -> Self {
        Self {
            id: object.id().clone(),
            object: Some(Box::new(object.clone())),
            origin: None,
        }
    }
}

impl<T: ParseObject> From<&Self> for Pointer<T> {
    fn from(pointer: &Self) -> Self {
        pointer.clone()
    }
}

/// By the id: two pointers to one object are equal, whether or not they hold it.
impl<T: ParseObject> PartialEq for Pointer<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<T: ParseObject> Eq for Pointer<T> {}

impl<T: ParseObject> std::hash::Hash for Pointer<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl<T: ParseObject> fmt::Debug for Pointer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = if self.object.is_some() { ", included" } else { "" };
        write!(f, "Pointer({} `{}`{note})", T::CLASS_NAME, self.id)
    }
}

impl<T: ParseObject> ParseValue for Pointer<T> {
    const TYPE: FieldType = FieldType::Pointer(T::CLASS_NAME);

    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = RawSeed::<T>::new().deserialize(from)?;
        if let Some(other) = &raw.class_name {
            let expected = format!("a pointer to {}", T::CLASS_NAME);
            return Err(D::Error::invalid_value(
                Unexpected::Str(other),
                &expected.as_str(),
            ));
        }
        match raw.included {
            Some(true) => {
                let object = raw.finish().map_err(D::Error::custom)?;
                Ok(Self {
                    id: object.id().clone(),
                    object: Some(Box::new(object)),
                    origin: None,
                })
            }
            Some(false) => match raw.id {
                Some(id) => Ok(Self {
                    id,
                    object: None,
                    origin: None,
                }),
                None => Err(D::Error::missing_field("objectId")),
            },
            None => Err(D::Error::missing_field("__type")),
        }
    }

    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        if let (Form::Full, Some(object)) = (form, &self.object) {
            return Included(object).serialize(to);
        }
        let mut map = to.serialize_struct("Pointer", 3)?;
        map.serialize_field("__type", "Pointer")?;
        map.serialize_field("className", T::CLASS_NAME)?;
        map.serialize_field("objectId", &self.id)?;
        map.end()
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }

    fn merge(&mut self, newer: Self) {
        let object = newer
            .object
            .or_else(|| self.object.take().filter(|_| self.id == newer.id));
        *self = Self {
            id: newer.id,
            object,
            origin: newer.origin.or(self.origin),
        };
    }

    fn locate(&mut self, field: &'static FieldSchema) {
        self.origin = Some(field);
    }
}

/// An included object with everything it holds.
struct Included<'a, T: ParseObject>(&'a Object<T>);

impl<T: ParseObject> Serialize for Included<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Object { meta, value, .. } = self.0;
        let date = |date| iso(date).map_err(S::Error::custom);
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("__type", "Object")?;
        map.serialize_entry("className", T::CLASS_NAME)?;
        map.serialize_entry("objectId", &meta.id)?;
        map.serialize_entry("createdAt", date(&meta.created_at)?.as_str())?;
        map.serialize_entry("updatedAt", date(&meta.updated_at)?.as_str())?;
        if let Some(acl) = &meta.acl {
            map.serialize_entry("ACL", acl)?;
        }
        let mut all = FieldSet::EMPTY;
        (0..T::SCHEMA.fields.len()).for_each(|field| all.put(field, true));
        for field in all.without(value.__absent()).iter() {
            map.serialize_entry(
                T::SCHEMA.fields[field].name,
                &super::encode::FieldRef(value, field, Form::Full),
            )?;
        }
        map.end()
    }
}

impl<T: ParseObject> Body<'_, T> {
    /// Every field that has a value, with included objects: what [`Object`] keeps outside of the server.
    pub(super) fn full(value: &T) -> Body<'_, T> {
        let mut all = FieldSet::EMPTY;
        (0..T::SCHEMA.fields.len()).for_each(|field| all.put(field, true));
        let mut body = Body::new(value, all);
        body.form = Form::Full;
        body
    }
}
