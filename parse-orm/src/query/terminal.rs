//! The terminals: what asks the server.

use super::condition::{Holds, Node, Test};
use super::field::Field;
use super::operand::Operand;
use super::order::{Order, Sortable, by_id};
use super::paging::{Pager, collect, count, find};
use super::params::Find;
use super::position::is_always_there;
use super::set::{Core, QuerySet};
use super::slice::Slice;
use crate::client::{Path, unexpected};
use crate::object::{FieldSet, Object, ParseObject, Unsaved, row, tally};
use crate::value::ObjectId;
use crate::{Client, DecodeError, Error, ErrorCode, Result};
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;

macro_rules! terminals {
    ($($set:ident)*) => {$(
        impl<T: ParseObject> $set<T> {
            /// Every row. Reads as many pages as it takes: neither the server's default of 100 rows nor a
            /// lower `maxLimit` cuts it short.
            ///
            /// The pages follow the order (with the id behind it), so that rows which are created or
            /// deleted meanwhile do not shift the others. For more rows than fit into memory there is
            /// [`stream`](Self::stream).
            ///
            /// # Errors
            /// [`Error::Decode`] for the first row that does not fit the model;
            /// [`try_all`](Self::try_all) keeps the others.
            pub async fn all(&self, client: &Client) -> Result<Vec<Object<T>>> {
                let rows = collect(client, Pager::new(&self.core, T::CLASS_NAME)).await?;
                Ok(rows.into_iter().collect::<Result<_, DecodeError>>()?)
            }

            /// Every row, each on its own: one that does not fit the model is an `Err` among the others,
            /// which names its id and the field.
            ///
            /// # Errors
            /// Whatever the server answers to the query as a whole.
            pub async fn try_all(&self, client: &Client) -> Result<Vec<Result<Object<T>, DecodeError>>> {
                collect(client, Pager::new(&self.core, T::CLASS_NAME)).await
            }

            /// The first row, by the ids where no order was given; `None` where there is none.
            ///
            /// # Errors
            /// Whatever the server answers.
            pub async fn first(&self, client: &Client) -> Result<Option<Object<T>>> {
                let mut core = self.core.rest(T::CLASS_NAME)?;
                if core.limit == Some(0) {
                    return Ok(None);
                }
                ordered::<T>(&mut core);
                core.limit = Some(1);
                let rows = find::<T>(client, Find::owned(core, T::CLASS_NAME)).await?;
                Ok(rows.into_iter().next().transpose()?)
            }

            /// How many rows there are.
            ///
            /// # Errors
            /// Whatever the server answers.
            pub async fn count(&self, client: &Client) -> Result<u64> {
                let mut core = self.core.rest(T::CLASS_NAME)?.unordered();
                let (limit, skip) = (core.limit, core.skip);
                core.include.clear();
                core.options.exclude.clear();
                // the server counts what the conditions match, whatever limit and skip say
                (core.limit, core.skip) = (Some(0), 0);
                let mut find = Find::owned(core, T::CLASS_NAME);
                find.count = true;
                let total = count(&client.read(Path::Class(T::CLASS_NAME), &find).await?)?;
                let rest = total.saturating_sub(skip);
                Ok(limit.map_or(rest, |limit| rest.min(limit)))
            }

            /// True when there is a row.
            ///
            /// # Errors
            /// Whatever the server answers.
            pub async fn exists(&self, client: &Client) -> Result<bool> {
                let mut core = self.core.rest(T::CLASS_NAME)?;
                if core.limit == Some(0) {
                    return Ok(false);
                }
                core = core.unordered();
                core.include.clear();
                core.options.exclude.clear();
                core.limit = Some(1);
                let mut find = Find::owned(core, T::CLASS_NAME);
                find.keys = Some("objectId".into());
                Ok(tally(&client.read(Path::Class(T::CLASS_NAME), &find).await?)?.0 > 0)
            }
        }
    )*};
}

terminals! { QuerySet Slice }

impl<T: ParseObject> QuerySet<T> {
    /// The only row.
    ///
    /// # Errors
    /// [`Error::DoesNotExist`] when there is none, [`Error::MultipleObjects`] when there are several.
    pub async fn get(&self, client: &Client) -> Result<Object<T>> {
        let mut core = self.core.clone();
        core.limit = Some(core.limit.map_or(2, |limit| limit.min(2)));
        let rows = find::<T>(client, Find::owned(core, T::CLASS_NAME)).await?;
        let mut rows = rows.into_iter();
        match (rows.next(), rows.next()) {
            (Some(row), None) => Ok(row?),
            (None, _) => Err(Error::DoesNotExist {
                class_name: T::CLASS_NAME,
                id: None,
            }),
            (Some(_), Some(_)) => Err(Error::MultipleObjects {
                class_name: T::CLASS_NAME,
            }),
        }
    }

