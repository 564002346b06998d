//! References to one object of another class.

use super::decode::{Kind, Raw, RawSeed, row};
use super::encode::Body;
use super::newborn::Newborn;
use super::shown::{Shown, fields};
use super::{Draft, FieldSet, Object, ParseObject, Snapshot};
use crate::client::{NoParams, Path};
use crate::value::{FieldSchema, FieldType, Form, Found, ObjectId, ParseValue, Unstored};
use crate::{Client, Error, ErrorCode, NotIncluded, Result};
use serde::de::{DeserializeSeed, Error as _, Unexpected};
use serde::ser::{Error as _, SerializeMap, SerializeStruct};
use serde::{Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// A reference to an object of the class `T`: its id, and the object itself where a query included it.
///
/// On the wire `{"__type": "Pointer", "className": "Player", "objectId": ".."}`, and the whole object with
/// `"__type": "Object"` where it was included. A query without `select_related` never includes anything,
/// and nothing is ever fetched behind the scenes.
///
/// An included object that was deleted (or may not be read) makes the field vanish from the row: declare
/// the field as `Option<Pointer<T>>` wherever that can happen.
///
/// A pointer can also hold a [new](Self::new) value, which is stored before the object that holds the pointer.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
/// let pointer = Pointer::<Player>::to("Ed1nuqPvcm");
/// assert_eq!(pointer.id().unwrap().as_str(), "Ed1nuqPvcm");
/// assert!(pointer.get().unwrap_err().to_string().contains("pointer.fetch(&client)"));
/// ```
pub struct Pointer<T>(To<T>);

enum To<T> {
    Stored {
        id: ObjectId,
        object: Option<Box<Object<T>>>,
        origin: Option<&'static FieldSchema>,
    },
    New(Arc<Newborn<T>>),
}

impl<T> Pointer<T> {
    /// The id of the object that is pointed to; `None` as long as it is not stored.
    pub fn id(&self) -> Option<&ObjectId> {
        match &self.0 {
            To::Stored { id, .. } => Some(id),
            To::New(new) => Some(&new.object()?.meta.id),
        }
    }

    fn object(&self) -> Option<&Object<T>> {
        match &self.0 {
            To::Stored { object, .. } => object.as_deref(),
            To::New(new) => new.object(),
        }
    }
}

/// A value that is not stored yet: what [`Pointer::new`] takes, with a message of its own for anything else.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a new pointer is made of the plain value of a model, and `{Self}` is none",
    label = "not a plain value of a model",
    note = "an `Object` is stored already: `object.pointer()` points to it",
    note = "a `Draft` becomes a pointer by `Pointer::from(draft)`; a struct becomes a model by `#[derive(ParseObject, Clone)]`"
)]
pub trait PlainValue: ParseObject {}

#[diagnostic::do_not_recommend]
impl<T: ParseObject> PlainValue for T {}

impl<T> Pointer<T> {
    /// A pointer to a new object with this value; `Pointer::from` takes a [`Draft`] as well, for one with an ACL or
    /// an id of its own.
    ///
    /// It is stored by the `create` or `save` of an object that holds the pointer, before that object: what it
    /// holds itself first, to any depth, and all that can go together in one batch. The clones of a pointer are the
    /// same object: held by several, it is stored once, and another try after a failure does not store it again.
    /// Two pointers made from equal values are two objects. A value owns what it holds, so that nothing new can hold
    /// itself: where two objects point to each other, one pointer is set when both are stored. A chain
    /// of many thousands, each holding the next, is too deep for the stack: store such objects one by one.
    ///
    /// An object that is stored already is never saved along: save it by itself.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
    /// # #[derive(ParseObject, Clone, Debug)] struct Game { score: i64, player: Option<Pointer<Player>> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let ann = Pointer::new(Player { name: "Ann".into() });
    /// assert!(ann.id().is_none());
    /// let first = Game { score: 1, player: Some(ann.clone()) }.create(&client).await?; // two requests
    /// let second = Game { score: 2, player: Some(ann.clone()) }.create(&client).await?; // one: Ann is stored
    /// assert!(ann.id().is_some() && first.player == second.player);
    /// assert_eq!(first.player.as_ref().unwrap().get()?.name, "Ann");
    /// # Ok(()) }
    /// ```
    pub fn new(value: T) -> Self
    where
        T: PlainValue,
    {
        Draft::new(value).into()
    }
}

