//! Updating every row of a query set.

use super::bulk::{self, Written};
use super::change::{Change, Write};
use super::condition::show;
use super::params::Find;
use super::set::{Core, QuerySet};
use crate::batch::{How, options};
use crate::client::Method;
use crate::error::RowFailure;
use crate::object::{ParseObject, Schema};
use crate::value::FieldType;
use crate::{Client, Error, Result};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The same changes for every row of a query set; what [`QuerySet::update`] returns.
///
/// Lazy: nothing is sent before [`run`](Self::run). Serialising gives the body that each row is sent.
#[must_use = "an update changes nothing until `.run(&client).await` is called"]
pub struct Update<T> {
    core: Core,
    changes: Vec<(Cow<'static, str>, Write)>,
    how: How<'static>,
    _model: PhantomData<fn() -> T>,
}

/// What an [`Update`] did.
#[derive(Debug, Default)]
#[must_use = "objects that could not be updated are in `failed`"]
#[non_exhaustive]
pub struct Updated {
    /// How many objects were updated.
    pub updated: u64,
    /// The objects that the server refused to update, each with its reason. The others are updated.
    pub failed: Vec<RowFailure>,
}

impl Updated {
    /// How many objects the query matched.
    pub fn matched(&self) -> u64 {
        self.updated + self.failed.len() as u64
    }
}

impl<T: ParseObject> QuerySet<T> {
    /// The same changes for every row: a value, whose [`run`](Update::run) makes them.
    ///
    /// In `query!` the changes are written as
    ///
    /// | in the macro | means |
    /// | --- | --- |
    /// | `level = 20` | this value; `None` removes it |
    /// | `score += 1`, `score -= 1` | added and subtracted by the server, whatever the row holds by then |
    /// | `score = F(score) + 1` | the same, in Django's spelling |
    /// | `skills.add("a")`, `skills.add(["a", "b"])` | appended |
    /// | `skills.add_unique("a")`, `skills.remove("a")` | appended where it is missing; taken out |
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, level: i64, skills: Vec<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # for score in 1..=9 { GameScore { score, level: 1, skills: vec![] }.create(&client).await?; }
    /// let low = query!(GameScore.filter(score__lt = 5));
    /// let done = query!(low.update(score += 1, level = 20, skills.add_unique("late"))).run(&client).await?;
    /// assert_eq!(done.updated, 4);
    /// assert!(done.failed.is_empty());
    /// assert_eq!(query!(GameScore.filter(level = 20, skills = "late")).count(&client).await?, 4);
    ///
    /// // the same without macros
    /// let changes = [GameScore::F.score.decrement(1), GameScore::F.level.set(1)];
    /// let done = GameScore::objects().filter(GameScore::F.level.eq(20)).update(changes).run(&client).await?;
    /// assert_eq!(done.updated, 4);
    /// # Ok(()) }
    /// ```
    pub fn update(&self, changes: impl IntoIterator<Item = Change<T>>) -> Update<T> {
        Update {
            core: self.core.clone(),
            changes: changes
                .into_iter()
                .map(|change| (change.field, change.write))
                .collect(),
            how: How::default(),
            _model: PhantomData,
        }
    }
}

impl<T: ParseObject> Update<T> {
    options!('static);

    /// Reads the ids of the rows and changes them: each exactly once, also where the change makes it match no
    /// longer. One GET for a thousand ids, and one POST (a batch) for fifty rows, 4 at once.
    ///
    /// It is no transaction: a row that the server refuses is in [`Updated::failed`], and the others are
    /// changed. Rows that come to match while it runs may be reached or not. Ids are read while others are
    /// written, so that any number of rows needs no more memory; where the query goes through pointers or
    /// other queries, all of them are read before the first change, which could make other rows match.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a change cannot be sent, or the query set has an order, a limit, or included
    /// objects; nothing is sent then. [`Error::Interrupted`] when a batch was not answered: it tells which
    /// rows are in doubt, and which untouched.
    pub async fn run(&self, client: &Client) -> Result<Updated> {
        check(T::SCHEMA, &self.core, &self.changes)?;
        if self.changes.is_empty() {
            return Ok(Updated::default());
        }
        let body = serde_json::to_vec(&Body(&self.changes))
            .map_err(|error| Error::invalid(T::CLASS_NAME, None, error.to_string()))?;
        let write = bulk::Write {
            class_name: T::CLASS_NAME,
            method: Method::Put,
            body: Some(body),
        };
        let Written { done, failed } = bulk::write(client, &self.core, write, &self.how).await?;
        Ok(Updated {
            updated: done,
            failed,
        })
    }
}

/// Refuses what the server could not do, or would misunderstand.
fn check(schema: &Schema, core: &Core, changes: &[(Cow<'static, str>, Write)]) -> Result<()> {
    let class = schema.class_name;
    bulk::check(class, core, "update")?;
    for (number, (name, write)) in changes.iter().enumerate() {
        let root = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let field = schema.fields.iter().find(|field| field.name == root(name));
        let again = |(earlier, _): &(Cow<'_, str>, Write)| {
            // a part, and the whole: one would undo the other
            earlier == name
                || (root(earlier) == root(name) && (root(name) == *name || root(earlier) == *earlier))
        };
        let reason = match field {
            None => Some("the server sets it, and no client can"),
            Some(field) if field.read_only => Some("the field is declared `read_only`"),
            Some(field) if matches!(field.field_type(), FieldType::Relation(_)) => {
                Some("a relation is changed object by object, with its `add_to_..` and `remove_from_..`")
            }
            Some(_) if changes[..number].iter().any(again) => {
                Some("the field is changed twice in one update")
            }
            Some(_) => write.refusal(),
        };
        if let Some(reason) = reason {
            return Err(Error::invalid(class, Some(name), reason));
        }
    }
    Ok(())
}

/// What each row is sent.
struct Body<'a>(&'a [(Cow<'static, str>, Write)]);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (field, write) in self.0 {
            map.serialize_entry(field, write)?;
        }
        map.end()
    }
}

impl<T> Clone for Update<T> {
    fn clone(&self) -> Self {
        Self {
            core: self.core.clone(),
            changes: self.changes.clone(),
            how: self.how.clone(),
            _model: PhantomData,
        }
    }
}

/// The body that each row is sent.
impl<T> Serialize for Update<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Body(&self.changes).serialize(to)
    }
}

impl<T: ParseObject> fmt::Debug for Update<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Update<{}>({}, {})",
            T::CLASS_NAME,
            show(&Find::of(&self.core)),
            show(self)
        )
    }
}