    /// The last row, by the ids where no order was given; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] after `limit` or `skip`, which count from the other end, and after `near` and
    /// `order_by_text_score`, which the server cannot turn around.
    pub async fn last(&self, client: &Client) -> Result<Option<Object<T>>> {
        if self.core.is_ranked() {
            return Err(Error::invalid(
                T::CLASS_NAME,
                None,
                "`last` cannot follow `near` or `order_by_text_score`: the server has no order from the other end",
            ));
        }
        if self.core.limit.is_some() || self.core.skip > 0 {
            return Err(Error::invalid(
                T::CLASS_NAME,
                None,
                "`last` cannot follow `limit` or `skip`; reverse the order and use `first`",
            ));
        }
        let mut core = self.core.clone();
        ordered::<T>(&mut core);
        core.order
            .iter_mut()
            .for_each(|(_, descending)| *descending = !*descending);
        core.limit = Some(1);
        let rows = find::<T>(client, Find::owned(core, T::CLASS_NAME)).await?;
        Ok(rows.into_iter().next().transpose()?)
    }
}

impl<T: ParseObject> QuerySet<T> {
    /// The row with the smallest value in this field, such as the earliest date; `None` where no row has one.
    /// Takes the place of any order, and rows without a value do not count.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, level: Option<i64> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # for (score, level) in [(3, Some(1)), (1, None), (2, Some(7))] {
    /// #     GameScore { score, level }.create(&client).await?;
    /// # }
    /// let first = query!(GameScore.earliest(&client, created_at)).await?;
    /// assert_eq!(first.unwrap().score, 3);
    /// // the same without macros
    /// let low = GameScore::objects().earliest(&client, GameScore::F.level).await?;
    /// assert_eq!(low.unwrap().level, Some(1));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] after `limit` or `skip`.
    pub fn earliest<'a, V: Sortable>(
        &'a self,
        client: &'a Client,
        field: Field<T, V>,
    ) -> BoxFuture<'a, Result<Option<Object<T>>>> {
        Box::pin(self.extreme(client, field.asc(), "earliest"))
    }

    /// The row with the largest value in this field, such as the latest date: see
    /// [`earliest`](Self::earliest).
    ///
    /// # Errors
    /// [`Error::Invalid`] after `limit` or `skip`.
    pub fn latest<'a, V: Sortable>(
        &'a self,
        client: &'a Client,
        field: Field<T, V>,
    ) -> BoxFuture<'a, Result<Option<Object<T>>>> {
        Box::pin(self.extreme(client, field.desc(), "latest"))
    }

    async fn extreme(
        &self,
        client: &Client,
        order: Order<T>,
        name: &'static str,
    ) -> Result<Option<Object<T>>> {
        if self.core.limit.is_some() || self.core.skip > 0 {
            let message = format!("`{name}` orders the rows anew, and cannot follow `limit` or `skip`");
            return Err(Error::invalid(T::CLASS_NAME, None, message));
        }
        let mut core = self.core.clone();
        // PostgreSQL has rows without a value where MongoDB has not, and neither is what is asked for
        if !is_always_there(&order.key) {
            core.added.push(Arc::new(Node::Test {
                key: order.key.clone(),
                holds: Holds::One,
                test: Test::Compare("$ne", Operand::json(Value::Null)),
            }));
        }
        core.order = vec![(order.key, order.descending)];
        core.limit = Some(1);
        let rows = find::<T>(client, Find::owned(core, T::CLASS_NAME)).await?;
        Ok(rows.into_iter().next().transpose()?)
    }

    /// The object with this id, as the query set asks for it: with what `select_related` and `exclude_keys` say,
    /// and only if it meets the conditions. One GET of the object, or of the rows where there are conditions.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player: Option<Pointer<Player>> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let ann = Player { name: "Ann".into() }.create(&client).await?;
    /// # let id = GameScore { score: 7, player: Some(ann.pointer()) }.create(&client).await?.id().clone();
    /// let score = query!(GameScore.select_related(player)).get_by_id(&client, id).await?;
    /// assert_eq!(score.player.as_ref().unwrap().get()?.name, "Ann");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::DoesNotExist`] when there is none, it may not be seen, or does not meet the conditions;
    /// [`Error::Invalid`] after `limit` or `skip`.
    pub async fn get_by_id(&self, client: &Client, id: impl Into<ObjectId>) -> Result<Object<T>> {
        get_by_id(client, &self.core, id.into()).await
    }

    /// Reads an object again, as the query set asks for it: with what `select_related` and `exclude_keys` say.
    /// A field that is left out keeps the value that it has here; otherwise as
    /// [`Object::refresh`]. One GET.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player: Option<Pointer<Player>> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let ann = Player { name: "Ann".into() }.create(&client).await?;
    /// # let id = GameScore { score: 7, player: Some(ann.pointer()) }.create(&client).await?.id().clone();
    /// # let mut score = GameScore::get(&client, id).await?;
    /// query!(GameScore.select_related(player)).refresh(&client, &mut score, Unsaved::Keep).await?;
    /// assert_eq!(score.player.as_ref().unwrap().get()?.name, "Ann");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`get_by_id`](Self::get_by_id); the object here stays as it is then.
    pub async fn refresh(&self, client: &Client, object: &mut Object<T>, unsaved: Unsaved) -> Result<()> {
        let newer = get_by_id(client, &self.core, object.id().clone()).await?;
        let left_out = |name: &str| self.core.options.exclude.iter().any(|path| path == name);
        let mut kept = FieldSet::EMPTY;
        for (number, field) in T::SCHEMA.fields.iter().enumerate() {
            kept.put(number, left_out(field.name));
        }
        object.renew(newer, kept, unsaved);
        Ok(())
    }
}

