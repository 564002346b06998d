//! Rows one by one, a page ahead.

use super::cursor::Cursor;
use super::paging::{self, Pager, ReadRow};
use super::set::{Core, QuerySet};
use super::slice::Slice;
use crate::client::Task;
use crate::object::{Object, ParseObject};
use crate::{Client, Error, Result};
use bytes::Bytes;
use futures::Stream;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The rows of a query, one by one, in constant memory: what [`QuerySet::stream`] returns.
///
/// The next page is fetched while this one is used. Dropping the stream gives the request up. A row that
/// does not fit the model is an `Err`, and the stream goes on; an error of the server or the network is an
/// `Err`, and the end. Whenever it ends, [`cursor`](Self::cursor) is the place to go on from.
#[must_use = "a stream reads nothing until it is polled: `while let Some(row) = rows.try_next().await? { .. }`"]
pub struct Rows<T: ParseObject>(Reader<Object<T>>);

/// What reads the rows of a query one by one, as whatever they are read as.
pub(super) struct Reader<R> {
    client: Client,
    class_name: &'static str,
    rows: paging::ReadRows<R>,
    /// The answer that the rows are from, and where it began.
    body: Bytes,
    before: Box<Pager>,
    /// How many of its rows were given away.
    taken: usize,
    /// Where the next answer begins.
    pager: Box<Pager>,
    next: Next,
    look_ahead: bool,
}

enum Next {
    /// The page that nothing was asked for yet.
    Start,
    /// An answer on its way.
    Fetching(Task<Result<Bytes>>),
    End,
}

impl<R: ReadRow> Reader<R> {
    pub(super) fn new(client: &Client, pager: Pager, class_name: &'static str) -> Self {
        let pager = Box::new(pager);
        Self {
            client: client.clone(),
            class_name,
            rows: paging::ReadRows::new(),
            body: Bytes::new(),
            before: pager.clone(),
            taken: 0,
            pager,
            next: Next::Start,
            look_ahead: true,
        }
    }

    /// Asks for the next page in a task of its own: a future that is only held would not get on while the consumer
    /// works. What comes is read where it is used, so that its memory stays with one thread.
    fn fetch(&mut self) -> Result<Next> {
        let Some(find) = self.pager.ask()? else {
            return Ok(Next::End);
        };
        let (client, class_name) = (self.client.clone(), self.class_name);
        let answer = async move { paging::request(&client, class_name, find).await };
        Task::begin("a stream of rows", answer).map(Next::Fetching)
    }

    fn cursor(&self) -> Result<Cursor> {
        let mut pager = self.before.clone();
        if self.taken > 0 {
            pager.pass(&self.body, self.taken)?;
        }
        pager.cursor()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                self.taken += 1;
                return Poll::Ready(Some(row.map_err(Error::from)));
            }
            match std::mem::replace(&mut self.next, Next::End) {
                Next::End => return Poll::Ready(None),
                Next::Start => self.next = self.fetch()?,
                Next::Fetching(mut fetch) => {
                    let Poll::Ready(done) = Pin::new(&mut fetch).poll(context) else {
                        self.next = Next::Fetching(fetch);
                        return Poll::Pending;
                    };
                    let body = done??;
                    let before = self.pager.clone();
                    if self.pager.read(&body, &mut self.rows)? == 0 {
                        return Poll::Ready(None);
                    }
                    (self.body, self.before, self.taken) = (body, before, 0);
                    self.next = if self.look_ahead {
                        self.fetch()?
                    } else {
                        Next::Start
                    };
                }
            }
        }
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("class", &self.class_name)
            .field("ready", &self.rows.len())
            .finish_non_exhaustive()
    }
}

/// Nothing in it is pinned.
impl<R> Unpin for Reader<R> {}

impl<R: ReadRow> Stream for Reader<R> {
    type Item = Result<R>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<T: ParseObject> Rows<T> {
    fn new(client: &Client, core: &Core) -> Self {
        Self(Reader::new(
            client,
            Pager::new(core, T::CLASS_NAME),
            T::CLASS_NAME,
        ))
    }

    /// Whether the next page is fetched while this one is used, as it is unless told otherwise. Without it
    /// one page is in memory instead of two, no request is made that is not needed, and each page is waited for.
    pub fn look_ahead(mut self, yes: bool) -> Self {
        self.0.look_ahead = yes;
        self
    }

    /// The place exactly behind the last row that was taken, for [`QuerySet::after`]: rows that were fetched, but
    /// not taken, come again. A row that does not fit the model counts as taken.
    ///
    /// Each call reads the answer of the current page once more: take one now and then, not behind every row.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the query's conditions cannot be sent.
    pub fn cursor(&self) -> Result<Cursor> {
        self.0.cursor()
    }
}

impl<T: ParseObject> Stream for Rows<T> {
    type Item = Result<Object<T>>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll(context)
    }
}

impl<T: ParseObject> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! streams {
    ($($set:ident)*) => {$(
        impl<T: ParseObject> $set<T> {
            /// Every row, one by one, in constant memory, whatever their number.
            ///
            /// Pages follow the given order (with the id behind it), not positions: rows that are created,
            /// deleted or changed meanwhile do not shift the others, and a page costs the same wherever it
            /// is. Every row that is there from start to end comes, and comes once. Only a row whose own value
            /// in a key of the order changes meanwhile moves, and may come at both of its places or at
            /// neither; an order by the id, or by nothing, has no such rows.
            ///
            /// Some queries can only be counted off: those with `skip`, those sorted by distance (`near`) or by
            /// text score, and those ordered by a date within an embedded struct. There the server walks over
            /// the rows before a page, and rows that come or go meanwhile do shift the others.
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
