//! Results of all rows, or of each group of them.

use super::expression::{Accumulator, Aggregates, By, Column, GroupOrder};
use super::keys::GroupKeys;
use super::stages::{check, filter, group, run, sort, stage};
use crate::client::MasterKey;
use crate::object::{ParseObject, Schema};
use crate::query::options::Rarely;
use crate::query::set::{Core, QuerySet};
use crate::{Error, Result};
use futures::future::BoxFuture;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

const INSTEAD: &str = "give the order to the groups, or the stages to a `pipeline()`";

impl<T: ParseObject> QuerySet<T> {
    /// What all the rows come down to: Django's `aggregate`. One GET, with the master key.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player_name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let (client, master) = (server.client(), server.master_client());
    /// # for (name, score) in [("Ann", 5), ("Bob", 7), ("Ann", 9)] {
    /// #     GameScore { score, player_name: name.into() }.create(&client).await?;
    /// # }
    /// const F: GameScoreFields = GameScore::F;
    /// let total: i64 = GameScore::objects().aggregate(&master, F.score.sum()).await?;
    /// assert_eq!(total, 21);
    ///
    /// let of_ann = query!(GameScore.filter(player_name = "Ann"));
    /// let (games, average, best) =
    ///     of_ann.aggregate(&master, (Aggregate::count(), F.score.avg(), F.score.max())).await?;
    /// assert_eq!((games, average, best), (2, Some(7.0), Some(9)));
    /// # Ok(()) }
    /// ```
    ///
    /// The conditions become a `$match`: those that ask about other classes (`player__name`, `in` of a query
    /// set, relations) or about places cannot be part of it. A parse-server on PostgreSQL knows only equality,
    /// `gt`, `gte`, `lt` and `lte` there, the results `sum`, `avg`, `min`, `max` and `count`, and orders groups by
    /// results only.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a condition that cannot be part of an aggregation, and after `order_by`, `limit`,
    /// `skip` or `select_related`; nothing is sent then. [`Error::Decode`] when a result is not of its type.
    pub fn aggregate<'a, A: Aggregates<T, Output = O>, O: Send>(
        &'a self,
        master: &'a impl MasterKey,
        results: A,
    ) -> BoxFuture<'a, Result<O>> {
        let client = master.client();
        Box::pin(async move {
            let plan = Plan::new(T::SCHEMA, &self.core, &[], &results.list(), &[])?;
            let mut all = plan.run(client).await?.into_iter();
            // of no rows there is no group either
            let mut values = all.next().unwrap_or_default().into_iter();
            let output = results.read(&mut || values.next().unwrap_or_default());
            output.map_err(|misfit| misfit.of(T::CLASS_NAME).into())
        })
    }

    /// The rows in groups of equal keys: Django's `values(..).annotate(..)`.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player_name: String, level: Option<i64> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let (client, master) = (server.client(), server.master_client());
    /// # for (name, score) in [("Ann", 5), ("Bob", 7), ("Ann", 9)] {
    /// #     GameScore { score, player_name: name.into(), level: None }.create(&client).await?;
    /// # }
    /// const F: GameScoreFields = GameScore::F;
    /// let totals: Vec<(String, i64)> = GameScore::objects()
    ///     .group_by(F.player_name)
    ///     .order_by(F.score.sum().desc())
    ///     .limit(10)
    ///     .aggregate(&master, F.score.sum())
    ///     .await?;
    /// assert_eq!(totals, [("Ann".to_owned(), 14), ("Bob".to_owned(), 7)]);
    ///
    /// // several keys, several results; a row without a level has a group of its own
    /// let by_level = GameScore::objects().group_by((F.player_name, F.level)).order_by(F.score.max().asc());
    /// let rows = by_level.aggregate(&master, (Aggregate::count(), F.score.max())).await?;
    /// assert_eq!(rows[0], (("Bob".to_owned(), None), (1, Some(7))));
    /// # Ok(()) }
    /// ```
    pub fn group_by<K: GroupKeys<T>>(&self, keys: K) -> Groups<T, K> {
        Groups {
            core: self.core.clone(),
            keys,
            order: Vec::new(),
            limit: None,
            _model: PhantomData,
        }
    }
}

/// Each group's key with its results.
type Rows<K, O> = Vec<(K, O)>;

/// The groups of a query set's rows: what [`QuerySet::group_by`] returns.
#[must_use = "groups compute nothing until `.aggregate(&master, ..).await`"]
pub struct Groups<T, K> {
    core: Core,
    keys: K,
    order: Vec<(By, bool)>,
    limit: Option<u64>,
    _model: PhantomData<fn() -> T>,
}

impl<T: ParseObject, K: GroupKeys<T>> Groups<T, K> {
    /// In this order, by a key (`F.player_name.asc()`) or by an aggregate (`F.score.sum().desc()`); called
    /// again, equal ones in that order. Without it, groups come in any order.
    pub fn order_by(mut self, order: impl Into<GroupOrder<T>>) -> Self {
        let order = order.into();
        self.order.push((order.by, order.descending));
        self
    }

    /// At most this many groups. Without it, all of them come in one answer.
    pub fn limit(mut self, groups: u64) -> Self {
        self.limit = Some(groups);
        self
    }

