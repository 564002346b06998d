//! Several kinds of work in one batch.

use super::all::{ToCreate, ToDelete, ToSave};
use super::job::{Creation, Deletion, Job, each};
use super::options::{How, options};
use super::outcome::Outcome;
use crate::error::BatchFailure;
use crate::object::{Object, ParseObject};
use crate::{Client, Error, Result};
use futures::future::{BoxFuture, FutureExt as _};
use std::any::Any;
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;

impl Client {
    /// Creates, saves and deletes of any classes, in few requests. Lazy: `.await` on the batch sends it.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct Player { name: String }
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let mut player = Player { name: "Ann".into() }.create(&client).await?;
    /// # let old = GameScore { score: 0 }.create(&client).await?;
    /// player.name = "Ann Lee".into();
    /// let score = GameScore { score: 7 };
    ///
    /// let mut batch = client.batch();
    /// let created = batch.create(&score);
    /// batch.save(&mut player);
    /// batch.delete(&old);
    /// let mut done = batch.await.into_result()?;
    /// let score: Object<GameScore> = done.take(created)?;
    /// assert!(score.score == 7 && !player.is_dirty());
    /// # Ok(()) }
    /// ```
    ///
    /// **The order does not count**: the server works on the requests of a batch side by side. What depends on
    /// something else (a create on the object that it points to) belongs into a later batch.
    pub fn batch<'a>(&self) -> Batch<'a> {
        Batch {
            client: self.clone(),
            entries: Vec::new(),
            how: How::default(),
            mark: Arc::new(()),
        }
    }
}

/// Creates, saves and deletes that are not yet sent; made by [`Client::batch`].
#[must_use = "nothing is sent until the batch is awaited"]
pub struct Batch<'a> {
    pub(super) client: Client,
    entries: Vec<Box<dyn Entry + 'a>>,
    pub(super) how: How<'a>,
    mark: Arc<()>,
}

/// Stands for the result of one entry of a [`Batch`]; [`BatchOutcome::take`] redeems it.
pub struct Ticket<R> {
    index: usize,
    mark: Arc<()>,
    _result: PhantomData<fn() -> R>,
}

/// What became of the entries of a [`Batch`].
#[must_use = "a batch may have failures: see `failed`, or `into_result()?` for all or an error"]
pub struct BatchOutcome {
    outcome: Outcome<Given>,
    mark: Arc<()>,
}

/// The results of a [`Batch`] of which nothing failed.
pub struct BatchResults {
    results: Vec<Given>,
    mark: Arc<()>,
}

/// A result, until its ticket was redeemed.
type Given = Option<Box<dyn Any + Send>>;

/// One entry, with what it gives in the end.
trait Entry: Send {
    fn job(&mut self) -> &mut dyn Job;
    fn result(self: Box<Self>, index: usize) -> Result<Box<dyn Any + Send>, BatchFailure>;
}

impl<T: ParseObject> Entry for Creation<'_, T> {
    fn job(&mut self) -> &mut dyn Job {
        self
    }
    fn result(self: Box<Self>, index: usize) -> Result<Box<dyn Any + Send>, BatchFailure> {
        Ok(Box::new((*self).made(index)?))
    }
}

/// A save, which changes the object in its place.
struct Saving<'a>(&'a mut dyn Job);

impl Entry for Saving<'_> {
    fn job(&mut self) -> &mut dyn Job {
        self.0
    }
    fn result(self: Box<Self>, _: usize) -> Result<Box<dyn Any + Send>, BatchFailure> {
        Ok(Box::new(()))
    }
}

impl Entry for Deletion {
    fn job(&mut self) -> &mut dyn Job {
        self
    }
    fn result(self: Box<Self>, _: usize) -> Result<Box<dyn Any + Send>, BatchFailure> {
        Ok(Box::new(()))
    }
}

