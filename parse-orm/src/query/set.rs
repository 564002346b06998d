//! The query set: an immutable description of rows.

use super::check::check;
use super::condition::{Holds, Node, Q, Test, show};
use super::cursor::Cursor;
use super::merge::Where;
use super::operand::Operand;
use super::options::Rarely;
use super::order::{IntoInclude, IntoOrder, Order, TEXT_SCORE};
use super::paging::Pager;
use super::params::Find;
use super::slice::Slice;
use crate::object::{Object, ParseObject};
use crate::value::ObjectId;
use crate::{Client, Error, Result};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

/// The rows of `T` that meet some conditions, in some order: a value, which no method changes. Nothing is
/// sent before a terminal (`all`, `first`, `last`, `get`, `count`, `exists`).
///
/// [`query!`](crate::query!) is the usual way to write one; the methods here are what it stands for.
/// Serialising gives the REST query parameters, with `where` as an object:
///
/// ```
/// # use parse_orm::prelude::*;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, cheat_mode: bool }
/// let fair = query!(GameScore.filter(score__gte = 1000).exclude(cheat_mode = true));
/// let best = query!(fair.order_by(-score).limit(10)); // `fair` is as it was
/// assert_eq!(
///     serde_json::to_value(&best).unwrap(),
///     serde_json::json!({
///         "where": {"score": {"$gte": 1000}, "cheatMode": {"$ne": true}},
///         "order": "-score",
///         "limit": 10,
///     })
/// );
/// ```
#[must_use = "a query set asks nothing until a terminal such as `.all(&client).await` is called"]
pub struct QuerySet<T> {
    pub(super) core: Core,
    _model: PhantomData<fn() -> T>,
}

/// The untyped query.
#[derive(Clone, Default)]
pub(crate) struct Core {
    pub(super) filter: Vec<Arc<Node>>,
    /// What this library asks for beside the conditions, such as the rows behind those of a page.
    pub(super) added: Vec<Arc<Node>>,
    /// Key and whether it is descending.
    pub(super) order: Vec<(Cow<'static, str>, bool)>,
    pub(super) include: Vec<Cow<'static, str>>,
    pub(super) limit: Option<u64>,
    pub(super) skip: u64,
    pub(super) options: Rarely,
    /// Where the rows begin: behind those that were read before.
    pub(super) after: Option<Arc<Cursor>>,
    /// The fields to ask for where the rows come by their text score, which some databases then want to be one of
    /// them. `None`: the model has a field of that name, which it would overwrite.
    pub(super) scored: Option<Cow<'static, str>>,
}

impl Core {
    pub(super) fn nodes(&self) -> Vec<&Node> {
        self.filter
            .iter()
            .chain(&self.added)
            .map(|node| &**node)
            .collect()
    }

    /// What makes some of the matching rows of all of them, by the name of the method.
    pub(super) fn window(&self) -> Option<&'static str> {
        self.option().filter(|option| matches!(*option, "limit" | "skip"))
    }

    /// What it has beside conditions, by the name of the method; first what leaves rows out.
    pub(super) fn option(&self) -> Option<&'static str> {
        [
            ("limit", self.limit.is_some()),
            ("skip", self.skip > 0),
            ("order_by", !self.order.is_empty()),
            ("select_related", !self.include.is_empty()),
            ("after", self.after.is_some()),
            ("exclude_keys", !self.options.exclude.is_empty()),
            ("read_preference", self.options.read.is_some()),
            ("hint", self.options.hint.is_some()),
            ("comment", self.options.comment.is_some()),
            ("page_size", self.options.page_size.is_some()),
        ]
        .into_iter()
        .find_map(|(name, is)| is.then_some(name))
    }

    /// True where not every row of the class is wanted.
    pub(super) fn is_restricted(&self) -> bool {
        !(self.filter.is_empty() && self.added.is_empty())
    }

    /// The same rows in no order, for what does not depend on one.
    pub(super) fn unordered(&self) -> Self {
        let mut core = self.clone();
        core.order.clear();
        for node in &mut core.filter {
            if node.near().is_some() {
                *node = Arc::new(node.without_order());
            }
        }
        core
    }

    /// True when the server alone knows the order: by distance, by how well a text matches, or of a relation. Such
    /// rows have no key that a page could begin behind.
    pub(super) fn is_ranked(&self) -> bool {
        self.order.iter().any(|(key, _)| key == TEXT_SCORE) || self.is_near() || self.is_by_joining()
    }

    /// True for what a relation holds, ordered by `createdAt`. A server on MongoDB takes that for the order in which
    /// it was added, and cuts the list by `skip` and `limit` before it looks at any other condition.
    pub(super) fn is_by_joining(&self) -> bool {
        self.order.iter().any(|(key, _)| key == "createdAt")
            && self.nodes().iter().any(|node| node.is_related())
    }

    /// True when the nearest rows come first.
    pub(super) fn is_near(&self) -> bool {
        self.order.is_empty() && self.filter.iter().any(|node| node.near().is_some())
    }

    /// Without what was read before: its cursor as conditions.
    pub(super) fn rest(&self, class_name: &'static str) -> Result<Self> {
        match self.after {
            None => Ok(self.clone()),
            Some(_) => Pager::new(self, class_name).rest(),
        }
    }

    /// The rows `from..to` of those that are described so far.
    fn slice(mut self, range: impl RangeBounds<u64>) -> Self {
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&end) => Some(end.saturating_add(1)),
            Bound::Excluded(&end) => Some(end),
            Bound::Unbounded => None,
        };
        let within = self.limit.map(|limit| limit.saturating_sub(start));
        let length = end.map(|end| end.saturating_sub(start));
        self.limit = within.into_iter().chain(length).min();
        self.skip = self.skip.saturating_add(start);
        self
    }

    /// The rows behind a place.
    pub(super) fn after(&self, cursor: &Cursor) -> Self {
        Self {
            after: Some(Arc::new(cursor.clone())),
            ..self.clone()
        }
    }
}

