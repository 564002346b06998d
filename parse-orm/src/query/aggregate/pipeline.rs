//! Any aggregation, stage by stage.

use super::answer::plain;
use super::expression::{Column, Named};
use super::keys::GroupKeys;
use super::stages::{check, filter, group, kind, run, sort, stage};
use crate::client::MasterKey;
use crate::object::ParseObject;
use crate::query::condition::Q;
use crate::query::options::Rarely;
use crate::query::set::{Core, QuerySet};
use crate::query::{Field, Order};
use crate::value::FieldType;
use crate::{DecodeError, Error, Result};
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

impl<T: ParseObject> QuerySet<T> {
    /// An aggregation pipeline, which begins with the rows that meet the query set's conditions.
    ///
    /// For the usual results [`aggregate`](Self::aggregate) and [`group_by`](Self::group_by) are shorter, and
    /// typed to the end; this is for everything else that MongoDB's pipelines can do. A parse-server on
    /// PostgreSQL knows only `filter`, `group`, `sort`, `limit`, `skip` and `project`, and passes over the rest.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, skills: Vec<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let (client, master) = (server.client(), server.master_client());
    /// # for (score, skills) in [(5, vec!["fly", "run"]), (9, vec!["run"])] {
    /// #     GameScore { score, skills: skills.into_iter().map(Into::into).collect() }.create(&client).await?;
    /// # }
    /// const F: GameScoreFields = GameScore::F;
    /// #[derive(serde::Deserialize, Debug, PartialEq)]
    /// struct Skill { skills: String, players: u64, best: i64 }
    ///
    /// let rows: Vec<Skill> = query!(GameScore.filter(score__gt = 1))
    ///     .pipeline()
    ///     .unwind(F.skills)
    ///     .group(F.skills, [Aggregate::count().named("players"), F.score.max().named("best")])
    ///     .sort("-players")
    ///     .limit(10)
    ///     .all(&master)
    ///     .await?;
    /// assert_eq!(rows[0], Skill { skills: "run".into(), players: 2, best: 9 });
    /// # Ok(()) }
    /// ```
    pub fn pipeline(&self) -> Pipeline<T> {
        let pipeline = Pipeline {
            stages: Vec::new(),
            options: self.core.options.clone(),
            grouped: None,
            refused: None,
            _model: PhantomData,
        };
        pipeline.filtered(&self.core)
    }
}

/// The stages of an aggregation over the rows of `T`: what [`QuerySet::pipeline`] returns. Each is applied to
/// what the one before it leaves.
///
/// Serialising gives the stages as they are sent.
#[must_use = "a pipeline computes nothing until `.all(&master).await`"]
pub struct Pipeline<T> {
    stages: Vec<Box<RawValue>>,
    options: Rarely,
    /// What the last `$group` left.
    grouped: Option<Grouped>,
    /// The first mistake.
    refused: Option<String>,
    _model: PhantomData<fn() -> T>,
}

#[derive(Clone)]
struct Grouped {
    keys: Vec<&'static str>,
    /// The names under which there are pointers.
    pointers: Vec<Cow<'static, str>>,
}

/// What a name in an answer may not be: the server reads these as the row's own.
fn reserved(name: &str) -> bool {
    name.is_empty()
        || name.starts_with(['_', '$'])
        || name.contains('.')
        || matches!(name, "objectId" | "createdAt" | "updatedAt")
}

impl<T: ParseObject> Pipeline<T> {
    fn add(mut self, stage: Result<Box<RawValue>, String>) -> Self {
        match stage {
            Ok(stage) => self.stages.push(stage),
            Err(reason) => self.refused = self.refused.or(Some(reason)),
        }
        self
    }

    fn filtered(self, core: &Core) -> Self {
        let stage = match check(T::SCHEMA, core, "use the stages of the pipeline") {
            Ok(()) => filter(T::SCHEMA, core),
            Err(Error::Invalid(refused)) => Err(refused.message),
            Err(other) => Err(other.to_string()),
        };
        match stage.transpose() {
            Some(stage) => self.add(stage),
            None => self,
        }
    }

    /// `$match`: only the rows that meet the condition. Before a `group`, whose rows have other fields.
    pub fn filter(self, condition: Q<T>) -> Self {
        if self.grouped.is_some() {
            let reason = "`filter` is about the rows of the class, and after a `group` there are others; use `raw(json!({\"$match\": ..}))`";
            return self.add(Err(reason.into()));
        }
        self.filtered(&Core {
            filter: vec![Arc::new(condition.node)],
            ..Core::default()
        })
    }

