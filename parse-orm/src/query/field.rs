//! Field tokens, and the lookups that each type of field has.

use super::condition::{Holds, Node, Q, Test};
use super::operand::{IntoBound, IntoOperand, IntoRange, Operand, kind};
use super::subquery::IntoChoices;
use super::text::{self, Anchor};
use crate::object::{ParseObject, Pointer, Relation};
use crate::value::{Acl, Bytes, File, GeoPoint, Json, ObjectId, ParseValue, Polygon};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;

/// A typed reference to one field of the model `R`, of the type `V`.
///
/// The derive makes one for every field: `GameScore::F.score`. Its methods are the lookups; what
/// `query!` writes as `score__gte = 1000` is `GameScore::F.score.gte(1000)`.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// let high = GameScore::F.score.gte(1000);
/// assert_eq!(serde_json::to_string(&high).unwrap(), r#"{"score":{"$gte":1000}}"#);
/// ```
pub struct Field<R, V> {
    pub(super) name: &'static str,
    _types: PhantomData<fn() -> (R, V)>,
}

impl<R, V> Clone for Field<R, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, V> Copy for Field<R, V> {}

impl<R, V> fmt::Debug for Field<R, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.name)
    }
}

impl<R, V> Field<R, V> {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            _types: PhantomData,
        }
    }

    /// The name on the server.
    pub const fn name(self) -> &'static str {
        self.name
    }

    pub(super) fn compare(self, holds: Holds, operator: &'static str, operand: Operand) -> Q<R> {
        Q::test(self.name, holds, Test::Compare(operator, operand))
    }

    fn regex_test(self, pattern: String, options: &'static str) -> Q<R> {
        Q::test(self.name, Holds::One, Test::Regex { pattern, options })
    }
}

/// A field that can be compared with a value.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be compared with a value",
    label = "this lookup is not for a field of type `{Self}`",
    note = "an embedded struct is searched by its own fields: `address.city = ..`"
)]
pub trait Comparable: ParseValue {
    /// What it compares by.
    type Kind;
    /// What a row has under its key.
    #[doc(hidden)]
    const HOLDS: Holds = Holds::One;
}

macro_rules! comparable {
    ($($kind:ty: $($type:ty)*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl Comparable for $type {
            type Kind = $kind;
        }
    )*)*};
}

comparable! {
    kind::Number: i8 i16 i32 i64 u8 u16 u32 u64 f32 f64;
    kind::Text: String;
    kind::Flag: bool;
    kind::Instant: DateTime<Utc>;
    kind::Id: ObjectId;
    GeoPoint: GeoPoint;
    Polygon: Polygon;
    Bytes: Bytes;
}

/// It may be an array.
#[diagnostic::do_not_recommend]
impl Comparable for Value {
    type Kind = kind::Any;
    const HOLDS: Holds = Holds::Many;
}

#[diagnostic::do_not_recommend]
impl<V: Comparable> Comparable for Option<V> {
    type Kind = V::Kind;
    const HOLDS: Holds = V::HOLDS;
}

/// An array compares with one element: it matches when it holds it.
#[diagnostic::do_not_recommend]
impl<V: Comparable> Comparable for Vec<V> {
    type Kind = V::Kind;
    const HOLDS: Holds = Holds::Many;
}

#[diagnostic::do_not_recommend]
impl<T: ParseObject> Comparable for Pointer<T> {
    type Kind = kind::Reference<T>;
}

/// A relation compares with one object: it matches when it holds it.
#[diagnostic::do_not_recommend]
impl<T: ParseObject> Comparable for Relation<T> {
    type Kind = kind::Reference<T>;
    const HOLDS: Holds = Holds::Relation;
}

/// A field that a row may have or not have.
#[diagnostic::on_unimplemented(
    message = "the lookup `isnull` asks whether a row has a value, and a field of type `{Self}` is never without one",
    label = "a field of type `{Self}` is in a table of its own, and never missing",
    note = "a relation is a query: its accessor on the object, with `.exists(&client)`, tells whether there is anything in it"
)]
pub trait Nullable {}

macro_rules! nullable {
    ($($type:ty)*) => {$( impl Nullable for $type {} )*};
}

