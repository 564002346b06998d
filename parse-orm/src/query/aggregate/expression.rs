//! What is computed from many rows: sums, averages, extremes, lists.

use super::answer::{Misfit, decode, reference};
use crate::codegen::Reported;
use crate::object::{ParseObject, Pointer};
use crate::query::{Field, Ordered};
use crate::value::{Bytes, FieldType, File, GeoPoint, Json, ObjectId, ParseValue, Polygon};
use chrono::{DateTime, Utc};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;

/// One result of many rows of the model `R`, of the type `A`.
///
/// Field tokens make it: `F.score.sum()`, `avg`, `min`, `max`, `first`, `last`, `push`; and
/// [`Aggregate::count()`] counts the rows. Rows without a value are left out of all but the count.
///
/// | method | type | of no value at all |
/// | --- | --- | --- |
/// | `count()` | `u64` | 0 |
/// | `sum()` | `i64` of signed, `u64` of unsigned, `f64` of fractional numbers | 0 |
/// | `avg()` | `Option<f64>` | `None` |
/// | `min()`, `max()`, `first()`, `last()` | `Option<V>` of a field `V` or `Option<V>` | `None` |
/// | `push()` | `Vec<V>` | an empty one |
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// let total: Aggregate<GameScore, i64> = GameScore::F.score.sum();
/// let games: Aggregate<GameScore, u64> = Aggregate::count();
/// ```
#[must_use = "an aggregate computes nothing until `aggregate` or a group is given it"]
pub struct Aggregate<R, A> {
    pub(super) accumulator: Accumulator,
    read: fn(Value) -> Result<A, String>,
    _model: PhantomData<fn() -> R>,
}

/// The untyped aggregate.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accumulator {
    operator: &'static str,
    /// The field, `None` where rows are counted.
    column: Option<Column>,
}

/// A field as an aggregation knows it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    pub(super) name: &'static str,
    pub(super) kind: FieldType,
}

impl Column {
    pub(super) fn of<R, V: ParseValue>(field: Field<R, V>) -> Self {
        Self {
            name: field.name(),
            kind: V::TYPE,
        }
    }

    /// How `$group` and expressions refer to it. The server puts in the database's name of all but the id.
    pub(super) fn reference(self) -> String {
        match self.name {
            "objectId" => "$_id".into(),
            name => format!("${name}"),
        }
    }

    /// The database's name, which `$sort` needs.
    pub(super) fn stored(name: &str, kind: Option<FieldType>) -> Cow<'_, str> {
        match (name, kind) {
            ("objectId", _) => "_id".into(),
            ("createdAt", _) => "_created_at".into(),
            ("updatedAt", _) => "_updated_at".into(),
            (name, Some(FieldType::Pointer(_))) => format!("_p_{name}").into(),
            (name, _) => name.into(),
        }
    }
}

impl Accumulator {
    pub(super) fn column(&self) -> Option<Column> {
        self.column
    }

    fn misfit(&self, expected: &str, found: String) -> Misfit {
        let field = self.column.map(|column| column.name);
        let expected = format!("`{}` as `{expected}`", self.operator);
        Misfit {
            field,
            expected,
            found,
        }
    }
}

impl Serialize for Accumulator {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(1))?;
        match self.column {
            Some(column) => map.serialize_entry(self.operator, &column.reference())?,
            None => map.serialize_entry(self.operator, &1)?,
        }
        map.end()
    }
}

impl<R, A> Aggregate<R, A> {
    fn new(operator: &'static str, column: Option<Column>, read: fn(Value) -> Result<A, String>) -> Self {
        Self {
            accumulator: Accumulator { operator, column },
            read,
            _model: PhantomData,
        }
    }

    /// Under this name in the rows of a [`Pipeline`](super::Pipeline).
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Named<R> {
        Named {
            name: name.into(),
            accumulator: self.accumulator,
            _model: PhantomData,
        }
    }

    /// Groups in the order of this result, smallest first.
    pub fn asc(self) -> GroupOrder<R> {
        GroupOrder::new(By::Accumulator(self.accumulator), false)
    }

    /// Groups in the order of this result, largest first.
    pub fn desc(self) -> GroupOrder<R> {
        GroupOrder::new(By::Accumulator(self.accumulator), true)
    }
}

impl<R> Aggregate<R, u64> {
    /// How many rows. Wire form `{"$sum": 1}`.
    pub fn count() -> Self {
        Self::new(
            "$sum",
            None,
            |value| {
                if value.is_null() { Ok(0) } else { decode(value) }
            },
        )
    }
}