    /// Each group's key with its results. One GET, with the master key.
    ///
    /// # Errors
    /// Those of [`QuerySet::aggregate`]; and [`Error::Invalid`] when the order names a field that is no key.
    pub fn aggregate<'a, A: Aggregates<T, Output = O>, O: Send>(
        &'a self,
        master: &'a impl MasterKey,
        results: A,
    ) -> BoxFuture<'a, Result<Rows<K::Output, O>>> {
        let client = master.client();
        Box::pin(async move {
            if self.limit == Some(0) {
                return Ok(Vec::new());
            }
            let (keys, list) = (self.keys.columns(), results.list());
            let mut plan = Plan::new(T::SCHEMA, &self.core, &keys, &list, &self.order)?;
            plan.limit(self.limit)?;
            let read = |row: Vec<Value>| {
                let mut values = row.into_iter();
                let mut next = || values.next().unwrap_or_default();
                let key = self.keys.read(&mut next);
                let both = key.and_then(|key| Ok((key, results.read(&mut next)?)));
                both.map_err(|misfit| misfit.of(T::CLASS_NAME).into())
            };
            plan.run(client).await?.into_iter().map(read).collect()
        })
    }
}

impl<T, K: Clone> Clone for Groups<T, K> {
    fn clone(&self) -> Self {
        Self {
            core: self.core.clone(),
            keys: self.keys.clone(),
            order: self.order.clone(),
            limit: self.limit,
            _model: PhantomData,
        }
    }
}

impl<T: ParseObject, K: GroupKeys<T>> fmt::Debug for Groups<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.keys.columns().iter().map(|column| column.name).collect();
        write!(f, "Groups<{}>({})", T::CLASS_NAME, keys.join(", "))
    }
}

/// The untyped work: keys are `k0`, `k1`, .. and results `a0`, `a1`, .., which no field's name is mistaken for.
struct Plan {
    class_name: &'static str,
    stages: Vec<Box<RawValue>>,
    options: Rarely,
    keys: usize,
    results: usize,
}

impl Plan {
    fn new(
        schema: &Schema,
        core: &Core,
        keys: &[Column],
        results: &[Accumulator],
        order: &[(By, bool)],
    ) -> Result<Self> {
        check(schema, core, INSTEAD)?;
        let class_name = schema.class_name;
        let invalid = |message| Error::invalid(class_name, None, message);
        let wanted = results.len();
        let mut results = results.to_vec();
        let mut sorted = Vec::new();
        for (by, descending) in order {
            let key = match by {
                By::Key(name) => {
                    let Some(number) = keys.iter().position(|column| *name == column.name) else {
                        let message = "groups are ordered by one of their keys, or by an aggregate such as `F.score.sum()`";
                        return Err(Error::invalid(class_name, Some(name), message));
                    };
                    format!("_id.k{number}")
                }
                By::Accumulator(by) => {
                    let known = results.iter().position(|known| known == by);
                    let number = known.unwrap_or_else(|| {
                        results.push(*by);
                        results.len() - 1
                    });
                    format!("a{number}")
                }
            };
            sorted.push((Cow::Owned(key), *descending));
        }
        let filter = filter(schema, core).map_err(invalid)?;
        let filtered = filter.is_some();
        let mut stages: Vec<_> = filter.into_iter().collect();
        if filtered && keys.is_empty() {
            // takes nothing away; without a projection, PostgreSQL's adapter would want to group by every column
            stages.push(stage("$project", &json!({"ACL": 0})).map_err(invalid)?);
        }
        let keys: Vec<_> = (0..)
            .zip(keys)
            .map(|(number, key): (usize, _)| (Cow::Owned(format!("k{number}")), *key))
            .collect();
        let results: Vec<_> = (0..)
            .zip(results)
            .map(|(number, result): (usize, _)| (Cow::Owned(format!("a{number}")), result))
            .collect();
        stages.push(group(&keys, &results).map_err(invalid)?);
        if !sorted.is_empty() {
            stages.push(sort(&sorted).map_err(invalid)?);
        }
        Ok(Self {
            class_name,
            stages,
            options: core.options.clone(),
            keys: keys.len(),
            results: wanted,
        })
    }

    fn limit(&mut self, limit: Option<u64>) -> Result<()> {
        if let Some(limit) = limit {
            let limit = stage("$limit", &limit);
            self.stages
                .push(limit.map_err(|message| Error::invalid(self.class_name, None, message))?);
        }
        Ok(())
    }

    /// Each group's keys and results, in the order in which they were asked for, null where there is none.
    async fn run(&self, client: &crate::Client) -> Result<Vec<Vec<Value>>> {
        let rows = run(client, self.class_name, &self.stages, &self.options).await?;
        let values = |mut row: serde_json::Map<String, Value>| {
            let mut id = row.remove("objectId").unwrap_or_default();
            let mut values = Vec::with_capacity(self.keys + self.results);
            values.extend(
                (0..self.keys).map(|key| id.get_mut(format!("k{key}")).map(Value::take).unwrap_or_default()),
            );
            values.extend(
                (0..self.results).map(|result| row.remove(&format!("a{result}")).unwrap_or_default()),
            );
            values
        };
        Ok(rows.into_iter().map(values).collect())
    }
}