impl<T> QuerySet<T> {
    pub(super) fn of(core: Core) -> Self {
        Self {
            core,
            _model: PhantomData,
        }
    }

    pub(super) fn with(&self, change: impl FnOnce(&mut Core)) -> Self {
        let mut core = self.core.clone();
        change(&mut core);
        Self::of(core)
    }

    /// Every row of the class.
    pub fn new() -> Self
    where
        T: ParseObject,
    {
        Self::of(Core::default())
    }
}

impl<T: ParseObject> QuerySet<T> {
    /// Of these rows the ones that meet the condition as well.
    pub fn filter(&self, condition: Q<T>) -> Self {
        self.with(|core| core.filter.push(Arc::new(condition.node)))
    }

    /// For generated code: `filter` with one more condition.
    #[doc(hidden)]
    pub fn __and(mut self, condition: Q<T>) -> Self {
        match self.core.filter.last_mut().and_then(Arc::get_mut) {
            Some(last) => *last = std::mem::replace(last, Node::And(Vec::new())).and(condition.node),
            None => self.core.filter.push(Arc::new(condition.node)),
        }
        self
    }

    /// As [`filter`](Self::filter), with the field tokens at hand:
    /// `filter_with(|f| f.score.gte(1000) & f.cheat_mode.eq(false))`.
    pub fn filter_with(&self, condition: impl FnOnce(T::Fields) -> Q<T>) -> Self {
        self.filter(condition(T::F))
    }

    /// Of these rows the ones that do not meet the condition. A row without the field meets no condition
    /// on it, and stays.
    pub fn exclude(&self, condition: Q<T>) -> Self {
        self.filter(!condition)
    }

    /// As [`exclude`](Self::exclude), with the field tokens at hand.
    pub fn exclude_with(&self, condition: impl FnOnce(T::Fields) -> Q<T>) -> Self {
        self.exclude(condition(T::F))
    }

    /// The conditions alone, for a service that takes nothing else of a query.
    pub(crate) fn conditions_alone(&self, taker: &str) -> Result<serde_json::Value> {
        let refused = |message: String| Error::invalid(T::CLASS_NAME, None, message);
        if let Some(option) = self.core.option() {
            let message =
                format!("`{option}` of the query set cannot be part of {taker}, which takes conditions only");
            return Err(refused(message));
        }
        check(&self.core, T::CLASS_NAME)?;
        serde_json::to_value(conditions(&self.core)).map_err(|error| refused(error.to_string()))
    }

    /// Ordered by these keys, instead of any order given before. Rows that are equal in all of them come in
    /// the order of their ids where several pages are read.
    pub fn order_by(&self, keys: impl IntoOrder<T>) -> Self {
        let keys = keys.into_order();
        self.with(|core| {
            core.order.clear();
            for Order { key, descending, .. } in keys {
                // the second of two decides nothing, but the server would take its direction for the first one's
                if !core.order.iter().any(|(known, _)| *known == key) {
                    core.order.push((key, descending));
                }
            }
        })
    }

