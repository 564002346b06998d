//! Rows one by one, a page ahead.

use super::paging::{Pager, Row};
use super::set::{Core, QuerySet};
use super::slice::Slice;
use crate::object::{Object, ParseObject};
use crate::{Client, Error, Result};
use futures::Stream;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::JoinHandle;

/// The rows of a query, one by one, in constant memory: what [`QuerySet::stream`] returns.
///
/// The next page is fetched while this one is used. Dropping the stream gives the request up. A row that
/// does not fit the model is an `Err`, and the stream goes on; an error of the server or the network is an
/// `Err`, and the end.
#[must_use = "a stream reads nothing until it is polled: `while let Some(row) = rows.try_next().await? { .. }`"]
pub struct Rows<T: ParseObject> {
    client: Client,
    buffer: VecDeque<Row<T>>,
    next: Next<T>,
}

enum Next<T> {
    /// Nothing was asked for yet.
    Start(Box<Pager>),
    Fetching(Fetch<T>),
    End,
}

/// A page on its way; aborted when it is no longer wanted.
struct Fetch<T>(JoinHandle<Fetched<T>>);

/// The pager, to go on with, and what it found.
type Fetched<T> = (Box<Pager>, Result<Vec<Row<T>>>);

impl<T> Drop for Fetch<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T: ParseObject> Rows<T> {
    fn new(client: &Client, core: &Core) -> Self {
        Self {
            client: client.clone(),
            buffer: VecDeque::new(),
            next: Next::Start(Box::new(Pager::new(core, T::CLASS_NAME))),
        }
    }

    /// Asks for the next page in a task of its own: a future that is only held would not get on while the
    /// consumer works.
    fn fetch(&self, mut pager: Box<Pager>) -> Result<Next<T>> {
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|_| Error::Config("a stream of rows has to be polled within a Tokio runtime".into()))?;
        let client = self.client.clone();
        Ok(Next::Fetching(Fetch(runtime.spawn(async move {
            let page = pager.next(&client).await;
            (pager, page)
        }))))
    }
}

/// Nothing in it is pinned.
impl<T: ParseObject> Unpin for Rows<T> {}

impl<T: ParseObject> Stream for Rows<T> {
    type Item = Result<Object<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(row) = self.buffer.pop_front() {
                return Poll::Ready(Some(row.map_err(Error::from)));
            }
            match std::mem::replace(&mut self.next, Next::End) {
                Next::End => return Poll::Ready(None),
                Next::Start(pager) => match self.fetch(pager) {
                    Ok(next) => self.next = next,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                Next::Fetching(mut fetch) => {
                    let Poll::Ready(done) = Pin::new(&mut fetch.0).poll(context) else {
                        self.next = Next::Fetching(fetch);
                        return Poll::Pending;
                    };
                    let rows = match done {
                        Ok((pager, Ok(rows))) => {
                            if !rows.is_empty() {
                                self.next = self.fetch(pager)?;
                            }
                            rows
                        }
                        Ok((_, Err(error))) => return Poll::Ready(Some(Err(error))),
                        // the runtime is shutting down
                        Err(stopped) => {
                            let error = Error::Config(format!("the page was not fetched: {stopped}"));
                            return Poll::Ready(Some(Err(error)));
                        }
                    };
                    self.buffer = rows.into();
                }
            }
        }
    }
}

impl<T: ParseObject> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("class", &T::CLASS_NAME)
            .field("ready", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

macro_rules! streams {
    ($($set:ident)*) => {$(
        impl<T: ParseObject> $set<T> {
            /// Every row, one by one, in constant memory, whatever their number.
            ///
            /// Pages follow the given order (with the id behind it), not positions: rows that are created,
            /// deleted or changed meanwhile do not shift the others, no row comes twice, and a page costs
            /// the same wherever it is. Only a query with `skip` pages by position.
            ///
            /// ```
            /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
            /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
            /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
            /// # let server = MockServer::start().await; let client = server.client();
            /// # for score in [3, 1, 2] { GameScore { score }.create(&client).await?; }
            /// let mut rows = query!(GameScore.order_by(-score)).stream(&client);
            /// let mut total = 0;
            /// while let Some(row) = rows.try_next().await? {
            ///     total += row.score;
            /// }
            /// assert_eq!(total, 6);
            /// # Ok(()) }
            /// ```
            pub fn stream(&self, client: &Client) -> Rows<T> {
                Rows::new(client, &self.core)
            }
        }
    )*};
}

streams! { QuerySet Slice }