    /// `$group`: one row for each key, with these results.
    ///
    /// The rows have the keys under the fields' names on the server (`playerName`), and the results under
    /// their own. `()` makes one group of everything.
    pub fn group<K: GroupKeys<T>>(self, keys: K, results: impl IntoIterator<Item = Named<T>>) -> Self {
        if self.grouped.is_some() {
            let reason =
                "a second `group` is about the rows of the first; use `raw(json!({\"$group\": ..}))`";
            return self.add(Err(reason.into()));
        }
        let keys: Vec<_> = keys
            .columns()
            .into_iter()
            .map(|column| (Cow::Borrowed(column.name), column))
            .collect();
        let results: Vec<_> = results
            .into_iter()
            .map(|named| (named.name, named.accumulator))
            .collect();
        let mut names: Vec<&str> = keys.iter().map(|(name, _)| &**name).collect();
        for (name, _) in &results {
            if reserved(name) {
                return self.add(Err(format!("`{name}` cannot be the name of a result")));
            }
            if names.contains(&&**name) {
                return self.add(Err(format!("two of the group's results are named `{name}`")));
            }
            names.push(name);
        }
        let is_pointer = |column: Option<Column>| matches!(column, Some(column) if matches!(column.kind, FieldType::Pointer(_)));
        let pointers = keys
            .iter()
            .filter(|(_, column)| is_pointer(Some(*column)))
            .map(|(name, _)| name.clone());
        let listed = results
            .iter()
            .filter(|(_, accumulator)| is_pointer(accumulator.column()))
            .map(|(name, _)| name.clone());
        let grouped = Grouped {
            keys: keys.iter().map(|(_, column)| column.name).collect(),
            pointers: pointers.chain(listed).collect(),
        };
        let stage = group(&keys, &results);
        let mut next = self.add(stage);
        next.grouped = Some(grouped);
        next
    }

    /// `$sort`: in this order. By fields before a `group`; after it, by its keys, and by its results' names, as
    /// texts with `-` for descending: `sort("-total")`, `sort(["-total", "playerName"])`.
    pub fn sort(self, order: impl IntoSort<T>) -> Self {
        let keys: Vec<_> = order
            .into_sort()
            .into_iter()
            .map(|(name, descending)| {
                let column = match &self.grouped {
                    None => {
                        let kind = kind(T::SCHEMA, &name);
                        Cow::Owned(Column::stored(&name, kind).into_owned())
                    }
                    Some(grouped) if grouped.keys.contains(&&*name) => format!("_id.{name}").into(),
                    Some(_) => name,
                };
                (column, descending)
            })
            .collect();
        self.add(sort(&keys))
    }

    /// `$project`: only these fields of each row, and its id.
    pub fn project<K: GroupKeys<T>>(self, fields: K) -> Self {
        let fields: Map<String, Value> = fields
            .columns()
            .into_iter()
            .map(|column| (column.name.into(), 1.into()))
            .collect();
        self.add(stage("$project", &fields))
    }

    /// `$limit`: at most this many rows.
    pub fn limit(self, rows: u64) -> Self {
        if rows == 0 {
            return self.add(Err("a `limit` of a pipeline is at least 1".into()));
        }
        self.add(stage("$limit", &rows))
    }

    /// `$skip`: without the first rows.
    pub fn skip(self, rows: u64) -> Self {
        self.add(stage("$skip", &rows))
    }

    /// `$unwind`: each row once for each element of the array, which the element then stands in for.
    pub fn unwind<V>(self, field: Field<T, Vec<V>>) -> Self {
        self.add(stage("$unwind", &format!("${}", field.name())))
    }

    /// `$sample`: this many rows, drawn at random.
    pub fn sample(self, rows: u64) -> Self {
        self.add(stage("$sample", &json!({"size": rows})))
    }

    /// Any stage, in MongoDB's own terms: `raw(json!({"$addFields": {"twice": {"$multiply": ["$score", 2]}}}))`.
    ///
    /// The database's names are `_id`, `_created_at`, `_updated_at`, and `_p_player` for a pointer `player`,
    /// which holds `Player$` and the id; parse-server puts them in for the model's own in `$match`, `$group`
    /// and `$project`. A serde struct keeps the order of a `$sort`'s keys.
    pub fn raw(self, stage: impl Serialize) -> Self {
        let raw = to_raw_value(&stage).map_err(|error| error.to_string());
        let checked = raw.and_then(|raw| {
            let keys: Map<String, Value> = serde_json::from_str(raw.get()).unwrap_or_default();
            match keys.keys().next() {
                Some(name) if keys.len() == 1 && name.starts_with('$') => Ok(raw),
                _ => Err(format!(
                    "a stage is an object with one key, the stage's name, such as {{\"$limit\": 10}}; found {raw}"
                )),
            }
        });
        self.add(checked)
    }

