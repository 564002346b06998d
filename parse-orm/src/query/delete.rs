//! Deleting every row of a query set.

use super::bulk::{self, Written};
use super::condition::show;
use super::params::Find;
use super::set::{Core, QuerySet};
use crate::batch::{How, options};
use crate::client::Method;
use crate::error::RowFailure;
use crate::object::ParseObject;
use crate::{Client, Result};
use std::fmt;
use std::marker::PhantomData;

/// The deletion of every row of a query set; what [`QuerySet::delete`] returns.
///
/// Lazy: nothing is sent before [`run`](Self::run).
#[must_use = "a delete does nothing until `.run(&client).await` is called"]
pub struct Delete<T> {
    core: Core,
    how: How<'static>,
    _model: PhantomData<fn() -> T>,
}

/// What a [`Delete`] did.
#[derive(Debug, Default)]
#[must_use = "objects that could not be deleted are in `failed`"]
#[non_exhaustive]
pub struct Deleted {
    /// How many objects were deleted.
    pub deleted: u64,
    /// The objects that the server refused to delete, each with its reason. The others are deleted.
    pub failed: Vec<RowFailure>,
}

impl Deleted {
    /// How many objects the query matched.
    pub fn matched(&self) -> u64 {
        self.deleted + self.failed.len() as u64
    }
}

impl<T: ParseObject> QuerySet<T> {
    /// The deletion of every row: a value, whose [`run`](Delete::run) deletes them.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # for score in 1..=9 { GameScore { score }.create(&client).await?; }
    /// let done = query!(GameScore.filter(score__lt = 5).delete()).run(&client).await?;
    /// assert_eq!((done.deleted, done.failed.len()), (4, 0));
    /// assert_eq!(GameScore::objects().count(&client).await?, 5);
    /// # Ok(()) }
    /// ```
    pub fn delete(&self) -> Delete<T> {
        Delete {
            core: self.core.clone(),
            how: How::default(),
            _model: PhantomData,
        }
    }
}

impl<T: ParseObject> Delete<T> {
    options!('static);

    /// Reads the ids of the rows and deletes them. One GET for a thousand ids, and one POST (a batch) for fifty
    /// rows, 4 at once.
    ///
    /// It is no transaction: a row that the server refuses is in [`Deleted::failed`], and the others are
    /// deleted. Ids are read while others are deleted, as in [`Update::run`](crate::Update::run).
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) when the query set has an order, a limit, or included
    /// objects; nothing is sent then. [`Error::Interrupted`](crate::Error::Interrupted) when a batch was not
    /// answered: it tells which rows are in doubt, and which untouched.
    pub async fn run(&self, client: &Client) -> Result<Deleted> {
        bulk::check(T::CLASS_NAME, &self.core, "delete")?;
        let write = bulk::Write {
            class_name: T::CLASS_NAME,
            method: Method::Delete,
            body: None,
        };
        let Written { done, failed } = bulk::write(client, &self.core, write, &self.how).await?;
        Ok(Deleted {
            deleted: done,
            failed,
        })
    }
}

impl<T> Clone for Delete<T> {
    fn clone(&self) -> Self {
        Self {
            core: self.core.clone(),
            how: self.how.clone(),
            _model: PhantomData,
        }
    }
}

impl<T: ParseObject> fmt::Debug for Delete<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delete<{}>({})", T::CLASS_NAME, show(&Find::of(&self.core)))
    }
}