impl<'a> Batch<'a> {
    options!('a);

    fn push<R>(&mut self, entry: impl Entry + 'a) -> Ticket<R> {
        self.entries.push(Box::new(entry));
        Ticket {
            index: self.entries.len() - 1,
            mark: self.mark.clone(),
            _result: PhantomData,
        }
    }

    /// Stores a copy of a value, or of a [`Draft`](crate::Draft), as a new object.
    pub fn create<V: ToCreate<'a>>(&mut self, value: V) -> Ticket<Object<V::Model>> {
        self.push(value.creation())
    }

    /// Sends what changed in an object, if anything did.
    pub fn save(&mut self, object: impl ToSave<'a>) -> Ticket<()> {
        self.push(Saving(object.job()))
    }

    /// Deletes an object: an `Object`, a `Pointer`, or a reference to one.
    pub fn delete(&mut self, object: impl ToDelete) -> Ticket<()> {
        self.push(object.deletion())
    }

    /// How many creates, saves and deletes there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn jobs(&mut self) -> Vec<&mut dyn Job> {
        self.entries.iter_mut().map(|entry| entry.job()).collect()
    }

    /// With what each entry gives.
    pub(super) fn finish(self, outcome: Outcome<()>) -> BatchOutcome {
        BatchOutcome {
            outcome: outcome.with(self.entries, |entry, index| entry.result(index).map(Some)),
            mark: self.mark,
        }
    }
}

impl<'a> IntoFuture for Batch<'a> {
    type Output = BatchOutcome;
    type IntoFuture = BoxFuture<'a, BatchOutcome>;
    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            let (client, how) = (self.client.clone(), self.how.clone());
            let outcome = each(&client, &how, self.jobs()).await;
            self.finish(outcome)
        }
        .boxed()
    }
}

impl BatchOutcome {
    /// The result of one entry, which its ticket stands for.
    ///
    /// # Errors
    /// Why the entry failed. [`Error::Invalid`] for a ticket of another batch.
    pub fn take<R: 'static>(&mut self, ticket: Ticket<R>) -> Result<R> {
        ticket.of(&self.mark)?;
        let result = self.outcome.take(ticket.index).unwrap_or(Ok(None));
        given(result?)
    }

    /// How many entries there were.
    pub fn len(&self) -> usize {
        self.outcome.len()
    }

    /// True when there was no entry at all.
    pub fn is_empty(&self) -> bool {
        self.outcome.is_empty()
    }

    /// The entries that failed: which, and why.
    pub fn failed(&self) -> impl Iterator<Item = &BatchFailure> {
        self.outcome.failed()
    }

    /// The results, if there was no failure.
    ///
    /// # Errors
    /// [`Error::Batch`] names each entry that failed. The others are done on the server all the same.
    pub fn into_result(self) -> Result<BatchResults> {
        Ok(BatchResults {
            results: self.outcome.into_result()?,
            mark: self.mark,
        })
    }
}

impl BatchResults {
    /// The result of one entry, which its ticket stands for.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a ticket of another batch.
    pub fn take<R: 'static>(&mut self, ticket: Ticket<R>) -> Result<R> {
        ticket.of(&self.mark)?;
        given(self.results.get_mut(ticket.index).and_then(Option::take))
    }
}

impl<R> Ticket<R> {
    fn of(&self, mark: &Arc<()>) -> Result<()> {
        Arc::ptr_eq(&self.mark, mark).then_some(()).ok_or_else(other)
    }
}

fn other() -> Error {
    Error::invalid("batch", None, "this ticket is of another batch")
}

fn given<R: 'static>(result: Given) -> Result<R> {
    let result = result.and_then(|result| result.downcast().ok());
    result.map(|result| *result).ok_or_else(other)
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} entries, {:?})", self.entries.len(), self.how)
    }
}

impl fmt::Debug for BatchOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed: Vec<_> = self.failed().collect();
        f.debug_struct("BatchOutcome")
            .field("len", &self.len())
            .field("failed", &failed)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BatchResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BatchResults({})", self.results.len())
    }
}

impl<R> fmt::Debug for Ticket<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({})", self.index)
    }
}
