//! Queries inside of queries: the rows that a pointer may lead to, or the values that a field may have.

use super::condition::{Holds, Node, Q, Test};
use super::field::{Comparable, Field};
use super::operand::{IntoOperandList, Operand, kind};
use super::set::QuerySet;
use super::slice::Slice;
use crate::object::ParseObject;
use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// The rows of `T` that another query looks for: conditions, and nothing else.
///
/// The server looks at every row that a sub-query matches: it can neither be limited nor ordered, and includes
/// nothing. Where one is wanted, a [`QuerySet`] without such options or a [`Q`] does as well; this type is for
/// programs that keep one, or take one as a parameter. On the wire `$inQuery` and `$notInQuery`, or `$select` and
/// `$dontSelect` for the values of one field.
///
/// A server can limit the rows that the sub-queries of ordinary clients look at, by its setting
/// `requestComplexity.subqueryLimit`: without a word it then misses the others.
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct Team { city: String, win_pct: f64 }
/// # #[derive(ParseObject, Clone, Debug)] struct Player { team: Pointer<Team>, hometown: String }
/// let good = SubQuery::<Team>::new().filter(q!(Team, win_pct__gt = 0.5));
/// let fans = query!(Player.filter(team__in = &good, hometown__nin = good.select(Team::F.city)));
/// assert_eq!(
///     serde_json::to_value(&fans).unwrap()["where"],
///     serde_json::json!({
///         "team": {"$inQuery": {"where": {"winPct": {"$gt": 0.5}}, "className": "Team"}},
///         "hometown": {"$dontSelect": {
///             "query": {"where": {"winPct": {"$gt": 0.5}}, "className": "Team"}, "key": "city",
///         }},
///     })
/// );
/// ```
#[must_use = "a sub-query does nothing until another query looks for its rows"]
pub struct SubQuery<T> {
    filter: Result<Node, String>,
    _model: PhantomData<fn() -> T>,
}

impl<T> SubQuery<T> {
    fn of(filter: Result<Node, String>) -> Self {
        Self {
            filter,
            _model: PhantomData,
        }
    }
}

impl<T: ParseObject> SubQuery<T> {
    /// Every row of the class.
    pub fn new() -> Self {
        Self::of(Ok(Node::And(Vec::new())))
    }

    /// Of these rows the ones that meet the condition as well.
    pub fn filter(&self, condition: Q<T>) -> Self {
        Self::of(self.filter.clone().map(|filter| filter.and(condition.node)))
    }

    /// For generated code: `filter` with one more condition.
    #[doc(hidden)]
    pub fn __and(self, condition: Q<T>) -> Self {
        Self::of(self.filter.map(|filter| filter.and(condition.node)))
    }

    /// As [`filter`](Self::filter), with the field tokens at hand.
    pub fn filter_with(&self, condition: impl FnOnce(T::Fields) -> Q<T>) -> Self {
        self.filter(condition(T::F))
    }

    /// Of these rows the ones that do not meet the condition.
    pub fn exclude(&self, condition: Q<T>) -> Self {
        self.filter(!condition)
    }

    /// The values that a field has in these rows: `hometown__in = teams.select(Team::F.city)`. Rows without a
    /// value add none.
    pub fn select<V: Comparable>(&self, field: Field<T, V>) -> Selected<V::Kind> {
        let has = Node::Test {
            key: field.name.into(),
            holds: V::HOLDS,
            test: Test::Compare("$ne", Operand::json(Value::Null)),
        };
        // the server would take a row without a value for one with null
        let filter = match V::missing() {
            Some(_) => self.filter.clone().map(|filter| filter.and(has)),
            None => self.filter.clone(),
        };
        let query = SubQueryOf {
            class_name: T::CLASS_NAME,
            filter,
            key: Some(field.name),
        };
        Selected {
            query,
            _kind: PhantomData,
        }
    }

    /// The field tokens of the model.
    #[doc(hidden)]
    pub fn fields(&self) -> T::Fields {
        T::F
    }

    fn untyped(self) -> SubQueryOf {
        SubQueryOf {
            class_name: T::CLASS_NAME,
            filter: self.filter,
            key: None,
        }
    }
}

