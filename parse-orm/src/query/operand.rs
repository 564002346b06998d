//! What a field can be compared with.

use super::condition::Holds;
use super::field::Comparable;
use crate::object::{Object, ParseObject, Pointer, not_stored};
use crate::value::{Bytes, GeoPoint, Iso, ObjectId, Polygon, iso, to_json};
use chrono::{DateTime, TimeZone, Utc};
use compact_str::CompactString;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

/// The wire form of a value that a field is compared with, or why it has none.
#[derive(Debug, Clone)]
pub struct Operand(pub(super) Result<Constant, String>);

/// A value in a condition. What is an object on the wire is kept as what it is: as JSON it would cost more than the rest
/// of the query.
#[derive(Debug, Clone)]
pub(super) enum Constant {
    Json(Value),
    Text(CompactString),
    Date(Iso),
    Pointer(&'static str, ObjectId),
    List(Vec<Self>),
}

impl Constant {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Json(Value::Null))
    }

    /// The wire form, to look into.
    pub(super) fn to_json(&self) -> Cow<'_, Value> {
        match self {
            Self::Json(value) => Cow::Borrowed(value),
            Self::Text(text) => Cow::Owned(text.as_str().into()),
            Self::Date(date) => Cow::Owned(json!({"__type": "Date", "iso": date.as_str()})),
            Self::Pointer(class_name, id) => {
                Cow::Owned(json!({"__type": "Pointer", "className": class_name, "objectId": id.as_str()}))
            }
            Self::List(list) => Cow::Owned(list.iter().map(|value| value.to_json().into_owned()).collect()),
        }
    }
}

impl Serialize for Constant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(value) => value.serialize(to),
            Self::Text(text) => to.serialize_str(text),
            Self::Date(date) => date.serialize(to),
            Self::Pointer(class_name, id) => {
                let mut map = to.serialize_struct("Pointer", 3)?;
                map.serialize_field("__type", "Pointer")?;
                map.serialize_field("className", class_name)?;
                map.serialize_field("objectId", id.as_str())?;
                map.end()
            }
            Self::List(list) => to.collect_seq(list),
        }
    }
}

impl Operand {
    pub(super) fn json(value: impl Into<Value>) -> Self {
        Self(Ok(Constant::Json(value.into())))
    }

    /// A wire form, or why there is none.
    pub(super) fn tried(value: Result<Value, String>) -> Self {
        Self(value.map(Constant::Json))
    }

    fn text(text: impl Into<CompactString>) -> Self {
        Self(Ok(Constant::Text(text.into())))
    }

    fn date<Zone: TimeZone>(date: &DateTime<Zone>) -> Self {
        let date = iso(&date.with_timezone(&Utc));
        Self(date.map(Constant::Date).map_err(Into::into))
    }

    pub(super) fn pointer(class_name: &'static str, id: &ObjectId) -> Self {
        Self(Ok(Constant::Pointer(class_name, id.clone())))
    }

    /// True for `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.0, Ok(value) if value.is_null())
    }

    /// For generated code: the operand of a value that can be stored.
    #[doc(hidden)]
    pub fn of<V: crate::ParseValue>(value: &V) -> Self {
        Self::tried(to_json(value))
    }

    /// The operand of a field whose type was reported: never sent.
    pub(crate) fn none() -> Self {
        Self::json(Value::Null)
    }
}

/// A value that a field of the type `V` can be compared with.
#[diagnostic::on_unimplemented(
    message = "a field of type `{V}` cannot be compared with `{Self}`",
    label = "not a value that this field compares with",
    note = "an `Option<T>` field compares with a bare `T`, a `Vec<T>` field with one element `T`, a `Pointer<T>` field with `&Object<T>` or a `Pointer<T>`",
    note = "to ask whether a field has a value at all use the lookup `isnull = true` or `isnull = false`"
)]
pub trait IntoOperand<V> {
    /// What a row has under a key of this type.
    #[doc(hidden)]
    const HOLDS: Holds;
    /// The wire form.
    #[doc(hidden)]
    fn into_operand(self) -> Operand;
}

#[diagnostic::do_not_recommend]
impl<V: Comparable, U: OperandOf<V::Kind>> IntoOperand<V> for U {
    const HOLDS: Holds = V::HOLDS;
    fn into_operand(self) -> Operand {
        self.operand()
    }
}

