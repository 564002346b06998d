//! Reading more rows than one answer holds.
//!
//! The server answers with 100 rows unless asked for more, and with fewer than asked for, without a word,
//! if its `maxLimit` is lower or an `afterFind` trigger left some out: a short page is not the end. The end is an
//! empty page, or as many rows as a count that was asked for with them.

use super::cursor::{Cursor, digest};
use super::order::TEXT_SCORE;
use super::params::Find;
use super::position::Position;
use super::set::Core;
use crate::client::Path;
use crate::object::{Object, ParseObject, columns, page, tally};
use crate::value::ObjectId;
use crate::{Client, DecodeError, Error, Result};
use bytes::Bytes;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

/// Rows asked for in one request, unless told otherwise.
const PAGE: u64 = 1000;

/// Rows, or why they do not fit what they are read as. A page that is behind another one takes the place that it had.
pub(super) type ReadRows<R> = VecDeque<Result<R, DecodeError>>;

/// What the rows of an answer are read as.
pub(super) trait ReadRow: Sized + Send + 'static {
    /// Reads a page, each row on its own, behind what was read before.
    fn page(body: &[u8], into: &mut ReadRows<Self>) -> Result<()>;
    /// The row's id, if it kept it.
    fn id(&self) -> Option<&ObjectId>;
}

impl<T: ParseObject> ReadRow for Object<T> {
    fn page(body: &[u8], into: &mut ReadRows<Self>) -> Result<()> {
        page(body, into).map(drop)
    }
    fn id(&self) -> Option<&ObjectId> {
        Some(self.id())
    }
}

/// The rows of a query, page by page.
#[derive(Clone)]
pub(super) struct Pager {
    core: Core,
    class_name: &'static str,
    /// The fields that are asked for, where not all are.
    keys: Option<String>,
    /// What was passed: the next page begins with the rows that it has not passed. What is created or deleted
    /// meanwhile does not shift the others, and no page costs more than the first.
    ///
    /// `None`: the next page begins behind so many rows, because only the server knows which those are.
    position: Option<Position>,
    /// How many rows came so far.
    passed: u64,
    done: bool,
    /// Whether to ask for the number of all rows with the first page, to know at once whether it is the last.
    counted: bool,
}

