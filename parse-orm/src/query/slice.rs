//! A query set with an end: it can be read, no longer refined.

use super::change::Change;
use super::condition::{Q, show};
use super::cursor::Cursor;
use super::delete::Delete;
use super::field::{Comparable, Field};
use super::options::IntoExclude;
use super::order::{IntoInclude, IntoOrder};
use super::params::Find;
use super::set::{Core, QuerySet};
use super::subquery::Selected;
use super::update::Update;
use crate::Result;
use crate::object::ParseObject;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// The rows of some positions of a query set: `query!(set[10..20])`.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// let page = query!(GameScore.order_by(-score)[10..20]);
/// assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"order":"-score","limit":10,"skip":10}"#);
/// ```
#[must_use = "a slice asks nothing until a terminal such as `.all(&client).await` is called"]
pub struct Slice<T> {
    pub(super) core: Core,
    _model: PhantomData<fn() -> T>,
}

impl<T> Slice<T> {
    pub(super) fn new(core: Core) -> Self {
        Self {
            core,
            _model: PhantomData,
        }
    }
}

impl<T: ParseObject> Slice<T> {
    /// The rows of the slice behind a place in it, as in [`QuerySet::after`].
    pub fn after(&self, cursor: &Cursor) -> Self {
        Self::new(self.core.after(cursor))
    }
}

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        Self::new(self.core.clone())
    }
}

impl<T: ParseObject> fmt::Debug for Slice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slice<{}>({})", T::CLASS_NAME, show(self))
    }
}

/// The REST query parameters, with `where` as an object.
impl<T: ParseObject> Serialize for Slice<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let core = self.core.rest(T::CLASS_NAME).map_err(S::Error::custom)?;
        Find::of(&core).serialize(to)
    }
}

/// Never implemented: it gives refining a slice its own error message.
#[diagnostic::on_unimplemented(
    message = "cannot filter, order, slice, update or delete a query once a slice has been taken",
    label = "this query was sliced before",
    note = "filter and order first, and take the slice last: `query!(GameScore.filter(..).order_by(..)[..10])`"
)]
pub trait NotSliced {}

/// What a slice no longer offers; the editor, which would complete it, does not see it.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
impl<T: ParseObject> Slice<T>
where
    Self: Sized,
{
    pub fn filter(&self, _: Q<T>) -> Self
    where
        Self: NotSliced,
    {
        self.clone()
    }
    pub fn exclude(&self, _: Q<T>) -> Self
    where
        Self: NotSliced,
    {
        self.clone()
    }
    pub fn order_by(&self, _: impl IntoOrder<T>) -> Self
    where
        Self: NotSliced,
    {
        self.clone()
    }
    pub fn select_related(&self, _: impl IntoInclude<T>) -> Self
    where
        Self: NotSliced,
    {
        self.clone()
    }
    pub fn exclude_keys(&self, _: impl IntoExclude<T>) -> Self
    where
        Self: NotSliced,
    {
        self.clone()
    }
    pub fn limit(&self, _: u64) -> Self
    where
        Self: NotSliced,
    {
        self.clone()
    }
    pub fn skip(&self, _: u64) -> Self
    where
        Self: NotSliced,
    {
        self.clone()
    }
    pub fn slice(&self, _: impl std::ops::RangeBounds<u64>) -> Self
    where
        Self: NotSliced,
    {
        self.clone()
    }
    pub fn select<V: Comparable>(&self, field: Field<T, V>) -> Selected<V::Kind>
    where
        Self: NotSliced,
    {
        QuerySet::of(self.core.clone()).select(field)
    }
    pub fn update(&self, changes: impl IntoIterator<Item = Change<T>>) -> Update<T>
    where
        Self: NotSliced,
    {
        QuerySet::of(self.core.clone()).update(changes)
    }
    pub fn delete(&self) -> Delete<T>
    where
        Self: NotSliced,
    {
        QuerySet::of(self.core.clone()).delete()
    }
    pub fn fields(&self) -> T::Fields {
        T::F
    }
}
