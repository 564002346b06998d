//! All of it, or nothing: transactions.

use super::all::{CreateAll, DeleteAll, SaveAll, jobs};
use super::job::together;
use super::mixed::{Batch, BatchResults};
use super::outcome::Outcome;
use crate::Result;
use crate::object::{Object, ParseObject};
use futures::future::{BoxFuture, FutureExt as _};
use std::future::IntoFuture;

/// Work on many objects as one transaction: all of it is done, or none. One POST (a batch), whatever the chunk
/// size.
///
/// What a failure leaves here is exactly what was there before: every object keeps its unsaved changes.
///
/// On MongoDB, the server needs a replica set, and the classes must exist before.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct Account { balance: i64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let [mut from, mut to] = [Account { balance: 10 }.create(&client).await?, Account { balance: 0 }.create(&client).await?];
/// from.increment_balance(-5);
/// to.increment_balance(5);
/// client.save_all([&mut from, &mut to]).atomic().await?;
/// assert_eq!((from.balance, to.balance), (5, 5));
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`Error::RolledBack`](crate::Error::RolledBack) where the server refused any of it; it does not say which.
/// [`Error::InDoubt`](crate::Error::InDoubt) where there was no answer. [`Error::Invalid`](crate::Error::Invalid)
/// where something cannot be sent, and where an object holds a new one or a new file, which would have to be stored
/// before the transaction; nothing is sent, then. [`Error::Batch`](crate::Error::Batch) where all is done, and
/// answers cannot be read.
#[derive(Debug)]
#[must_use = "nothing is sent until this is awaited"]
pub struct Atomic<W>(W);

impl<T: ParseObject> CreateAll<'_, T> {
    /// As one transaction: all of the objects are created, or none. See [`Atomic`].
    pub fn atomic(self) -> Atomic<Self> {
        Atomic(self)
    }
}

impl SaveAll<'_> {
    /// As one transaction: all of the objects are saved, or none. See [`Atomic`].
    pub fn atomic(self) -> Atomic<Self> {
        Atomic(self)
    }
}

impl DeleteAll<'_> {
    /// As one transaction: all of the objects are deleted, or none. See [`Atomic`].
    pub fn atomic(self) -> Atomic<Self> {
        Atomic(self)
    }
}

impl Batch<'_> {
    /// As one transaction: all of it is done, or nothing. See [`Atomic`].
    pub fn atomic(self) -> Atomic<Self> {
        Atomic(self)
    }
}

impl<'a, T: ParseObject> IntoFuture for Atomic<CreateAll<'a, T>> {
    type Output = Result<Vec<Object<T>>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        let Self(mut all) = self;
        async move {
            together(&all.client, &all.how, jobs(&mut all.creations)).await?;
            let created = all.creations.into_iter().enumerate();
            let created =
                created.map(|(index, creation)| creation.made(index).map_err(|failure| failure.error));
            created.collect()
        }
        .boxed()
    }
}

impl<'a> IntoFuture for Atomic<SaveAll<'a>> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        let Self(all) = self;
        async move { together(&all.client, &all.how, all.objects).await }.boxed()
    }
}

impl<'a> IntoFuture for Atomic<DeleteAll<'a>> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'a, Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        let Self(mut all) = self;
        async move { together(&all.client, &all.how, jobs(&mut all.deletions)).await }.boxed()
    }
}

impl<'a> IntoFuture for Atomic<Batch<'a>> {
    type Output = Result<BatchResults>;
    type IntoFuture = BoxFuture<'a, Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        let Self(mut batch) = self;
        async move {
            let (client, how) = (batch.client.clone(), batch.how.clone());
            together(&client, &how, batch.jobs()).await?;
            let done = Outcome::new((0..batch.len()).map(|_| Ok(())).collect());
            batch.finish(done).into_result()
        }
        .boxed()
    }
}
