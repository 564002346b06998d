//! Reading more rows than one answer holds.
//!
//! The server answers with 100 rows unless asked for more, and with fewer than asked for, without a word,
//! if its `maxLimit` is lower: a short page is not the end. The end is an empty page, or a page shorter than
//! one that the same server is known to have given.

use super::params::Find;
use super::position::Position;
use super::set::Core;
use crate::client::Path;
use crate::object::{Object, Page, ParseObject, columns, page};
use crate::value::ObjectId;
use crate::{Client, DecodeError, Result};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Rows asked for in one request.
const PAGE: u64 = 1000;

/// What the rows of an answer are read as.
pub(super) trait ReadRow: Sized + Send + 'static {
    /// Reads a page, each row on its own.
    fn page(body: &[u8]) -> Result<Vec<Result<Self, DecodeError>>>;
    /// The row's id, if it kept it.
    fn id(&self) -> Option<&ObjectId>;
}

impl<T: ParseObject> ReadRow for Object<T> {
    fn page(body: &[u8]) -> Result<Vec<Row<T>>> {
        Ok(page(body)?.rows)
    }
    fn id(&self) -> Option<&ObjectId> {
        Some(self.id())
    }
}

/// The rows of a query, page by page.
pub(super) struct Pager {
    core: Core,
    class_name: &'static str,
    /// The fields that are asked for, where not all are.
    keys: Option<String>,
    at: At,
    /// How many rows may still come.
    left: Option<u64>,
    done: bool,
    /// Whether to ask for the number of all rows with the first page, to know at once whether it is the last.
    counted: bool,
}

/// Where the next page begins.
enum At {
    /// With the rows that the position has not passed: what is created or deleted meanwhile does not shift
    /// the others, and no page costs more than the first.
    Key(Position),
    /// Behind this many rows, for a query that itself skips: only the server knows which those are.
    Skip(u64),
}

/// A row, or why it does not fit the model.
pub(super) type Row<T> = Result<Object<T>, DecodeError>;

impl Pager {
    pub(super) fn new(core: &Core, class_name: &'static str) -> Self {
        let mut core = core.clone();
        // the keys after a unique one decide nothing; without one, equal rows could change places between
        // two pages
        match core.order.iter().position(|(key, _)| key == "objectId") {
            Some(unique) => core.order.truncate(unique + 1),
            None => core.order.push((Cow::Borrowed("objectId"), false)),
        }
        let at = if core.skip == 0 {
            At::Key(Position::default())
        } else {
            At::Skip(core.skip)
        };
        Self {
            at,
            left: core.limit,
            done: false,
            core,
            class_name,
            keys: None,
            counted: false,
        }
    }

    /// Counts the rows with the first page: one request is enough where one page is.
    pub(super) fn counted(mut self) -> Self {
        self.counted = true;
        self
    }

    /// Asks for these fields only. What the order goes by is always part of it.
    pub(super) fn only(mut self, keys: &[String]) -> Self {
        let ordered = self.core.order.iter().map(|(key, _)| &**key);
        let mut all: Vec<&str> = keys.iter().map(String::as_str).collect();
        all.extend(
            ordered
                .filter(|key| !keys.iter().any(|other| other == key))
                .collect::<Vec<_>>(),
        );
        self.keys = Some(all.join(","));
        self
    }

    /// The next rows; none at all is the end.
    pub(super) async fn next<R: ReadRow>(&mut self, client: &Client) -> Result<Vec<Result<R, DecodeError>>> {
        let Some(find) = self.find() else {
            return Ok(Vec::new());
        };
        let body = request(client, self.class_name, find).await?;
        let rows = R::page(&body)?;
        let last = rows.last().and_then(|row| row.as_ref().ok()?.id());
        self.advance(client, &body, rows.len() as u64, last, None)?;
        Ok(rows)
    }

    /// The request for the next page; `None` is the end.
    pub(super) fn find(&self) -> Option<Find<'static>> {
        let wanted = self.wanted();
        if self.done || wanted == 0 {
            return None;
        }
        let mut find = Find::owned(self.request(wanted), self.class_name);
        find.keys = self.keys.clone().map(Cow::Owned);
        find.count = self.counted;
        Some(find)
    }

    fn wanted(&self) -> u64 {
        self.left.unwrap_or(PAGE).min(PAGE)
    }

    /// Goes on behind a page that holds this many rows, the last of this id, of so many in all.
    pub(super) fn advance(
        &mut self,
        client: &Client,
        body: &[u8],
        number: u64,
        last: Option<&ObjectId>,
        total: Option<u64>,
    ) -> Result<()> {
        let wanted = self.wanted();
        let largest = client
            .largest_page()
            .fetch_max(number, Ordering::Relaxed)
            .max(number);
        self.left = self.left.map(|left| left.saturating_sub(number));
        self.done = number == 0
            || (number < wanted && number < largest)
            || self.left == Some(0)
            || (self.counted && total.is_some_and(|total| total <= number));
        self.counted = false;
        match &mut self.at {
            At::Skip(skip) => *skip += number,
            At::Key(_) if self.done => {}
            At::Key(position) => match (self.core.order.as_slice(), last) {
                // by id alone the last row says it all
                ([_], Some(last)) => position.pass(&[Value::from(last.as_str())]),
                (order, _) => {
                    let keys: Vec<&str> = order.iter().map(|(key, _)| &**key).collect();
                    columns(body, &keys)?
                        .iter()
                        .for_each(|values| position.pass(values));
                }
            },
        }
        Ok(())
    }

    /// True when it is known that no row is left.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// The query for the next page.
    fn request(&self, limit: u64) -> Core {
        let mut core = self.core.clone();
        core.limit = Some(limit);
        match &self.at {
            At::Key(position) => {
                core.skip = 0;
                core.filter.extend(position.rest(&core.order).map(Arc::new));
            }
            At::Skip(skip) => core.skip = *skip,
        }
        core
    }
}

/// Every row of the query.
pub(super) async fn collect<R: ReadRow>(
    client: &Client,
    mut pager: Pager,
) -> Result<Vec<Result<R, DecodeError>>> {
    let mut rows = pager.next(client).await?;
    loop {
        let more = pager.next(client).await?;
        if more.is_empty() {
            return Ok(rows);
        }
        rows.extend(more);
    }
}

async fn request(client: &Client, class_name: &str, find: Find<'_>) -> Result<bytes::Bytes> {
    client.read(Path::Class(class_name), &find).await
}

/// One request for rows.
pub(super) async fn find<T: ParseObject>(client: &Client, find: Find<'_>) -> Result<Page<Row<T>>> {
    page(&request(client, T::CLASS_NAME, find).await?)
}