nullable! {
    i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 String bool DateTime<Utc> ObjectId Value
    GeoPoint Polygon Bytes File Acl
}

impl<V> Nullable for Option<V> {}

impl<V> Nullable for Vec<V> {}

impl<K, V> Nullable for BTreeMap<K, V> {}

impl<K, V, H> Nullable for HashMap<K, V, H> {}

impl<T> Nullable for Pointer<T> {}

impl<T> Nullable for Json<T> {}

/// A field whose values have an order: numbers, texts and dates.
#[diagnostic::on_unimplemented(
    message = "the lookups `gt`, `gte`, `lt`, `lte` and `range` need values with an order, and a field of type `{Self}` has none",
    label = "a field of type `{Self}` has no order",
    note = "fields with an order are numbers, texts (String) and dates (DateTime<Utc>)"
)]
pub trait Ordered: Comparable {}

macro_rules! ordered {
    ($($type:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Ordered for $type {}
    )*};
}

ordered! { i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 String DateTime<Utc> ObjectId }

#[diagnostic::do_not_recommend]
impl<V: Ordered> Ordered for Option<V> {}

/// A field that holds text.
#[diagnostic::on_unimplemented(
    message = "the lookups `contains`, `startswith`, `endswith`, `regex`, their `i` forms and `search` need a text field, and this one is of type `{Self}`",
    label = "a field of type `{Self}` is not text",
    note = "text fields are of the types `String` and `Option<String>`"
)]
pub trait Textual: Comparable {}

#[diagnostic::do_not_recommend]
impl Textual for String {}

#[diagnostic::do_not_recommend]
impl<V: Textual> Textual for Option<V> {}