impl<T: ParseObject> Pointer<T> {
    /// A reference to the object with this id.
    pub fn to(id: impl Into<ObjectId>) -> Self {
        Self(To::Stored {
            id: id.into(),
            object: None,
            origin: None,
        })
    }

    /// The object, if it was included, or was new and is stored now.
    pub fn loaded(&self) -> Option<&Object<T>> {
        self.object()
    }

    /// The object, or an error that says how to include it.
    ///
    /// # Errors
    /// [`NotIncluded`] when the query did not include it, or it is not stored yet.
    pub fn get(&self) -> Result<&Object<T>, NotIncluded> {
        self.loaded().ok_or_else(|| NotIncluded {
            target: T::CLASS_NAME,
            id: self.id().cloned(),
            origin: self.origin().map(|field| (field.class_name, field.rust_name)),
        })
    }

    /// Reads the object from the server, whether or not it was included. One GET.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let ann = Player { name: "Ann".into() }.create(&client).await?;
    /// let pointer = Pointer::<Player>::to(ann.id());
    /// assert_eq!(pointer.fetch(&client).await?.name, "Ann");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::DoesNotExist`] when the object was deleted or may not be read, [`Error::Invalid`] when it is not
    /// stored yet.
    pub async fn fetch(&self, client: &Client) -> Result<Object<T>> {
        let Some(id) = self.id() else {
            return Err(Error::invalid(T::CLASS_NAME, None, not_stored::<T>()));
        };
        let bytes = client
            .read(Path::Object(T::CLASS_NAME, id.as_str()), &NoParams {})
            .await;
        match bytes {
            Ok(bytes) => row(&bytes),
            Err(error) if error.code() == Some(ErrorCode::ObjectNotFound) => Err(Error::DoesNotExist {
                class_name: T::CLASS_NAME,
                id: Some(id.clone()),
            }),
            Err(error) => Err(error),
        }
    }

    fn origin(&self) -> Option<&'static FieldSchema> {
        match &self.0 {
            To::Stored { origin, .. } => *origin,
            To::New(_) => None,
        }
    }

    fn kept(raw: Raw<T>) -> Result<Self, String> {
        let Raw { id, acl, fields, .. } = raw;
        let missing = |field: usize| format!("the field `{}` is missing", T::SCHEMA.fields[field].name);
        let value = T::__finish(fields).map_err(missing)?;
        Ok(Draft { value, acl, id }.into())
    }
}

/// Why a pointer has no wire form.
pub(crate) fn not_stored<T: ParseObject>() -> String {
    format!(
        "the {} that this points to is not stored yet: create it first, or save it with an object that holds it",
        T::CLASS_NAME
    )
}

impl<T: Snapshot> Clone for Pointer<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            To::Stored { id, object, origin } => To::Stored {
                id: id.clone(),
                object: object.clone(),
                origin: *origin,
            },
            To::New(new) => To::New(new.clone()),
        })
    }
}

impl<T: ParseObject> From<&Object<T>> for Pointer<T> {
    fn from(object: &Object<T>) -> Self {
        Self::included(object.clone())
    }
}

impl<T: ParseObject> Pointer<T> {
    fn included(object: Object<T>) -> Self {
        Self(To::Stored {
            id: object.id().clone(),
            object: Some(Box::new(object)),
            origin: None,
        })
    }
}

impl<T: ParseObject> From<&Self> for Pointer<T> {
    fn from(pointer: &Self) -> Self {
        pointer.clone()
    }
}

