//! Changes of fields: what an update does to every row that it reaches.

use super::field::Field;
use super::step::{Embedded, Traversable};
use crate::codegen::Reported;
use crate::object::{Object, Operation, ParseObject, Pointer};
use crate::value::{ObjectId, ParseValue, to_json, to_number};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// What an [`update`](crate::QuerySet::update) does to one field of the model `R`.
///
/// Field tokens make it; what `query!` writes as `update(score += 1)` is `F.score.increment(1)`.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, skills: Vec<String>, note: Option<String> }
/// const F: GameScoreFields = GameScore::F;
/// let changes = [F.score.increment(1), F.skills.add_unique("flying"), F.note.unset()];
/// assert_eq!(
///     serde_json::to_value(GameScore::objects().update(changes)).unwrap(),
///     serde_json::json!({
///         "score": {"__op": "Increment", "amount": 1},
///         "skills": {"__op": "AddUnique", "objects": ["flying"]},
///         "note": {"__op": "Delete"},
///     })
/// );
/// ```
#[must_use = "a change does nothing until an `update` is given it"]
pub struct Change<R> {
    /// Of the row, or `field.key` within an embedded struct.
    pub(super) field: Cow<'static, str>,
    pub(super) write: Write,
    _model: PhantomData<fn() -> R>,
}

/// What is sent for a field.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Set(Value),
    Unset,
    Operate(Operation),
}

impl Write {
    /// Why it cannot be sent, if it cannot.
    pub(super) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Operate(Operation::Invalid(reason)) => Some(reason),
            _ => None,
        }
    }
}

impl Serialize for Write {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Set(value) => value.serialize(to),
            Self::Unset => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("__op", "Delete")?;
                map.end()
            }
            Self::Operate(operation) => operation.serialize(to),
        }
    }
}

impl<R> Change<R> {
    fn new(field: impl Into<Cow<'static, str>>, write: Result<Write, String>) -> Self {
        let field = field.into();
        let write = write.unwrap_or_else(|reason| Write::Operate(Operation::Invalid(reason)));
        Self {
            field,
            write,
            _model: PhantomData,
        }
    }
}

impl<R> Clone for Change<R> {
    fn clone(&self) -> Self {
        Self {
            field: self.field.clone(),
            write: self.write.clone(),
            _model: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Change<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Change")
            .field(&self.field)
            .field(&self.write)
            .finish()
    }
}

/// The changes that each type of field has.
impl<R, V> Field<R, V> {
    /// `field = value`: the row holds this value. `None` removes the field.
    pub fn set(self, value: impl Assign<V>) -> Change<R> {
        let write = value
            .assigned()
            .0
            .map(|value| value.map_or(Write::Unset, Write::Set));
        Change::new(self.name(), write)
    }

    /// `field = None`: the row has no value. Wire form `{"__op": "Delete"}`.
    pub fn unset(self) -> Change<R>
    where
        V: Optional,
    {
        Change::new(self.name(), Ok(Write::Unset))
    }

    /// `field += amount`, atomically on the server. Wire form `Increment`.
    pub fn increment(self, by: impl Amount<V>) -> Change<R> {
        Change::new(
            self.name(),
            by.amount().map(|by| Write::Operate(Operation::Increment(by))),
        )
    }

    /// `field -= amount`, atomically on the server. Wire form `Increment`, by the negative amount.
    pub fn decrement(self, by: impl Amount<V>) -> Change<R> {
        let by = by.amount().and_then(|by| negative(&by));
        Change::new(self.name(), by.map(|by| Write::Operate(Operation::Increment(by))))
    }

    /// `field.add(element)`: appends one element, or each of `[a, b]`. Wire form `Add`.
    #[expect(
        clippy::should_implement_trait,
        reason = "the operation's name; `+` would look like arithmetic on the token"
    )]
    pub fn add(self, elements: impl Elements<V>) -> Change<R> {
        Change::new(
            self.name(),
            elements
                .elements()
                .map(|list| Write::Operate(Operation::Add(list))),
        )
    }

    /// `field.add_unique(element)`: appends one element, or each of `[a, b]`, where the row does not hold it
    /// yet. Wire form `AddUnique`.
    pub fn add_unique(self, elements: impl Elements<V>) -> Change<R> {
        Change::new(
            self.name(),
            elements
                .elements()
                .map(|list| Write::Operate(Operation::AddUnique(list))),
        )
    }

    /// `field.remove(element)`: takes out every element that equals this one, or one of `[a, b]`. Wire form
    /// `Remove`.
    pub fn remove(self, elements: impl Elements<V>) -> Change<R> {
        Change::new(
            self.name(),
            elements
                .elements()
                .map(|list| Write::Operate(Operation::Remove(list))),
        )
    }

    /// `home.city = value`: a change of one field of an embedded struct, which leaves the others alone. Wire form
    /// `{"home.city": value}`.
    ///
    /// A row that has no `home` gets one with this field only: filter by `home__isnull = false` where there are such
    /// rows. It reaches one level deep; a struct within the embedded one is changed as a whole.
    ///
    /// ```
    /// # use parse_orm::prelude::*;
    /// # #[derive(ParseValue, Clone, Debug)] struct Address { city: String, visits: i64 }
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { home: Address }
    /// let moved = query!(Player.update(home.city = "Bern", home.visits += 1));
    /// assert_eq!(
    ///     serde_json::to_value(&moved).unwrap(),
    ///     serde_json::json!({"home.city": "Bern", "home.visits": {"__op": "Increment", "amount": 1}})
    /// );
    /// // without macros
    /// let moved = Player::objects().update([Player::F.home.at(Address::F.city.set("Bern"))]);
    /// assert_eq!(serde_json::to_string(&moved).unwrap(), r#"{"home.city":"Bern"}"#);
    /// ```
    pub fn at(self, change: Change<V::Target>) -> Change<R>
    where
        V: ChangedInside,
    {
        let field = format!("{}.{}", self.name(), change.field);
        if change.field.contains('.') {
            // PostgreSQL would drop the keys beside a deeper one
            return Change::new(
                field,
                Err("an update reaches one level into an embedded struct".into()),
            );
        }
        Change::new(field, Ok(change.write))
    }
}