impl<R, A> Clone for Aggregate<R, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, A> Copy for Aggregate<R, A> {}

impl<R, A> fmt::Debug for Aggregate<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aggregate({:?})", self.accumulator)
    }
}

/// An aggregate with the name that it has in the rows of a [`Pipeline`](super::Pipeline): what
/// [`Aggregate::named`] returns.
pub struct Named<R> {
    pub(super) name: Cow<'static, str>,
    pub(super) accumulator: Accumulator,
    _model: PhantomData<fn() -> R>,
}

impl<R> Clone for Named<R> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            accumulator: self.accumulator,
            _model: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Named<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Named")
            .field(&self.name)
            .field(&self.accumulator)
            .finish()
    }
}

/// An order of groups: by one of their keys, or by an aggregate.
pub struct GroupOrder<R> {
    pub(super) by: By,
    pub(super) descending: bool,
    _model: PhantomData<fn() -> R>,
}

/// What groups are ordered by.
#[derive(Debug, Clone)]
pub(super) enum By {
    Key(Cow<'static, str>),
    Accumulator(Accumulator),
}

impl<R> GroupOrder<R> {
    fn new(by: By, descending: bool) -> Self {
        Self {
            by,
            descending,
            _model: PhantomData,
        }
    }
}

impl<R> Clone for GroupOrder<R> {
    fn clone(&self) -> Self {
        Self::new(self.by.clone(), self.descending)
    }
}

impl<R> fmt::Debug for GroupOrder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.descending { "-" } else { "" };
        write!(f, "GroupOrder({sign}{:?})", self.by)
    }
}

impl<R> From<crate::Order<R>> for GroupOrder<R> {
    fn from(order: crate::Order<R>) -> Self {
        Self::new(By::Key(order.key), order.descending)
    }
}

/// A field of numbers.
#[diagnostic::on_unimplemented(
    message = "`sum` and `avg` need numbers, and a field of type `{Self}` holds none",
    label = "not a field of numbers",
    note = "rows are counted by `Aggregate::count()`; the smallest and the largest text or date are `min()` and `max()`"
)]
pub trait Numeric: ParseValue {
    /// What a sum of it is.
    type Sum: ParseValue;
    /// The sum of no rows.
    #[doc(hidden)]
    const ZERO: Self::Sum;
}

macro_rules! numeric {
    ($($sum:ty, $zero:literal: $($type:ty)*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl Numeric for $type {
            type Sum = $sum;
            const ZERO: $sum = $zero;
        }
    )*)*};
}

numeric! {
    i64, 0: i8 i16 i32 i64;
    u64, 0: u8 u16 u32 u64;
    f64, 0.0: f32 f64;
}

#[diagnostic::do_not_recommend]
impl<V: Numeric> Numeric for Option<V> {
    type Sum = V::Sum;
    const ZERO: V::Sum = V::ZERO;
}

/// A field whose values can be listed, and rows grouped by.
#[diagnostic::on_unimplemented(
    message = "the values of a field of type `{Self}` cannot be collected",
    label = "the rows hold no values of this field",
    note = "a relation is kept in a table of its own: it has a query for each object, and `prefetch_related` for many"
)]
pub trait Collected: ParseValue {
    /// One value: of an array, an element.
    type Element: ParseValue;
    /// The value of a row that has one.
    type Present: ParseValue;
}

macro_rules! collected {
    ($([$($generic:tt)*] $type:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generic)*> Collected for $type
        where
            Self: ParseValue,
        {
            type Element = Self;
            type Present = Self;
        }
    )*};
}

collected! {
    [] i8;
    [] i16;
    [] i32;
    [] i64;
    [] u8;
    [] u16;
    [] u32;
    [] u64;
    [] f32;
    [] f64;
    [] String;
    [] bool;
    [] DateTime<Utc>;
    [] ObjectId;
    [] GeoPoint;
    [] Polygon;
    [] Bytes;
    [] File;
    [] Value;
    [] Reported;
    [T: ParseObject] Pointer<T>;
    [T] Json<T>;
    [K, V] BTreeMap<K, V>;
    [K, V, H] HashMap<K, V, H>;
}

#[diagnostic::do_not_recommend]
impl<V: Collected> Collected for Option<V> {
    type Element = V::Element;
    type Present = V::Present;
}

#[diagnostic::do_not_recommend]
impl<V: Collected> Collected for Vec<V> {
    type Element = V::Element;
    type Present = Self;
}

