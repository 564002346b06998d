//! Orders and includes.

use super::field::Field;
use super::step::Includable;
use crate::value::{ObjectId, ParseValue};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// One key to order by.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player_name: String }
/// let f = GameScore::F;
/// let best = GameScore::objects().order_by([f.score.desc(), f.player_name.asc()]);
/// assert_eq!(serde_json::to_string(&best).unwrap(), r#"{"order":"-score,playerName"}"#);
/// ```
pub struct Order<R> {
    pub(super) key: Cow<'static, str>,
    pub(super) descending: bool,
    _model: PhantomData<fn() -> R>,
}

impl<R> Order<R> {
    pub(super) fn new(key: Cow<'static, str>, descending: bool) -> Self {
        Self {
            key,
            descending,
            _model: PhantomData,
        }
    }
}

impl<R> Clone for Order<R> {
    fn clone(&self) -> Self {
        Self::new(self.key.clone(), self.descending)
    }
}

impl<R> fmt::Debug for Order<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Order({}{})", if self.descending { "-" } else { "" }, self.key)
    }
}

/// The key of the order by how well a row matches a search.
pub(super) const TEXT_SCORE: &str = "$score";

/// A field that rows can be ordered by.
#[diagnostic::on_unimplemented(
    message = "rows cannot be ordered by a field of type `{Self}`",
    label = "a field of type `{Self}` has no order",
    note = "rows are ordered by numbers, texts, dates, truth values and ids; to order by a field of an embedded struct write `address.city`"
)]
pub trait Sortable: ParseValue {}

macro_rules! sortable {
    ($($type:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Sortable for $type {}
    )*};
}

sortable! { i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 String bool DateTime<Utc> ObjectId }

#[diagnostic::do_not_recommend]
impl<V: Sortable> Sortable for Option<V> {}

impl<R, V> Field<R, V> {
    /// Smallest first; rows without the field come before all others.
    pub fn asc(self) -> Order<R>
    where
        V: Sortable,
    {
        Order::new(self.name.into(), false)
    }

    /// Largest first; rows without the field come after all others.
    pub fn desc(self) -> Order<R>
    where
        V: Sortable,
    {
        Order::new(self.name.into(), true)
    }
}

/// One or several keys to order by: `F.score`, `F.score.desc()`, or an array of orders.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an order of the rows of `{R}`",
    label = "not an order",
    note = "write `F.score`, `F.score.desc()`, or `[F.score.desc(), F.name.asc()]`"
)]
pub trait IntoOrder<R> {
    /// The keys, the first one decides first.
    #[doc(hidden)]
    fn into_order(self) -> Vec<Order<R>>;
}

impl<R> IntoOrder<R> for Order<R> {
    fn into_order(self) -> Vec<Self> {
        vec![self]
    }
}

impl<R, V: Sortable> IntoOrder<R> for Field<R, V> {
    fn into_order(self) -> Vec<Order<R>> {
        vec![self.asc()]
    }
}

impl<R> IntoOrder<R> for Vec<Order<R>> {
    fn into_order(self) -> Self {
        self
    }
}

impl<R, const N: usize> IntoOrder<R> for [Order<R>; N] {
    fn into_order(self) -> Vec<Order<R>> {
        self.into()
    }
}

/// A pointer, or a path of pointers, whose objects are to be part of the answer.
pub struct Include<R> {
    pub(super) path: Cow<'static, str>,
    _model: PhantomData<fn() -> R>,
}

impl<R> Include<R> {
    pub(super) fn new(path: Cow<'static, str>) -> Self {
        Self {
            path,
            _model: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Include<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Include({})", self.path)
    }
}

impl<R, V> Field<R, V> {
    /// The objects that this field points to, for `select_related`.
    pub fn include(self) -> Include<R>
    where
        V: Includable,
    {
        Include::new(self.name.into())
    }
}

/// One or several pointers to include: `F.player`, or an array of includes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something that a query of `{R}` can include",
    label = "not a pointer of this model",
    note = "write `F.player`, or `[F.player.include(), F.opponent.include()]`"
)]
pub trait IntoInclude<R> {
    /// The paths.
    #[doc(hidden)]
    fn into_include(self) -> Vec<Include<R>>;
}

impl<R> IntoInclude<R> for Include<R> {
    fn into_include(self) -> Vec<Self> {
        vec![self]
    }
}

impl<R, V: Includable> IntoInclude<R> for Field<R, V> {
    fn into_include(self) -> Vec<Include<R>> {
        vec![self.include()]
    }
}

impl<R, const N: usize> IntoInclude<R> for [Include<R>; N] {
    fn into_include(self) -> Vec<Include<R>> {
        self.into()
    }
}

impl<R> IntoInclude<R> for Vec<Include<R>> {
    fn into_include(self) -> Self {
        self
    }
}

/// The order by id, which every query has to fall back on.
pub(super) fn by_id<R>(descending: bool) -> Order<R> {
    let field = Field::<R, ObjectId>::new("objectId");
    if descending { field.desc() } else { field.asc() }
}
