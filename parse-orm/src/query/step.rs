//! Going through a field to the fields behind it: a pointer's target, or an embedded struct.

use super::condition::{Holds, Node, Q};
use super::field::Field;
use super::order::{Include, Order};
use super::subquery::behind;
use crate::object::{ParseObject, Pointer, Relation};
use crate::value::ParseValue;
use std::fmt;

/// A field that a lookup can go through: a pointer, an array of pointers, a relation, or an embedded struct.
#[diagnostic::on_unimplemented(
    message = "there is nothing behind a field of type `{Self}`, and what follows it here is not a lookup either",
    label = "neither a field behind a pointer or a relation or in an embedded struct, nor a lookup",
    note = "the lookups are: exact, ne, gt, gte, lt, lte, range, in, nin, isnull, contains, icontains, startswith, istartswith, endswith, iendswith, regex, iregex, search, all, contained_by, startswith_all, exists, near, within_km, within_miles, within_radians, within_sphere, within_box, within_polygon, intersects"
)]
pub trait Traversable: ParseValue {
    /// Whose fields are behind it.
    type Target: 'static;
    /// The field tokens behind it.
    type Fields: Copy + 'static;
    /// The field tokens behind it.
    const FIELDS: Self::Fields;
    /// A condition on the target, as one on the field of this name.
    #[doc(hidden)]
    fn wrap(name: &'static str, condition: Q<Self::Target>) -> Through;
}

/// An untyped condition on its way through a field.
#[doc(hidden)]
pub struct Through(Node);

impl Through {
    /// For generated code: a condition on an embedded struct, by dotted keys.
    pub fn embedded<S>(name: &'static str, condition: Q<S>) -> Self {
        Self(condition.node.embedded(name))
    }
}

impl fmt::Debug for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Through").field(&self.0).finish()
    }
}

macro_rules! references {
    ($($reference:ty: $holds:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ParseObject> Traversable for $reference {
            type Target = T;
            type Fields = T::Fields;
            const FIELDS: T::Fields = T::F;
            fn wrap(name: &'static str, condition: Q<T>) -> Through {
                Through(Node::Test {
                    key: name.into(),
                    holds: Holds::$holds,
                    test: behind(condition),
                })
            }
        }
    )*};
}

references! {
    Pointer<T>: One;
    Vec<Pointer<T>>: Many;
    Relation<T>: Relation;
}

#[diagnostic::do_not_recommend]
impl<V: Traversable> Traversable for Option<V> {
    type Target = V::Target;
    type Fields = V::Fields;
    const FIELDS: V::Fields = V::FIELDS;
    fn wrap(name: &'static str, condition: Q<V::Target>) -> Through {
        V::wrap(name, condition)
    }
}

// bounds on the methods, not on the `impl`: a field that does not meet them gets the message of the trait
impl<R, V> Field<R, V> {
    /// What is behind the field meets a condition: `player__name = "Ann"` without macros is
    /// `F.player.has(Player::F.name.eq("Ann"))`.
    ///
    /// Through a pointer the wire form is `$inQuery`; the server looks at every matching target, whatever
    /// their number. Through an array of pointers or a relation it is the same: one of the objects in it meets the
    /// condition. Into an embedded struct it is a dotted key.
    ///
    /// ```
    /// # use parse_orm::prelude::*;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { player: Pointer<Player> }
    /// let of_ann = GameScore::F.player.has(Player::F.name.eq("Ann"));
    /// assert_eq!(
    ///     serde_json::to_string(&of_ann).unwrap(),
    ///     r#"{"player":{"$inQuery":{"where":{"name":"Ann"},"className":"Player"}}}"#
    /// );
    /// ```
    pub fn has(self, condition: Q<V::Target>) -> Q<R>
    where
        V: Traversable,
    {
        Q::new(V::wrap(self.name, condition).0)
    }

    /// For generated code: the fields behind the other field, which is this one. Were it this one's own type that
    /// has the bound, the compiler would not find the method, and not get to the trait's message.
    #[doc(hidden)]
    pub fn target<W: Traversable>(self, _: Field<R, W>) -> W::Fields {
        W::FIELDS
    }

    /// For generated code: the fields of the embedded struct, as in [`target`](Self::target).
    #[doc(hidden)]
    pub fn inner<W: Embedded>(self, _: Field<R, W>) -> W::Fields {
        W::FIELDS
    }

    /// For generated code: the fields of the included model, as in [`target`](Self::target).
    #[doc(hidden)]
    pub fn model<W: Includable>(self, _: Field<R, W>) -> W::Fields {
        W::FIELDS
    }
}

/// A struct that is stored inside a field, with fields of its own.
#[diagnostic::on_unimplemented(
    message = "rows cannot be ordered by what is behind a field of type `{Self}`: the server has no joins",
    label = "not an embedded struct",
    note = "order by the row's own fields or those of an embedded struct, or sort the rows after the query"
)]
pub trait Embedded: Traversable {}

#[diagnostic::do_not_recommend]
impl<V: Embedded> Embedded for Option<V> {}

impl<R, V> Field<R, V> {
    /// The order of the embedded struct, as one of the row: `F.address.within(Address::F.city.asc())`.
    pub fn within(self, order: Order<V::Target>) -> Order<R>
    where
        V: Embedded,
    {
        Order::new(format!("{}.{}", self.name, order.key).into(), order.descending)
    }
}

/// A field whose targets can be included in an answer: a pointer, or an array of pointers.
#[diagnostic::on_unimplemented(
    message = "`select_related` includes the objects behind pointers, and a field of type `{Self}` is no pointer",
    label = "not a pointer",
    note = "fields of the types `Pointer<T>`, `Option<Pointer<T>>` and `Vec<Pointer<T>>` can be included; a `Relation<T>` is a query of its own"
)]
pub trait Includable: ParseValue {
    /// The model that is included.
    type Model: ParseObject;
    /// The field tokens of the model.
    type Fields: Copy + 'static;
    /// The field tokens of the model.
    const FIELDS: Self::Fields;
}

#[diagnostic::do_not_recommend]
impl<T: ParseObject> Includable for Pointer<T> {
    type Model = T;
    type Fields = T::Fields;
    const FIELDS: T::Fields = T::F;
}

#[diagnostic::do_not_recommend]
impl<V: Includable> Includable for Option<V> {
    type Model = V::Model;
    type Fields = V::Fields;
    const FIELDS: V::Fields = V::FIELDS;
}

#[diagnostic::do_not_recommend]
impl<V: Includable> Includable for Vec<V> {
    type Model = V::Model;
    type Fields = V::Fields;
    const FIELDS: V::Fields = V::FIELDS;
}

impl<R, V> Field<R, V> {
    /// What to include of the included objects as well: `player.team` without macros is
    /// `F.player.and_include(Player::F.team.include())`.
    pub fn and_include(self, include: Include<V::Model>) -> Include<R>
    where
        V: Includable,
    {
        Include::new(format!("{}.{}", self.name, include.path).into())
    }
}