fn negative(number: &Number) -> Result<Number, String> {
    let whole = number
        .as_i128()
        .and_then(|number| i64::try_from(-number).ok())
        .map(Number::from);
    whole
        .or_else(|| Number::from_f64(-number.as_f64()?))
        .ok_or_else(|| format!("-{number} is not a number that JSON can hold"))
}

impl<R, V> Field<R, V> {
    /// For generated code: the fields within the other field, which is this one.
    #[doc(hidden)]
    pub fn inside<W: ChangedInside>(self, _: Field<R, W>) -> W::Fields {
        W::FIELDS
    }
}

/// A field that an update can change a part of: an embedded struct.
#[diagnostic::on_unimplemented(
    message = "an update changes the row's own fields, and there are none of them behind a field of type `{Self}`",
    label = "not an embedded struct",
    note = "the objects behind a pointer are changed by an update of their own class: `query!(Player.filter(..).update(..))`"
)]
pub trait ChangedInside: Traversable {}

#[diagnostic::do_not_recommend]
impl<V: Embedded> ChangedInside for V {}

/// The wire form of a new value, `None` where it means "no value", or why there is none.
#[doc(hidden)]
#[derive(Debug)]
pub struct NewValue(Result<Option<Value>, String>);

fn new_value<V: ParseValue>(value: &V) -> NewValue {
    NewValue(if value.is_absent() {
        Ok(None)
    } else {
        to_json(value).map(Some)
    })
}

/// A value that a field of the type `V` can be set to.
#[diagnostic::on_unimplemented(
    message = "a field of type `{V}` cannot be set to `{Self}`",
    label = "expected a value for a field of type `{V}`, found `{Self}`",
    note = "a `String` field takes a `String` or a `&str`, an `Option<T>` field a bare `T` or an `Option<T>`, a `Vec<T>` field a `Vec<T>` or an array, a `Pointer<T>` field a `Pointer<T>` or a `&Object<T>`",
    note = "a `Relation` and a field with `#[parse(json)]` are changed object by object"
)]
pub trait Assign<V> {
    /// The wire form.
    #[doc(hidden)]
    fn assigned(self) -> NewValue;
}

#[diagnostic::do_not_recommend]
impl<V, U: IntoValue<V>> Assign<V> for U {
    fn assigned(self) -> NewValue {
        self.into_value()
    }
}

/// One value of the type `V`, or what stands for one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of the type `{V}`",
    label = "expected `{V}`, found `{Self}`"
)]
pub trait IntoValue<V> {
    /// The wire form.
    #[doc(hidden)]
    fn into_value(self) -> NewValue;
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> IntoValue<V> for V {
    fn into_value(self) -> NewValue {
        new_value(&self)
    }
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> IntoValue<V> for &V {
    fn into_value(self) -> NewValue {
        new_value(self)
    }
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> IntoValue<Option<V>> for V {
    fn into_value(self) -> NewValue {
        new_value(&self)
    }
}

#[diagnostic::do_not_recommend]
impl<V: ParseValue> IntoValue<Option<V>> for &V {
    fn into_value(self) -> NewValue {
        new_value(self)
    }
}

macro_rules! values {
    ($($from:ty => $($into:ty)*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl IntoValue<$into> for $from {
            fn into_value(self) -> NewValue {
                new_value(&<$into>::from(self))
            }
        }
        #[diagnostic::do_not_recommend]
        impl IntoValue<Option<$into>> for $from {
            fn into_value(self) -> NewValue {
                new_value(&<$into>::from(self))
            }
        }
    )*)*};
}

values! {
    &str => String ObjectId;
    Cow<'_, str> => String;
    String => ObjectId;
    // a literal such as `5`
    i32 => f64;
}

macro_rules! references {
    ($($into:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ParseObject> IntoValue<$into> for &Object<T> {
            fn into_value(self) -> NewValue {
                new_value(&Pointer::<T>::to(self.id().clone()))
            }
        }
    )*};
}

references! { Pointer<T> Option<Pointer<T>> }

#[diagnostic::do_not_recommend]
impl<V, U: IntoValue<V>, const N: usize> Assign<Vec<V>> for [U; N] {
    fn assigned(self) -> NewValue {
        NewValue(list(self.into_iter()).map(|list| Some(Value::Array(list))))
    }
}

#[diagnostic::do_not_recommend]
impl<V, U: IntoValue<V>, const N: usize> Assign<Option<Vec<V>>> for [U; N] {
    fn assigned(self) -> NewValue {
        Assign::<Vec<V>>::assigned(self)
    }
}

/// A field that a row may be without: `Option<V>`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` must have a value, and cannot be set to `None`",
    label = "not an optional field",
    note = "a row without it could no longer be read; only a field of a type `Option<T>` can be without a value"
)]
pub trait Optional {}