/// A value of one of the [kinds](kind) that fields compare by.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with this field",
    label = "not a value that this field compares with"
)]
pub trait OperandOf<Kind> {
    /// The wire form.
    #[doc(hidden)]
    fn operand(self) -> Operand;
}

/// The kinds of values that fields compare by: any Rust integer compares with any numeric field.
pub mod kind {
    use std::marker::PhantomData;

    /// Numbers.
    #[derive(Debug)]
    pub enum Number {}
    /// Texts.
    #[derive(Debug)]
    pub enum Text {}
    /// Truth values.
    #[derive(Debug)]
    pub enum Flag {}
    /// Dates.
    #[derive(Debug)]
    pub enum Instant {}
    /// Object ids.
    #[derive(Debug)]
    pub enum Id {}
    /// References to objects of `T`.
    #[derive(Debug)]
    pub struct Reference<T>(PhantomData<T>);
    /// Any JSON.
    #[derive(Debug)]
    pub enum Any {}
}

macro_rules! operands {
    ($($kind:ty: $($type:ty)*;)*) => {$($(
        impl OperandOf<$kind> for $type {
            fn operand(self) -> Operand {
                Operand::of(&self)
            }
        }
        impl OperandOf<$kind> for &$type {
            fn operand(self) -> Operand {
                Operand::of(self)
            }
        }
    )*)*};
}

operands! {
    kind::Number: i8 i16 i32 i64 u8 u16 u32 u64 f32 f64;
    kind::Flag: bool;
    kind::Any: Value;
    GeoPoint: GeoPoint;
    Polygon: Polygon;
    Bytes: Bytes;
    kind::Id: ObjectId;
}

/// `list.len()` compares without a cast.
impl OperandOf<kind::Number> for usize {
    fn operand(self) -> Operand {
        u64::try_from(self).map_or_else(
            |error| Operand(Err(error.to_string())),
            OperandOf::<kind::Number>::operand,
        )
    }
}

impl OperandOf<kind::Number> for &usize {
    fn operand(self) -> Operand {
        OperandOf::<kind::Number>::operand(*self)
    }
}

impl<Zone: TimeZone> OperandOf<kind::Instant> for DateTime<Zone> {
    fn operand(self) -> Operand {
        Operand::date(&self)
    }
}

impl<Zone: TimeZone> OperandOf<kind::Instant> for &DateTime<Zone> {
    fn operand(self) -> Operand {
        Operand::date(self)
    }
}

macro_rules! texts {
    ($($kind:ty)*) => {$(
        impl OperandOf<$kind> for &str {
            fn operand(self) -> Operand {
                Operand::text(self)
            }
        }
        impl OperandOf<$kind> for String {
            fn operand(self) -> Operand {
                Operand::text(self)
            }
        }
        impl OperandOf<$kind> for &String {
            fn operand(self) -> Operand {
                Operand::text(self)
            }
        }
        impl OperandOf<$kind> for &&str {
            fn operand(self) -> Operand {
                Operand::text(*self)
            }
        }
        impl OperandOf<$kind> for Cow<'_, str> {
            fn operand(self) -> Operand {
                Operand::text(self)
            }
        }
    )*};
}

texts! { kind::Text kind::Id }

impl<T: ParseObject> OperandOf<kind::Reference<T>> for &Object<T> {
    fn operand(self) -> Operand {
        Operand::pointer(T::CLASS_NAME, self.id())
    }
}

impl<T: ParseObject> OperandOf<kind::Reference<T>> for Pointer<T> {
    fn operand(self) -> Operand {
        OperandOf::<kind::Reference<T>>::operand(&self)
    }
}

impl<T: ParseObject> OperandOf<kind::Reference<T>> for &Pointer<T> {
    fn operand(self) -> Operand {
        match self.id() {
            Some(id) => Operand::pointer(T::CLASS_NAME, id),
            None => Operand(Err(not_stored::<T>())),
        }
    }
}

/// Several values for the lookups `in`, `nin`, `all` and `contained_by`.
#[diagnostic::on_unimplemented(
    message = "this lookup needs a list of values for a field of type `{V}`, found `{Self}`",
    label = "not a list of such values",
    note = "write `= [a, b]`, or give a `Vec` or a slice; for a single value leave the lookup away: `field = value`"
)]
pub trait IntoOperandList<V> {
    /// What a row has under a key of this type.
    #[doc(hidden)]
    const HOLDS: Holds;
    /// The wire form.
    #[doc(hidden)]
    fn into_operand_list(self) -> Operand;
}