    /// The best matches of the lookup [`search`](crate::Field::search) first, instead of any order given before. Wire
    /// form `order=$score`. Pages of such rows go by their position.
    ///
    /// PostgreSQL does not order the rows of a model that has a field `score` of its own.
    ///
    /// ```
    /// # use parse_orm::prelude::*;
    /// # #[derive(ParseObject, Clone, Debug)] struct Post { title: String, body: String }
    /// let posts = query!(Post.filter(body__search = "coffee")).order_by_text_score();
    /// assert_eq!(
    ///     serde_json::to_value(&posts).unwrap(),
    ///     serde_json::json!({
    ///         "where": {"body": {"$text": {"$search": {"$term": "coffee"}}}},
    ///         "order": "$score",
    ///         "keys": "title,body,$score",
    ///     })
    /// );
    /// ```
    pub fn order_by_text_score(&self) -> Self {
        let fields = T::SCHEMA.fields.iter().map(|field| field.name);
        let scored =
            (!fields.clone().any(|name| name == "score")).then(|| fields.collect::<Vec<_>>().join(","));
        self.with(|core| {
            core.order = vec![(TEXT_SCORE.into(), false)];
            core.scored = scored.map(Into::into);
        })
    }

    /// At most this many rows.
    pub fn limit(&self, rows: u64) -> Self {
        self.with(|core| core.limit = Some(rows))
    }

    /// Without the first rows. The server walks over them: the cost grows with their number.
    pub fn skip(&self, rows: u64) -> Self {
        self.with(|core| core.skip = rows)
    }

    /// With the objects behind these pointers in the same answer.
    pub fn select_related(&self, paths: impl IntoInclude<T>) -> Self {
        let paths = paths.into_include();
        self.with(|core| {
            for include in paths {
                if !core.include.contains(&include.path) {
                    core.include.push(include.path);
                }
            }
        })
    }

    /// The rows of these positions: `slice(10..20)`, in `query!` also `[10..20]`. Ends the query set: a
    /// slice can be read, but no longer filtered or ordered.
    pub fn slice(&self, range: impl RangeBounds<u64>) -> Slice<T> {
        Slice::new(self.core.clone().slice(range))
    }

    /// The rows behind a place that a [cursor](Cursor) keeps: the rest of a stream, or the next page. Ends the
    /// query set, as a slice does. A limit counts from the first row of all, not from here.
    ///
    /// The query must be the one that the cursor was taken from: the same class, conditions and order.
    /// Another one is refused with [`Error::Invalid`](crate::Error::Invalid) by what reads it.
    pub fn after(&self, cursor: &Cursor) -> Slice<T> {
        Slice::new(self.core.after(cursor))
    }

    /// The field tokens of the model.
    #[doc(hidden)]
    pub fn fields(&self) -> T::Fields {
        T::F
    }
}

impl<T: ParseObject> Default for QuerySet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for QuerySet<T> {
    fn clone(&self) -> Self {
        self.with(|_| ())
    }
}

impl<T: ParseObject> fmt::Debug for QuerySet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuerySet<{}>({})", T::CLASS_NAME, show(self))
    }
}

/// The REST query parameters, with `where` as an object.
impl<T> Serialize for QuerySet<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Find::of(&self.core).serialize(to)
    }
}

/// The condition of all the filters, for use in another query. Where the query set has an option such as `limit`, which
/// a condition cannot carry, the query that uses it is refused.
impl<T> From<QuerySet<T>> for Q<T> {
    fn from(set: QuerySet<T>) -> Self {
        if let Some(option) = set.core.option() {
            let reason = format!(
                "a query set with `{option}` is no condition: leave `{option}` away there, and give it to the whole query"
            );
            return Self::test("", Holds::One, Test::Compare("$eq", Operand(Err(reason))));
        }
        Self::new(Node::And(
            set.core.filter.iter().map(|node| (**node).clone()).collect(),
        ))
    }
}

/// What every model has: its rows.
pub trait Objects: ParseObject {
    /// Every row of the class.
    fn objects() -> QuerySet<Self> {
        QuerySet::new()
    }

    /// The object with this id. One GET.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let id = GameScore { score: 1337 }.create(&client).await?.id().clone();
    /// let score = GameScore::get(&client, id).await?;
    /// assert_eq!(score.score, 1337);
    /// assert!(GameScore::get(&client, "nobody").await.unwrap_err().is_not_found());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::DoesNotExist`](crate::Error::DoesNotExist) when there is none, or it may not be seen.
    fn get(
        client: &Client,
        id: impl Into<ObjectId> + Send,
    ) -> impl Future<Output = Result<Object<Self>>> + Send {
        let id = id.into();
        async move { super::terminal::get_by_id(client, &Core::default(), id).await }
    }
}

impl<T: ParseObject> Objects for T {}

/// The `where` of a query.
pub(super) fn conditions(core: &Core) -> impl Serialize + '_ {
    struct Owned<'a>(Vec<&'a Node>);
    impl Serialize for Owned<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            Where(&self.0).serialize(to)
        }
    }
    Owned(core.nodes())
}