    /// The rows that the last stage leaves, read as a type of yours. One GET (or a POST that stands for one,
    /// where the pipeline is long), with the master key.
    ///
    /// The fields have their names on the server: `#[serde(rename_all = "camelCase")]`. A date is a text that
    /// chrono's `DateTime<Utc>` reads, a pointer is the id of its object ([`ObjectId`](crate::ObjectId) or
    /// `String`). A field that a row does not have is missing: make it an `Option`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a stage that cannot be sent; nothing is sent then. [`Error::Decode`] for the first
    /// row that does not read as `Row`.
    pub fn all<'a, Row: DeserializeOwned + Send>(
        &'a self,
        master: &'a impl MasterKey,
    ) -> BoxFuture<'a, Result<Vec<Row>>> {
        let client = master.client();
        Box::pin(async move {
            if let Some(reason) = &self.refused {
                return Err(Error::invalid(T::CLASS_NAME, None, reason));
            }
            let rows = run(client, T::CLASS_NAME, &self.stages, &self.options).await?;
            rows.into_iter().map(|row| self.read(row)).collect()
        })
    }

    fn read<Row: DeserializeOwned>(&self, row: Map<String, Value>) -> Result<Row> {
        serde_json::from_value(self.plain(row)).map_err(|error| {
            Error::from(DecodeError {
                class_name: T::CLASS_NAME,
                id: None,
                field: None,
                expected: format!("a row that reads as `{}`", std::any::type_name::<Row>()),
                found: error.to_string(),
            })
        })
    }

    /// A row as plain JSON, the keys of its group beside the results.
    fn plain(&self, mut row: Map<String, Value>) -> Value {
        if let Some(grouped) = &self.grouped {
            match row.remove("objectId") {
                Some(Value::Object(keys)) => row.extend(keys),
                Some(id) if !grouped.keys.is_empty() || !id.is_null() => {
                    row.insert("objectId".into(), id);
                }
                _ => {}
            }
        }
        let pointer = |key: &str| {
            let known = self.grouped.as_ref().map(|grouped| &grouped.pointers);
            known.is_some_and(|known| known.iter().any(|name| name == key))
        };
        row.into_iter()
            .map(|(key, value)| {
                let value = plain(value, pointer(&key));
                (key, value)
            })
            .collect()
    }
}

impl<T> Clone for Pipeline<T> {
    fn clone(&self) -> Self {
        Self {
            stages: self.stages.clone(),
            options: self.options.clone(),
            grouped: self.grouped.clone(),
            refused: self.refused.clone(),
            _model: PhantomData,
        }
    }
}

impl<T> Serialize for Pipeline<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.refused {
            Some(reason) => Err(serde::ser::Error::custom(reason)),
            None => self.stages.serialize(to),
        }
    }
}

impl<T: ParseObject> fmt::Debug for Pipeline<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stages: Vec<_> = self.stages.iter().map(|stage| stage.get()).collect();
        write!(f, "Pipeline<{}>([{}])", T::CLASS_NAME, stages.join(","))
    }
}

/// What a pipeline's rows can be ordered by: field tokens, their orders, or names.
#[diagnostic::on_unimplemented(
    message = "the rows of a pipeline over `{R}` cannot be ordered by `{Self}`",
    label = "not an order",
    note = "write `F.score`, `F.score.desc()`, an array of orders, or after a `group` the names of its results: `\"-total\"`, `[\"-total\", \"playerName\"]`"
)]
pub trait IntoSort<R> {
    /// The keys, and whether each is descending.
    #[doc(hidden)]
    fn into_sort(self) -> Vec<(Cow<'static, str>, bool)>;
}

impl<R> IntoSort<R> for Order<R> {
    fn into_sort(self) -> Vec<(Cow<'static, str>, bool)> {
        vec![(self.key, self.descending)]
    }
}

impl<R, V: crate::Sortable> IntoSort<R> for Field<R, V> {
    fn into_sort(self) -> Vec<(Cow<'static, str>, bool)> {
        self.asc().into_sort()
    }
}

impl<R> IntoSort<R> for &'static str {
    fn into_sort(self) -> Vec<(Cow<'static, str>, bool)> {
        vec![match self.strip_prefix('-') {
            Some(name) => (name.into(), true),
            None => (self.into(), false),
        }]
    }
}

impl<R, K: IntoSort<R>, const N: usize> IntoSort<R> for [K; N] {
    fn into_sort(self) -> Vec<(Cow<'static, str>, bool)> {
        self.into_iter().flat_map(IntoSort::into_sort).collect()
    }
}