impl<T: ParseObject> QuerySet<T> {
    /// How the database would find the rows, in its own words: MongoDB's `explain`. It needs the master key,
    /// unless the server is told `allowPublicExplain`, and the shape of the answer is the database's: on
    /// MongoDB `queryPlanner.winningPlan` says which index serves the query.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await;
    /// # GameScore { score: 7 }.create(&server.client()).await?;
    /// let plan = query!(GameScore.filter(score__gt = 5)).explain(&server.master_client()).await?;
    /// assert!(plan["queryPlanner"]["winningPlan"].is_object());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Code 102 for a client that may not ask.
    pub async fn explain(&self, client: &Client) -> Result<Value> {
        let mut core = self.core.clone();
        core.include.clear();
        core.options.exclude.clear();
        let mut find = Find::owned(core, T::CLASS_NAME);
        find.explain = true;
        let body = client.read(Path::Class(T::CLASS_NAME), &find).await?;
        #[derive(serde::Deserialize)]
        struct Plan {
            results: Value,
        }
        let Plan { results } = serde_json::from_slice(&body).map_err(|_| unexpected(200, &body))?;
        Ok(results)
    }
}

/// By the ids, where no order was given.
fn ordered<T>(core: &mut Core) {
    if core.order.is_empty() && !core.is_ranked() {
        let order = by_id::<T>(false);
        core.order.push((order.key, order.descending));
    }
}

pub(super) async fn get_by_id<T: ParseObject>(
    client: &Client,
    core: &Core,
    id: ObjectId,
) -> Result<Object<T>> {
    let refused = |message: &str| Error::invalid(T::CLASS_NAME, None, message);
    if id.as_str().is_empty() {
        return Err(refused("the object id is empty"));
    }
    if core.limit.is_some() || core.skip > 0 {
        return Err(refused(
            "an id names one object, and cannot follow `limit` or `skip`",
        ));
    }
    let mut core = core.clone();
    core.order.clear();
    let row = if core.filter.is_empty() {
        // what a find has beyond a get
        (core.options.hint, core.options.comment) = (None, None);
        let path = Path::Object(T::CLASS_NAME, id.as_str());
        let body = client.read(path, &Find::owned(core, T::CLASS_NAME)).await;
        match body {
            Err(error) if error.code() == Some(ErrorCode::ObjectNotFound) => None,
            body => Some(row(&body?)?),
        }
    } else {
        core.added.push(Arc::new(Node::Test {
            key: "objectId".into(),
            holds: Holds::One,
            test: Test::Compare("$eq", Operand::json(id.as_str())),
        }));
        core.limit = Some(1);
        let rows = find::<T>(client, Find::owned(core, T::CLASS_NAME)).await?;
        rows.into_iter().next().transpose()?
    };
    row.ok_or(Error::DoesNotExist {
        class_name: T::CLASS_NAME,
        id: Some(id),
    })
}
