//! One page at a time, for a listing with a "next" link.

use super::cursor::Cursor;
use super::paging::Pager;
use super::set::{Core, QuerySet};
use super::slice::Slice;
use crate::object::{Object, ParseObject};
use crate::{Client, DecodeError, Error, Result};

/// One page of a query, with what a listing shows beside it: what [`QuerySet::page`] gives, of objects, and
/// [`QuerySet::try_page`], of results.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<R> {
    /// The rows, in the query's order.
    pub items: Vec<R>,
    /// How many rows the query has in all: those of the pages before, as they were then, and those that are
    /// left.
    pub total: u64,
    /// Where the next page begins, for [`QuerySet::after`]; `None` after the last page.
    pub next: Option<Cursor>,
}

/// A row that does not fit the model is an `Err` among the others.
type Row<T> = Result<Object<T>, DecodeError>;

async fn page<T: ParseObject>(client: &Client, core: &Core, size: u64) -> Result<Page<Row<T>>> {
    if size == 0 {
        return Err(Error::invalid(
            T::CLASS_NAME,
            None,
            "a page needs room for at least one row; for the number of rows alone call `count`",
        ));
    }
    let (items, total, next) = Pager::new(core, T::CLASS_NAME).page(client, size).await?;
    let items = items.into();
    Ok(Page { items, total, next })
}

macro_rules! pages {
    ($($set:ident)*) => {$(
        impl<T: ParseObject> $set<T> {
            /// The first page of this size, the number of all rows, and where the next page begins. One
            /// request.
            ///
            /// The next page is that of [`after`](Self::after): it begins behind the last row, not at a
            /// number, so that it costs what the first one costs, and rows that come and go meanwhile shift
            /// nothing. What counts off is said at [`stream`](Self::stream).
            ///
            /// The total of a PostgreSQL server is an estimate for the master key without conditions.
            ///
            /// ```
            /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
            /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
            /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
            /// # let server = MockServer::start().await; let client = server.client();
            /// # for score in 1..=5 { GameScore { score }.create(&client).await?; }
            /// let best = query!(GameScore.order_by(-score));
            /// let first = best.page(&client, 2).await?;
            /// assert_eq!((first.items[0].score, first.items.len(), first.total), (5, 2, 5));
            ///
            /// let link = first.next.unwrap().to_string(); // `/scores?after={link}`
            /// let second = best.after(&link.parse()?).page(&client, 2).await?;
            /// assert_eq!((second.items[0].score, second.total), (3, 5));
            /// # Ok(()) }
            /// ```
            ///
            /// # Errors
            /// [`Error::Invalid`] for a size of 0, and for the cursor of another query; [`Error::Decode`] for
            /// the first row that does not fit the model: [`try_page`](Self::try_page) keeps the others.
            pub async fn page(&self, client: &Client, size: u64) -> Result<Page<Object<T>>> {
                let Page { items, total, next } = self.try_page(client, size).await?;
                let items = items.into_iter().collect::<Result<_, DecodeError>>()?;
                Ok(Page { items, total, next })
            }

            /// As [`page`](Self::page), each row on its own: one that does not fit the model is an `Err` among the
            /// others, which names its id and the field, and the next page begins behind it all the same.
            ///
            /// # Errors
            /// Those of [`page`](Self::page), but for the rows.
            pub async fn try_page(&self, client: &Client, size: u64) -> Result<Page<Row<T>>> {
                page(client, &self.core, size).await
            }
        }
    )*};
}

pages! { QuerySet Slice }
