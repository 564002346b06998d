//! Reading more rows than one answer holds.
//!
//! The server answers with 100 rows unless asked for more, and with fewer than asked for, without a word,
//! if its `maxLimit` is lower: a short page is not the end. The end is an empty page, or a page shorter than
//! one that the same server is known to have given.

use super::condition::{Node, Test};
use super::operand::Operand;
use super::params::Find;
use super::set::Core;
use crate::client::Path;
use crate::object::{Object, Page, ParseObject, page};
use crate::value::ObjectId;
use crate::{Client, DecodeError, Error, Result};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Rows asked for in one request.
const PAGE: u64 = 1000;

/// Where the next page begins.
enum At {
    /// Behind the row with this id, in the order of the ids: rows that come and go do not shift the rest.
    After(Option<ObjectId>),
    /// Behind this many rows.
    Skip(u64),
}

/// Every row of the query, page by page.
pub(super) async fn collect<T: ParseObject>(
    client: &Client,
    core: &Core,
) -> Result<Vec<Result<Object<T>, DecodeError>>> {
    let mut at = if core.order.is_empty() && core.skip == 0 {
        At::After(None)
    } else {
        At::Skip(core.skip)
    };
    let mut rows = Vec::new();
    loop {
        let left = core.limit.map(|limit| limit.saturating_sub(rows.len() as u64));
        let wanted = left.unwrap_or(PAGE).min(PAGE);
        if wanted == 0 {
            return Ok(rows);
        }
        let Page { rows: found, .. } =
            find::<T>(client, Find::owned(next(core, &at, wanted), T::CLASS_NAME)).await?;
        let number = found.len() as u64;
        let largest = client
            .largest_page()
            .fetch_max(number, Ordering::Relaxed)
            .max(number);
        match &mut at {
            At::Skip(skip) => *skip += number,
            At::After(last) => {
                if let Some(row) = found.last() {
                    *last = Some(id(row)?);
                }
            }
        }
        rows.extend(found);
        if number == 0 || (number < wanted && number < largest) || left == Some(number) {
            return Ok(rows);
        }
    }
}

/// The query for the next page.
fn next(core: &Core, at: &At, limit: u64) -> Core {
    let mut core = core.clone();
    core.limit = Some(limit);
    match at {
        At::After(last) => {
            core.order = vec![("objectId".into(), false)];
            if let Some(last) = last {
                let after = Operand(Ok(last.as_str().into()));
                let test = Test::Compare("$gt", after);
                core.filter.push(Arc::new(Node::Test {
                    key: "objectId".into(),
                    test,
                }));
            }
        }
        At::Skip(skip) => {
            core.skip = *skip;
            // without a last key that is unique, equal rows could change places between two pages
            if !core.order.iter().any(|(key, _)| key == "objectId") {
                core.order.push(("objectId".into(), false));
            }
        }
    }
    core
}

fn id<T: ParseObject>(row: &Result<Object<T>, DecodeError>) -> Result<ObjectId> {
    match row {
        Ok(object) => Ok(object.id().clone()),
        Err(error) => error.id.clone().ok_or_else(|| Error::from(error.clone())),
    }
}

/// One request for rows.
pub(super) async fn find<T: ParseObject>(
    client: &Client,
    find: Find<'_>,
) -> Result<Page<Result<Object<T>, DecodeError>>> {
    page(&client.read(Path::Class(T::CLASS_NAME), &find).await?)
}