fn list<V, U: IntoOperand<V>>(values: impl Iterator<Item = U>) -> Operand {
    Operand(
        values
            .map(|value| value.into_operand().0)
            .collect::<Result<Vec<_>, _>>()
            .map(Constant::List),
    )
}

#[diagnostic::do_not_recommend]
impl<V, U: IntoOperand<V>, const N: usize> IntoOperandList<V> for [U; N] {
    const HOLDS: Holds = U::HOLDS;
    fn into_operand_list(self) -> Operand {
        list(self.into_iter())
    }
}

#[diagnostic::do_not_recommend]
impl<V, U: IntoOperand<V>> IntoOperandList<V> for Vec<U> {
    const HOLDS: Holds = U::HOLDS;
    fn into_operand_list(self) -> Operand {
        list(self.into_iter())
    }
}

#[diagnostic::do_not_recommend]
impl<'a, V, U> IntoOperandList<V> for &'a [U]
where
    &'a U: IntoOperand<V>,
{
    const HOLDS: Holds = <&'a U>::HOLDS;
    fn into_operand_list(self) -> Operand {
        list(self.iter())
    }
}

#[diagnostic::do_not_recommend]
impl<'a, V, U> IntoOperandList<V> for &'a Vec<U>
where
    &'a U: IntoOperand<V>,
{
    const HOLDS: Holds = <&'a U>::HOLDS;
    fn into_operand_list(self) -> Operand {
        list(self.iter())
    }
}

#[diagnostic::do_not_recommend]
impl<'a, V, U, const N: usize> IntoOperandList<V> for &'a [U; N]
where
    &'a U: IntoOperand<V>,
{
    const HOLDS: Holds = <&'a U>::HOLDS;
    fn into_operand_list(self) -> Operand {
        list(self.iter())
    }
}

/// A value that the values of a field of the type `V` can be greater or less than.
#[diagnostic::on_unimplemented(
    message = "a field of type `{V}` cannot be compared with `{Self}`",
    label = "not a value that this field compares with",
    note = "an `Option<T>` field compares with a bare `T`; only a `DateTime<Utc>` field with `ago(..)` and `from_now(..)`"
)]
pub trait IntoBound<V> {
    /// The wire form.
    #[doc(hidden)]
    fn into_bound(self) -> Operand;
}

#[diagnostic::do_not_recommend]
impl<V: Comparable, U: BoundOf<V::Kind>> IntoBound<V> for U {
    fn into_bound(self) -> Operand {
        self.bound()
    }
}

/// A bound of one of the [kinds](kind) that fields compare by.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with this field",
    label = "not a value that this field compares with"
)]
pub trait BoundOf<Kind> {
    /// The wire form.
    #[doc(hidden)]
    fn bound(self) -> Operand;
}

#[diagnostic::do_not_recommend]
impl<Kind, U: OperandOf<Kind>> BoundOf<Kind> for U {
    fn bound(self) -> Operand {
        self.operand()
    }
}

/// The two ends of the lookup `range`.
#[diagnostic::on_unimplemented(
    message = "the lookup `range` needs two values for a field of type `{V}`, found `{Self}`",
    label = "not two such values",
    note = "write `= (low, high)` or `= low..=high` (both ends included), or `= low..high` (the upper end excluded)"
)]
pub trait IntoRange<V> {
    /// Each end with its operator.
    #[doc(hidden)]
    fn into_range(self) -> [(&'static str, Operand); 2];
}

#[diagnostic::do_not_recommend]
impl<V, A: IntoBound<V>, B: IntoBound<V>> IntoRange<V> for (A, B) {
    fn into_range(self) -> [(&'static str, Operand); 2] {
        [("$gte", self.0.into_bound()), ("$lte", self.1.into_bound())]
    }
}

#[diagnostic::do_not_recommend]
impl<V, U: IntoBound<V>> IntoRange<V> for RangeInclusive<U> {
    fn into_range(self) -> [(&'static str, Operand); 2] {
        let (low, high) = self.into_inner();
        [("$gte", low.into_bound()), ("$lte", high.into_bound())]
    }
}

#[diagnostic::do_not_recommend]
impl<V, U: IntoBound<V>> IntoRange<V> for Range<U> {
    fn into_range(self) -> [(&'static str, Operand); 2] {
        [("$gte", self.start.into_bound()), ("$lt", self.end.into_bound())]
    }
}