#[diagnostic::do_not_recommend]
impl<V> Optional for Option<V> {}

impl Optional for Reported {}

/// What can be added to a field of the type `V`, or subtracted: a number.
#[diagnostic::on_unimplemented(
    message = "a field of type `{V}` cannot be increased by `{Self}`",
    label = "not an amount for a field of type `{V}`",
    note = "`+=` and `-=` are for numbers: a field of whole numbers takes its own type or an `i64`, one of type `f64` an `f64`",
    note = "elements are added to an array by `field.add(..)` or `field.add_unique(..)`"
)]
pub trait Amount<V> {
    /// The number, or why it cannot be sent.
    #[doc(hidden)]
    fn amount(self) -> Result<Number, String>;
}

macro_rules! amounts {
    ($($field:ty: $($by:ty)*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl Amount<$field> for $by {
            fn amount(self) -> Result<Number, String> {
                to_number(&self)
            }
        }
    )*)*};
}

// a literal finds its type only where there is one, or where `i32` is among several
amounts! {
    i8: i8 i32 i64;
    i16: i16 i32 i64;
    i32: i32 i64;
    i64: i64;
    u8: u8 i32 i64;
    u16: u16 i32 i64;
    u32: u32 i32 i64;
    u64: u64 i32 i64;
    f32: f32 f64 i32;
    f64: f64 i32;
}

#[diagnostic::do_not_recommend]
impl<V, U: Amount<V>> Amount<Option<V>> for U {
    fn amount(self) -> Result<Number, String> {
        Amount::<V>::amount(self)
    }
}

/// One element of an array field of the type `V`, or several as `[a, b]` or a slice.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element of a field of type `{V}`",
    label = "not an element of `{V}`",
    note = "`add`, `add_unique` and `remove` are for array fields: a `Vec<T>` field takes one element `T`, or several as `[a, b]` or a slice"
)]
pub trait Elements<V> {
    /// The wire form of each.
    #[doc(hidden)]
    fn elements(self) -> Result<Vec<Value>, String>;
}

fn list<V, U: IntoValue<V>>(values: impl Iterator<Item = U>) -> Result<Vec<Value>, String> {
    values
        .map(|value| value.into_value().0.map(Option::unwrap_or_default))
        .collect()
}

macro_rules! element {
    ($([$($generics:tt)*] $element:ty: $from:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Elements<Vec<$element>> for $from {
            fn elements(self) -> Result<Vec<Value>, String> {
                list::<$element, _>(std::iter::once(self))
            }
        }
    )*};
}

// one by one, because "everything with `IntoValue`" might take in arrays
element! {
    [E: ParseValue] E: E;
    [E: ParseValue] E: &E;
    [] String: &str;
    [] String: Cow<'_, str>;
    [] ObjectId: &str;
    [] ObjectId: String;
    [T: ParseObject] Pointer<T>: &Object<T>;
}

#[diagnostic::do_not_recommend]
impl<E, U: IntoValue<E>, const N: usize> Elements<Vec<E>> for [U; N] {
    fn elements(self) -> Result<Vec<Value>, String> {
        list(self.into_iter())
    }
}

#[diagnostic::do_not_recommend]
impl<'a, E, U> Elements<Vec<E>> for &'a [U]
where
    &'a U: IntoValue<E>,
{
    fn elements(self) -> Result<Vec<Value>, String> {
        list(self.iter())
    }
}

#[diagnostic::do_not_recommend]
impl<V, U: Elements<V>> Elements<Option<V>> for U {
    fn elements(self) -> Result<Vec<Value>, String> {
        Elements::<V>::elements(self)
    }
}

/// The mistake in the field's own type was reported.
macro_rules! reported {
    ($($operand:ident $method:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<U> $operand<Reported> for U {
            fn $method(self) -> Result<reported!(@$method), String> {
                Err("the field's type was reported".into())
            }
        }
    )*};
    (@amount) => { Number };
    (@elements) => { Vec<Value> };
}

reported! {
    Amount amount;
    Elements elements;
}
