//! What the derive supplies for a model.

use super::draft::New;
use super::{Object, Unsaved};
use crate::value::{FieldSchema, FieldType, Form, Parts, Unstored};
use crate::{Client, Result};
use serde::{Deserializer, Serializer};
#[cfg(not(rust_analyzer))]
use std::future::{Ready, ready};

/// A model: a struct whose fields are those of a class on the server.
///
/// Implement it with `#[derive(ParseObject)]`; see [the derive](derive@crate::ParseObject) for its
/// attributes. The methods that begin with `__` are for the library.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "add `#[derive(ParseObject, Clone)]` to the struct"
)]
pub trait ParseObject: Snapshot + Send + Sync + 'static {
    /// The class on the server.
    const CLASS_NAME: &'static str;
    /// The fields with their types.
    const SCHEMA: &'static Schema;
    /// The struct of field tokens.
    type Fields: Copy + 'static;
    /// The field tokens, for conditions and orders without macros: `GameScore::F.score.gte(1000)`.
    const F: Self::Fields;

    /// Stores a copy of this value as a new object. One POST, after the requests that store the
    /// [new objects](crate::Pointer::new) and files which it holds.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// let stored = GameScore { score: 1337 }.create(&client).await?;
    /// assert_eq!(stored.id().as_str().len(), 10);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) when a value cannot be stored,
    /// [`Error::Dependency`](crate::Error::Dependency) when something new that it holds could not be, and
    /// whatever the server answers. The value can be tried again: what it holds and is stored is not sent twice.
    fn create(&self, client: &Client) -> impl Future<Output = Result<Object<Self>>> + Send {
        async move { New::value(self).create(client).await }
    }

    #[cfg(not(rust_analyzer))]
    #[doc(hidden)]
    fn save(&mut self, _: &Client) -> Ready<Result<()>>
    where
        Self: OnServer,
    {
        ready(Ok(()))
    }
    #[cfg(not(rust_analyzer))]
    #[doc(hidden)]
    fn refresh(&mut self, _: &Client, _: Unsaved) -> Ready<Result<()>>
    where
        Self: OnServer,
    {
        ready(Ok(()))
    }
    #[cfg(not(rust_analyzer))]
    #[doc(hidden)]
    fn delete(self, _: &Client) -> Ready<Result<Self>>
    where
        Self: OnServer,
    {
        ready(Ok(self))
    }

    #[doc(hidden)]
    type Partial: Send;
    #[doc(hidden)]
    fn __partial() -> Self::Partial;
    #[doc(hidden)]
    fn __index(key: &str) -> Option<usize>;
    #[doc(hidden)]
    fn __decode<'de, D: Deserializer<'de>>(
        partial: &mut Self::Partial,
        field: usize,
        from: D,
    ) -> Result<(), D::Error>;
    #[doc(hidden)]
    fn __finish(partial: Self::Partial) -> Result<Self, usize>;
    #[doc(hidden)]
    fn __merge(&mut self, partial: Self::Partial);
    #[doc(hidden)]
    fn __encode<S: Serializer>(&self, field: usize, form: Form, to: S) -> Result<S::Ok, S::Error>;
    #[doc(hidden)]
    fn __diff(&self, other: &Self) -> FieldSet;
    /// What differs within a field that holds an object, where it can be sent in parts.
    #[doc(hidden)]
    fn __parts(&self, _held: &Self, _field: usize) -> Option<Parts> {
        None
    }
    /// What has to be stored before the value, with the number of the field that holds it.
    #[doc(hidden)]
    fn __unstored<'a>(&'a self, _found: &mut dyn FnMut(usize, Unstored<'a>)) {}
    #[doc(hidden)]
    fn __absent(&self) -> FieldSet;
    #[doc(hidden)]
    fn __copy(&mut self, from: &Self, field: usize);
    /// Takes over the fields that are not stored, for a value that was read anew.
    #[doc(hidden)]
    fn __carry(&mut self, _from: Self) {}
}

/// Never implemented: it gives what only a stored object has, called on a plain value, its own error message.
#[diagnostic::on_unimplemented(
    message = "this `{Self}` is not stored yet: create it first with `.create(&client)`",
    label = "called on a plain value, not on a stored object",
    note = "`let mut stored = value.create(&client).await?;` gives an `Object<{Self}>`, which can be saved, refreshed and deleted"
)]
pub trait OnServer {}

/// What dirty tracking needs of a model: a copy of the value as the server holds it.
#[diagnostic::on_unimplemented(
    message = "the model `{Self}` must be `Clone`: dirty tracking keeps a copy to compare with",
    label = "not `Clone`",
    note = "write `#[derive(ParseObject, Clone)]`"
)]
pub trait Snapshot: Sized {
    /// A copy. A method of its own instead of a `Clone` supertrait, whose own error would hide this one.
    #[doc(hidden)]
    #[must_use]
    fn snapshot(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Snapshot for T {
    fn snapshot(&self) -> Self {
        self.clone()
    }
}

/// Never implemented: it gives a model that stands as a field's type its own error message. The derive makes
/// every model a `ParseValue` under this condition.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a model of its own class and cannot be stored inside another object",
    label = "a model",
    note = "wrap it: `Pointer<{Self}>` refers to one object, `Option<Pointer<{Self}>>` to one or none",
    note = "for several: `Vec<Pointer<{Self}>>` keeps a few in order within the row, `Relation<{Self}>` any number in a table of its own",
    note = "to copy its fields into this object instead, derive `ParseValue` for it, not `ParseObject`"
)]
pub trait WrappedInPointer {}

/// A model's class and fields, for messages, migrations and tools.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Schema {
    /// The class on the server.
    pub class_name: &'static str,
    /// The stored fields, in the struct's order.
    pub fields: &'static [FieldSchema],
    /// The fields that are ever sent.
    pub(crate) writable: FieldSet,
}

impl Schema {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(class_name: &'static str, fields: &'static [FieldSchema]) -> Self {
        let (mut writable, mut field) = (0, 0);
        while field < fields.len() {
            writable |= (!fields[field].read_only as u128) << field;
            field += 1;
        }
        Self {
            class_name,
            fields,
            writable: FieldSet(writable),
        }
    }

    /// The relations, with the classes that they refer to.
    pub(crate) fn relations(&self) -> impl Iterator<Item = (usize, &'static str)> {
        self.fields
            .iter()
            .enumerate()
            .filter_map(|(index, field)| match field.field_type() {
                FieldType::Relation(class) => Some((index, class)),
                _ => None,
            })
    }
}

/// A set of a model's fields, by their position in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FieldSet(u128);

impl FieldSet {
    /// No field.
    pub const EMPTY: Self = Self(0);

    /// Adds the field if `yes`.
    pub fn put(&mut self, field: usize, yes: bool) {
        self.0 |= u128::from(yes) << field;
    }

    /// True when there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True when the field is in the set.
    pub const fn contains(self, field: usize) -> bool {
        self.0 >> field & 1 == 1
    }

    /// The fields of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The fields of the first that are not in the second.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The fields, in the schema's order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let field = rest.trailing_zeros();
            rest &= rest.checked_sub(1)?;
            Some(field as usize)
        })
    }
}