impl<T: ParseObject> QuerySet<T> {
    /// The values that a field has in these rows, for the lookups `in` and `nin` of another query:
    /// `hometown__in = query!(Team.filter(win_pct__gt = 0.5)).select(Team::F.city)`. On the wire `$select` and
    /// `$dontSelect`.
    ///
    /// The query set may have conditions only, as a [`SubQuery`].
    pub fn select<V: Comparable>(&self, field: Field<T, V>) -> Selected<V::Kind> {
        SubQuery::from(self).select(field)
    }
}

impl<T> Clone for SubQuery<T> {
    fn clone(&self) -> Self {
        Self::of(self.filter.clone())
    }
}

impl<T: ParseObject> Default for SubQuery<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ParseObject> fmt::Debug for SubQuery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SubQuery<{}>({})",
            T::CLASS_NAME,
            super::condition::show(&self.clone().untyped())
        )
    }
}

impl<T> From<Q<T>> for SubQuery<T> {
    fn from(condition: Q<T>) -> Self {
        Self::of(Ok(condition.node))
    }
}

/// Where the query set has an option that a sub-query cannot have, the query that uses it is refused.
impl<T> From<&QuerySet<T>> for SubQuery<T> {
    fn from(set: &QuerySet<T>) -> Self {
        Self::of(match set.core.option() {
            None => Ok(Node::And(
                set.core.filter.iter().map(|node| (**node).clone()).collect(),
            )),
            Some(option) => Err(format!(
                "a sub-query with `{option}`: the server looks at every row that a sub-query matches, and takes \
                 nothing but conditions; leave `{option}` away, or read the rows first and compare with a list"
            )),
        })
    }
}

/// The values of one field in some rows: what [`QuerySet::select`] returns.
#[must_use = "selected values do nothing until another query looks for them"]
pub struct Selected<Kind> {
    query: SubQueryOf,
    _kind: PhantomData<fn() -> Kind>,
}

impl<Kind> Clone for Selected<Kind> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            _kind: PhantomData,
        }
    }
}

impl<Kind> fmt::Debug for Selected<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selected({})", super::condition::show(&self.query))
    }
}

/// The untyped sub-query.
#[derive(Clone, Debug)]
pub(crate) struct SubQueryOf {
    pub(super) class_name: &'static str,
    /// Or why there cannot be one.
    pub(super) filter: Result<Node, String>,
    /// The field whose values count, instead of the rows themselves.
    pub(super) key: Option<&'static str>,
}

impl SubQueryOf {
    pub(super) fn operator(&self, negated: bool) -> &'static str {
        match (negated, self.key) {
            (false, None) => "$inQuery",
            (true, None) => "$notInQuery",
            (false, Some(_)) => "$select",
            (true, Some(_)) => "$dontSelect",
        }
    }
}

impl Serialize for SubQueryOf {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Rows<'a> {
            r#where: &'a Node,
            class_name: &'static str,
        }
        let rows = Rows {
            r#where: self.filter.as_ref().map_err(S::Error::custom)?,
            class_name: self.class_name,
        };
        let Some(key) = self.key else {
            return rows.serialize(to);
        };
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("query", &rows)?;
        map.serialize_entry("key", key)?;
        map.end()
    }
}

/// What the lookups `in` and `nin` look for.
#[doc(hidden)]
#[derive(Debug)]
pub struct Choices(pub(super) Found);

#[derive(Debug)]
pub(super) enum Found {
    List(Operand),
    Query(SubQueryOf),
}

impl Choices {
    pub(super) fn test(self, negated: bool) -> Test {
        match self.0 {
            Found::List(operand) => Test::Compare(if negated { "$nin" } else { "$in" }, operand),
            Found::Query(query) => Test::SubQuery {
                negated,
                query: Box::new(query),
            },
        }
    }
}