impl Pager {
    pub(super) fn new(core: &Core, class_name: &'static str) -> Self {
        let mut core = core.clone();
        let by_key = core.skip == 0 && !core.is_ranked();
        // any order would take the place of that by distance
        if !core.is_near() {
            // the keys after a unique one decide nothing; without one, equal rows could change places between
            // two pages
            match core.order.iter().position(|(key, _)| key == "objectId") {
                Some(unique) => core.order.truncate(unique + 1),
                None => core.order.push((Cow::Borrowed("objectId"), false)),
            }
        }
        // the order's own keys have to come, or there would be no telling where a page ends
        let Core { options, order, .. } = &mut core;
        options.exclude.retain(|path| {
            let within = |key: &str| {
                key.strip_prefix(&**path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            !order.iter().any(|(key, _)| within(key))
        });
        Self {
            position: by_key.then(Position::default),
            passed: 0,
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
        let ordered = self
            .core
            .order
            .iter()
            .map(|(key, _)| &**key)
            .filter(|key| *key != TEXT_SCORE);
        let mut all: Vec<&str> = keys.iter().map(String::as_str).collect();
        all.extend(
            ordered
                .filter(|key| !keys.iter().any(|other| other == key))
                .collect::<Vec<_>>(),
        );
        self.keys = Some(all.join(","));
        self.core.options.exclude.clear();
        self
    }

    /// Reads the next rows behind others, and says how many they are; none at all is the end.
    pub(super) async fn next<R: ReadRow>(
        &mut self,
        client: &Client,
        rows: &mut ReadRows<R>,
    ) -> Result<usize> {
        match self.ask()? {
            Some(find) => self.read(&request(client, self.class_name, find).await?, rows),
            None => Ok(0),
        }
    }

    /// The request for the next page, from the place on where the query begins; `None` is the end.
    pub(super) fn ask(&mut self) -> Result<Option<Find<'static>>> {
        self.resume()?;
        Ok(self.find())
    }

    /// Reads the rows of an answer behind others, passes them, and says how many they are.
    pub(super) fn read<R: ReadRow>(&mut self, body: &[u8], rows: &mut ReadRows<R>) -> Result<usize> {
        let before = rows.len();
        R::page(body, rows)?;
        let came = rows.len() - before;
        let last = if came > 0 { rows.back() } else { None };
        let last = last.and_then(|row| row.as_ref().ok()?.id());
        self.advance(body, came as u64, last, None)?;
        Ok(came)
    }

    /// The request for the next page; `None` is the end.
    pub(super) fn find(&self) -> Option<Find<'static>> {
        let wanted = self.wanted();
        if self.done || wanted == 0 {
            return None;
        }
        let mut find = self.limited(wanted);
        find.count = self.counted;
        Some(find)
    }

    fn wanted(&self) -> u64 {
        self.left().min(self.core.options.page_size.unwrap_or(PAGE))
    }

    /// Goes on behind a page that holds this many rows, the last of this id, of so many in all.
    pub(super) fn advance(
        &mut self,
        body: &[u8],
        number: u64,
        last: Option<&ObjectId>,
        total: Option<u64>,
    ) -> Result<()> {
        self.done = number == 0
            || self.left() == number
            || (self.counted && total.is_some_and(|total| total <= number));
        self.counted = false;
        match (&mut self.position, self.core.order.as_slice(), last) {
            _ if self.done => self.passed += number,
            // by id alone the last row says it all
            (Some(position), [_], Some(last)) => {
                position.pass(&[Value::from(last.as_str())]);
                self.passed += number;
            }
            _ => self.pass(body, usize::try_from(number).unwrap_or(usize::MAX))?,
        }
        Ok(())
    }

    /// True when it is known that no row is left.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// One page of this size, with the number of all the rows, and where the next one begins.
    pub(super) async fn page<R: ReadRow>(
        mut self,
        client: &Client,
        size: u64,
    ) -> Result<(ReadRows<R>, u64, Option<Cursor>)> {
        self.resume()?;
        let (left, wanted) = (self.left(), self.left().min(size));
        // one more than wanted, because the count may be an estimate: the real server's is, with the master
        // key and without conditions
        let mut find = self.limited(left.min(wanted.saturating_add(1)));
        find.count = true;
        let body = request(client, self.class_name, find).await?;
        let mut rows = ReadRows::new();
        R::page(&body, &mut rows)?;
        let came = rows.len() as u64;
        let before = if self.position.is_none() {
            self.core.skip + self.passed
        } else {
            0
        };
        let rest = count(&body)?.saturating_sub(before).max(came).min(left);
        let total = self.passed + rest;
        rows.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        let more = rest > rows.len() as u64 && !rows.is_empty();
        self.pass(&body, rows.len())?;
        let next = if more { Some(self.cursor()?) } else { None };
        Ok((rows, total, next))
    }

    /// The query for what is left, as a whole.
    pub(super) fn rest(mut self) -> Result<Core> {
        self.resume()?;
        let limit = self.core.limit.map(|_| self.left());
        Ok(self.request(limit))
    }

    /// Where it is.
    pub(super) fn cursor(&self) -> Result<Cursor> {
        if let Some(cursor) = &self.core.after {
            return Ok(Cursor::clone(cursor));
        }
        Ok(Cursor {
            digest: digest(&self.core, self.class_name)?,
            passed: self.passed,
            position: self.position.clone(),
        })
    }

    /// Passes the first rows of an answer.
    pub(super) fn pass(&mut self, body: &[u8], rows: usize) -> Result<()> {
        self.passed += rows as u64;
        let Some(position) = &mut self.position else {
            return Ok(());
        };
        let keys: Vec<&str> = self.core.order.iter().map(|(key, _)| &**key).collect();
        let mut counted = false;
        for values in columns(body, &keys)?.iter().take(rows) {
            position.pass(values);
            // PostgreSQL orders by a date within an embedded object, but does not compare with it
            let date = |(key, value): (&&str, &Value)| key.contains('.') && value.is_object();
            counted |= keys.iter().zip(values).any(date);
        }
        if counted {
            self.position = None;
        }
        Ok(())
    }

    /// Goes to the place where the query begins.
    fn resume(&mut self) -> Result<()> {
        let Some(cursor) = self.core.after.take() else {
            return Ok(());
        };
        let digest = digest(&self.core, self.class_name)?;
        cursor.check(digest, self.class_name, self.position.is_some())?;
        self.position.clone_from(&cursor.position);
        self.passed = cursor.passed;
        Ok(())
    }

    /// How many rows may still come.
    fn left(&self) -> u64 {
        self.core
            .limit
            .map_or(u64::MAX, |limit| limit.saturating_sub(self.passed))
    }

    fn limited(&self, limit: u64) -> Find<'static> {
        let mut find = Find::owned(self.request(Some(limit)), self.class_name);
        find.keys = self.keys.clone().map(Cow::Owned);
        find
    }

    /// The query for the next page.
    fn request(&self, limit: Option<u64>) -> Core {
        let mut core = self.core.clone();
        core.limit = limit;
        match &self.position {
            Some(position) => core.added.extend(position.rest(&core.order).map(Arc::new)),
            None => core.skip += self.passed,
        }
        core
    }
}

/// Every row of the query.
pub(super) async fn collect<R: ReadRow>(
    client: &Client,
    mut pager: Pager,
) -> Result<Vec<Result<R, DecodeError>>> {
    let mut rows = ReadRows::new();
    while pager.next(client, &mut rows).await? > 0 {}
    Ok(rows.into())
}

/// The answer to one request for rows.
pub(super) async fn request(client: &Client, class_name: &str, find: Find<'_>) -> Result<Bytes> {
    client.read(Path::Class(class_name), &find).await
}

/// One request for objects.
pub(super) async fn find<T: ParseObject>(client: &Client, find: Find<'_>) -> Result<ReadRows<Object<T>>> {
    let mut rows = ReadRows::new();
    page(&request(client, T::CLASS_NAME, find).await?, &mut rows)?;
    Ok(rows)
}

/// The count of an answer that was asked for one.
pub(super) fn count(body: &[u8]) -> Result<u64> {
    tally(body)?.1.ok_or_else(|| Error::UnexpectedAnswer {
        status: 200,
        excerpt: "the answer to a count has no count".into(),
    })
}