/// A [new](Pointer::new) object.
impl<T: ParseObject> From<T> for Pointer<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// A [new](Pointer::new) object.
impl<T: ParseObject> From<Draft<T>> for Pointer<T> {
    fn from(draft: Draft<T>) -> Self {
        Self(To::New(Arc::new(Newborn::new(draft))))
    }
}

/// By the id: two pointers to one object are equal, whether or not they hold it. A new object that is not stored
/// equals only itself.
impl<T> PartialEq for Pointer<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (To::New(a), To::New(b)) if Arc::ptr_eq(a, b) => true,
            _ => self.id().is_some_and(|id| Some(id) == other.id()),
        }
    }
}

impl<T> Eq for Pointer<T> {}

/// As it is compared. The hash of a new object changes once, when it is stored.
impl<T> std::hash::Hash for Pointer<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        match (self.id(), &self.0) {
            (None, To::New(new)) => Arc::as_ptr(new).hash(state),
            (id, _) => id.hash(state),
        }
    }
}

impl<T: ParseObject> fmt::Debug for Pointer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(id) = self.id() else {
            return write!(f, "Pointer({}, new)", T::CLASS_NAME);
        };
        let note = if self.loaded().is_some() { ", included" } else { "" };
        write!(f, "Pointer({} `{id}`{note})", T::CLASS_NAME)
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
        match raw.kind {
            Some(Kind::Object) => raw.finish().map(Self::included).map_err(D::Error::custom),
            Some(Kind::Pointer) => match raw.id {
                Some(id) => Ok(Self::to(id)),
                None => Err(D::Error::missing_field("objectId")),
            },
            Some(Kind::New) => Self::kept(raw).map_err(D::Error::custom),
            // as a function of the server sees it in its parameters, where a webhook is told of them
            None => match raw.id {
                Some(id) if raw.created_at.is_none() => Ok(Self::to(id)),
                _ => Err(D::Error::missing_field("__type")),
            },
        }
    }

    fn encode<S: Serializer>(&self, form: Form, to: S) -> Result<S::Ok, S::Error> {
        match (form, self.loaded(), &self.0) {
            (Form::Full | Form::Shown, Some(object), _) => return Shown(object, form).serialize(to),
            (Form::Full, None, To::New(new)) => return Kept(&new.draft).serialize(to),
            (Form::Trial, None, To::New(_)) => return to.serialize_unit(),
            _ => {}
        }
        let Some(id) = self.id() else {
            return Err(S::Error::custom(not_stored::<T>()));
        };
        let mut map = to.serialize_struct("Pointer", 3)?;
        map.serialize_field("__type", "Pointer")?;
        map.serialize_field("className", T::CLASS_NAME)?;
        map.serialize_field("objectId", id)?;
        map.end()
    }

    fn same(&self, other: &Self) -> bool {
        self == other
    }

    fn merge(&mut self, newer: Self) {
        if self.loaded().is_some() && newer.loaded().is_none() && *self == newer {
            if let Some(field) = newer.origin() {
                self.locate(field);
            }
            return;
        }
        let origin = newer.origin().or_else(|| self.origin());
        *self = newer;
        if let Some(field) = origin {
            self.locate(field);
        }
    }

    fn locate(&mut self, field: &'static FieldSchema) {
        if let To::Stored { origin, .. } = &mut self.0 {
            *origin = Some(field);
        }
    }

    fn unstored<'a>(&'a self, found: Found<'_, 'a>) {
        if let To::New(new) = &self.0
            && new.object().is_none()
        {
            found(Unstored::Object(&**new));
        }
    }
}

/// A new object with everything it holds.
struct Kept<'a, T>(&'a Draft<T>);

impl<T: ParseObject> Serialize for Kept<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Draft { value, acl, id } = self.0;
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("__type", "New")?;
        map.serialize_entry("className", T::CLASS_NAME)?;
        if let Some(id) = id {
            map.serialize_entry("objectId", id)?;
        }
        if let Some(acl) = acl {
            map.serialize_entry("ACL", acl)?;
        }
        fields(value, &mut map, Form::Full)?;
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