/// A text to look for: anything that is a `str`.
#[diagnostic::on_unimplemented(
    message = "a text lookup needs a text, and `{Self}` is none",
    label = "not a text"
)]
pub trait AsText {
    #[doc(hidden)]
    fn as_text(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str>> AsText for T {
    fn as_text(&self) -> &str {
        self.as_ref()
    }
}

/// Lookups of every field that compares.
impl<R, V> Field<R, V> {
    /// `field = value`: equal. An array or a relation: holds the value. Wire form `{"field": value}`.
    pub fn eq<U: IntoOperand<V>>(self, value: U) -> Q<R> {
        self.compare(U::HOLDS, "$eq", value.into_operand())
    }

    /// `field__ne = value`: not equal, or missing. An array or a relation: does not hold the value. Wire form
    /// `$ne`.
    pub fn ne<U: IntoOperand<V>>(self, value: U) -> Q<R> {
        self.compare(U::HOLDS, "$ne", value.into_operand())
    }

    /// `field__in = [..]`: one of these. An array or a relation: holds one of these. Wire form `$in`.
    ///
    /// Instead of a list it takes another query: `team__in = query!(Team.filter(win_pct__gt = 0.5))`, wire form
    /// `$inQuery`; or the values of one of its fields: `hometown__in = query!(Team.filter(..)).select(Team::F.city)`,
    /// wire form `$select`. See [`SubQuery`](crate::SubQuery).
    pub fn is_in<U: IntoChoices<V>>(self, values: U) -> Q<R> {
        Q::test(self.name, U::HOLDS, values.into_choices().test(false))
    }

    /// `field__nin = [..]`: none of these, or missing. An array or a relation: holds none of these. Wire form
    /// `$nin`; of another query `$notInQuery` and `$dontSelect`.
    pub fn nin<U: IntoChoices<V>>(self, values: U) -> Q<R> {
        Q::test(self.name, U::HOLDS, values.into_choices().test(true))
    }

    /// `field__isnull = true`: missing or null; `false`: neither. Wire form `null` and `{"$ne": null}`.
    pub fn isnull(self, yes: bool) -> Q<R>
    where
        V: Nullable,
    {
        let operator = if yes { "$eq" } else { "$ne" };
        self.compare(Holds::One, operator, Operand::json(Value::Null))
    }

    /// `field__exists = true`: the row has the field, if only with null in it; `false`: it does not. Wire form
    /// `$exists`.
    ///
    /// Fields that this library writes are never null: [`isnull`](Self::isnull) is the same then. PostgreSQL does not
    /// tell null from missing.
    pub fn exists(self, yes: bool) -> Q<R>
    where
        V: Nullable,
    {
        self.compare(Holds::One, "$exists", Operand::json(yes))
    }

    /// `field__gt = value`: greater. Wire form `$gt`. A date also takes [`ago`](crate::ago) and
    /// [`from_now`](crate::from_now), as in the other three.
    pub fn gt(self, value: impl IntoBound<V>) -> Q<R>
    where
        V: Ordered,
    {
        self.compare(Holds::One, "$gt", value.into_bound())
    }

    /// `field__gte = value`: greater or equal. Wire form `$gte`.
    pub fn gte(self, value: impl IntoBound<V>) -> Q<R>
    where
        V: Ordered,
    {
        self.compare(Holds::One, "$gte", value.into_bound())
    }

    /// `field__lt = value`: less. Wire form `$lt`.
    pub fn lt(self, value: impl IntoBound<V>) -> Q<R>
    where
        V: Ordered,
    {
        self.compare(Holds::One, "$lt", value.into_bound())
    }

    /// `field__lte = value`: less or equal. Wire form `$lte`.
    pub fn lte(self, value: impl IntoBound<V>) -> Q<R>
    where
        V: Ordered,
    {
        self.compare(Holds::One, "$lte", value.into_bound())
    }

    /// `field__range = (low, high)`: between the two, both included. Wire form `$gte` and `$lte`.
    pub fn range(self, ends: impl IntoRange<V>) -> Q<R>
    where
        V: Ordered,
    {
        let [low, high] = ends.into_range();
        let test = |(operator, operand)| Node::Test {
            key: self.name.into(),
            holds: Holds::One,
            test: Test::Compare(operator, operand),
        };
        Q::new(Node::And(vec![test(low), test(high)]))
    }

    /// `field__contains = "text"`: holds the text anywhere. Wire form `$regex`, with the text quoted.
    pub fn contains(self, text: impl AsText) -> Q<R>
    where
        V: Textual,
    {
        self.regex_test(text::pattern(Anchor::None, text.as_text()), "")
    }

    /// As [`contains`](Self::contains), in upper or lower case.
    pub fn icontains(self, text: impl AsText) -> Q<R>
    where
        V: Textual,
    {
        self.regex_test(text::pattern(Anchor::None, text.as_text()), "i")
    }

    /// `field__startswith = "text"`. Wire form `$regex`, with the text quoted; an index serves it.
    pub fn startswith(self, text: impl AsText) -> Q<R>
    where
        V: Textual,
    {
        self.regex_test(text::pattern(Anchor::Start, text.as_text()), "")
    }

    /// As [`startswith`](Self::startswith), in upper or lower case.
    pub fn istartswith(self, text: impl AsText) -> Q<R>
    where
        V: Textual,
    {
        self.regex_test(text::pattern(Anchor::Start, text.as_text()), "i")
    }

    /// `field__endswith = "text"`. Wire form `$regex`, with the text quoted.
    pub fn endswith(self, text: impl AsText) -> Q<R>
    where
        V: Textual,
    {
        self.regex_test(text::pattern(Anchor::End, text.as_text()), "")
    }

    /// As [`endswith`](Self::endswith), in upper or lower case.
    pub fn iendswith(self, text: impl AsText) -> Q<R>
    where
        V: Textual,
    {
        self.regex_test(text::pattern(Anchor::End, text.as_text()), "i")
    }

    /// `field__regex = "^J.*n$"`: matches the regular expression, in the database's own dialect. Wire form
    /// `$regex`, as it is: never pass a user's text here.
    pub fn regex(self, pattern: impl AsText) -> Q<R>
    where
        V: Textual,
    {
        self.regex_test(pattern.as_text().to_owned(), "")
    }

    /// As [`regex`](Self::regex), in upper or lower case.
    pub fn iregex(self, pattern: impl AsText) -> Q<R>
    where
        V: Textual,
    {
        self.regex_test(pattern.as_text().to_owned(), "i")
    }
}