fn present<V: ParseValue>(value: Value) -> Result<Option<V>, String> {
    if value.is_null() {
        return Ok(None);
    }
    decode(reference(V::TYPE, value)).map(Some)
}

fn list<V: ParseValue>(value: Value) -> Result<Vec<V>, String> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => list
            .into_iter()
            .filter_map(|one| present(one).transpose())
            .collect(),
        other => Err(format!("{other} is not an Array")),
    }
}

/// What many rows come down to. Each needs the master key to be computed.
// the type parameter is the result's: were it written as `V::Sum`, the compiler would not find the method where `V`
// does not fit, and not get to the trait's message
impl<R, V> Field<R, V> {
    /// The sum. Wire form `$sum`.
    pub fn sum<S: ParseValue>(self) -> Aggregate<R, S>
    where
        V: Numeric<Sum = S>,
    {
        Aggregate::new("$sum", Some(Column::of(self)), |value| {
            if value.is_null() {
                Ok(V::ZERO)
            } else {
                decode(value)
            }
        })
    }

    /// The average; `None` where no row has a value. Wire form `$avg`.
    pub fn avg(self) -> Aggregate<R, Option<f64>>
    where
        V: Numeric,
    {
        Aggregate::new("$avg", Some(Column::of(self)), present)
    }

    /// The smallest value; `None` where no row has one. Wire form `$min`.
    pub fn min<P: ParseValue>(self) -> Aggregate<R, Option<P>>
    where
        V: Ordered + Collected<Present = P>,
    {
        Aggregate::new("$min", Some(Column::of(self)), present)
    }

    /// The largest value; `None` where no row has one. Wire form `$max`.
    pub fn max<P: ParseValue>(self) -> Aggregate<R, Option<P>>
    where
        V: Ordered + Collected<Present = P>,
    {
        Aggregate::new("$max", Some(Column::of(self)), present)
    }

    /// The value of the first row, which a [`sort`](crate::Pipeline::sort) before decides. Wire form `$first`.
    pub fn first<P: ParseValue>(self) -> Aggregate<R, Option<P>>
    where
        V: Collected<Present = P>,
    {
        Aggregate::new("$first", Some(Column::of(self)), present)
    }

    /// The value of the last row, which a [`sort`](crate::Pipeline::sort) before decides. Wire form `$last`.
    pub fn last<P: ParseValue>(self) -> Aggregate<R, Option<P>>
    where
        V: Collected<Present = P>,
    {
        Aggregate::new("$last", Some(Column::of(self)), present)
    }

    /// All the values, repeated ones repeatedly. Wire form `$push`.
    pub fn push<P: ParseValue>(self) -> Aggregate<R, Vec<P>>
    where
        V: Collected<Present = P>,
    {
        Aggregate::new("$push", Some(Column::of(self)), list)
    }
}

/// One [`Aggregate`], or a tuple of up to six.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate of the rows of `{R}`",
    label = "not an aggregate",
    note = "write `F.score.sum()`, `Aggregate::count()`, or a tuple: `(Aggregate::count(), F.score.avg())`"
)]
pub trait Aggregates<R>: Send + Sync + 'static {
    /// What it computes: one value, or a tuple.
    type Output: Send;
    /// The untyped aggregates.
    #[doc(hidden)]
    fn list(&self) -> Vec<Accumulator>;
    /// Reads their values, which come in the same order.
    #[doc(hidden)]
    fn read(&self, next: &mut dyn FnMut() -> Value) -> Result<Self::Output, Misfit>;
}

impl<R: 'static, A: Send + 'static> Aggregates<R> for Aggregate<R, A> {
    type Output = A;
    fn list(&self) -> Vec<Accumulator> {
        vec![self.accumulator]
    }
    fn read(&self, next: &mut dyn FnMut() -> Value) -> Result<A, Misfit> {
        let misfit = |found| self.accumulator.misfit(std::any::type_name::<A>(), found);
        (self.read)(next()).map_err(misfit)
    }
}

macro_rules! tuples {
    ($(($($part:ident $number:tt)*))*) => {$(
        impl<R: 'static, $($part: Aggregates<R>),*> Aggregates<R> for ($($part,)*) {
            type Output = ($($part::Output,)*);
            fn list(&self) -> Vec<Accumulator> {
                [$(self.$number.list()),*].concat()
            }
            fn read(&self, next: &mut dyn FnMut() -> Value) -> Result<Self::Output, Misfit> {
                Ok(($(self.$number.read(next)?,)*))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
}