/// What the lookups `in` and `nin` of a field of the type `V` take: a list of values, or another query.
#[diagnostic::on_unimplemented(
    message = "the lookups `in` and `nin` need a list of values for a field of type `{V}`, found `{Self}`",
    label = "not a list of such values",
    note = "write `= [a, b]`, or give a `Vec` or a slice; for a single value leave the lookup away: `field = value`",
    note = "a field that refers to objects of a model also takes a query of that model, any field the values of another one: `query!(Team.filter(..)).select(Team::F.city)`"
)]
pub trait IntoChoices<V> {
    /// What a row has under a key of this type.
    #[doc(hidden)]
    const HOLDS: Holds;
    /// The wire form.
    #[doc(hidden)]
    fn into_choices(self) -> Choices;
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<V, $($generics)*> IntoChoices<V> for $list
        where
            Self: IntoOperandList<V>,
        {
            const HOLDS: Holds = <Self as IntoOperandList<V>>::HOLDS;
            fn into_choices(self) -> Choices {
                Choices(Found::List(self.into_operand_list()))
            }
        }
    )*};
}

lists! {
    [U, const N: usize] [U; N];
    [U, const N: usize] &[U; N];
    [U] Vec<U>;
    [U] &Vec<U>;
    [U] &[U];
}

/// Never implemented by hand: it gives selected values of another kind their own message.
#[diagnostic::on_unimplemented(
    message = "the values that this sub-query selects are not what the field compares with",
    label = "values of the kind `{Kind}`, and the field compares by `{Self}`",
    note = "select a field of the same kind: numbers for a number, texts for a text, pointers to a model for a pointer to it"
)]
pub trait SameAs<Kind> {}

impl<Kind> SameAs<Kind> for Kind {}

macro_rules! selected {
    ($($from:ty: $selected:ident => $query:expr;)*) => {$(
        impl<Kind, V: Comparable> IntoChoices<V> for $from
        where
            V::Kind: SameAs<Kind>,
        {
            const HOLDS: Holds = V::HOLDS;
            fn into_choices(self) -> Choices {
                let $selected = self;
                Choices(Found::Query($query))
            }
        }
    )*};
}

selected! {
    Selected<Kind>: selected => selected.query;
    &Selected<Kind>: selected => selected.query.clone();
}

/// Never implemented by hand: it gives a sub-query of other rows than the field refers to its own message.
#[diagnostic::on_unimplemented(
    message = "the rows of this sub-query are not what the field refers to",
    label = "a query of `{T}`, and the field compares by `{Self}`",
    note = "a field that refers to objects of a model takes a query of that model",
    note = "for the values of one of its fields write `query!(..).select(Model::F.field)`"
)]
pub trait RefersTo<T> {}

impl<T> RefersTo<T> for kind::Reference<T> {}

macro_rules! rows {
    ($($from:ty: $set:ident => $query:expr;)*) => {$(
        impl<T: ParseObject, V: Comparable> IntoChoices<V> for $from
        where
            V::Kind: RefersTo<T>,
        {
            const HOLDS: Holds = V::HOLDS;
            fn into_choices(self) -> Choices {
                let $set = self;
                Choices(Found::Query($query.untyped()))
            }
        }
    )*};
}

rows! {
    SubQuery<T>: query => query;
    &SubQuery<T>: query => query.clone();
    QuerySet<T>: set => SubQuery::from(&set);
    &QuerySet<T>: set => SubQuery::from(set);
    Q<T>: condition => SubQuery::from(condition);
    &Q<T>: condition => SubQuery::from(condition.clone());
}

/// Never implemented: it gives a slice as a sub-query its own message.
#[diagnostic::on_unimplemented(
    message = "a slice cannot be a sub-query: the server looks at every row that a sub-query matches",
    label = "this query was sliced",
    note = "leave the slice away; or read its rows first, and compare with the list of them"
)]
pub trait Unsliced {}

impl<T: ParseObject, V: Comparable> IntoChoices<V> for Slice<T>
where
    V::Kind: Unsliced,
{
    const HOLDS: Holds = V::HOLDS;
    fn into_choices(self) -> Choices {
        Choices(Found::Query(
            SubQuery::from(&QuerySet::<T>::of(self.core)).untyped(),
        ))
    }
}

/// For a condition on what is behind a reference.
pub(super) fn behind<T: ParseObject>(condition: Q<T>) -> Test {
    Test::SubQuery {
        negated: false,
        query: Box::new(SubQuery::from(condition).untyped()),
    }
}
