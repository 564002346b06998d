//! One write for every row of a query: what updates and deletes have in common.

use super::ids::ids;
use super::paging::{Pager, ReadRows};
use super::set::{Core, conditions};
use crate::batch::{How, Progress, Request, Requests, Work, run};
use crate::client::Method;
use crate::error::{Interrupted, RowFailure};
use crate::value::ObjectId;
use crate::{Client, Error, Result};
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use std::collections::VecDeque;
use std::sync::Arc;

/// What is done to each row.
pub(super) struct Write {
    pub(super) class_name: &'static str,
    pub(super) method: Method,
    pub(super) body: Option<Vec<u8>>,
}

/// What became of the rows.
#[derive(Default)]
pub(super) struct Written {
    pub(super) done: u64,
    pub(super) failed: Vec<RowFailure>,
}

/// Refuses what has no meaning for a write of every row; `verb` is "update" or "delete".
pub(super) fn check(class_name: &str, core: &Core, verb: &str) -> Result<()> {
    let reason = if core.limit.is_some() || core.skip > 0 {
        format!(
            "cannot {verb} a query once a slice has been taken by `limit` or `skip`: read its rows, and give them to \
             `client.save_all` or `client.delete_all`"
        )
    } else if !core.order.is_empty() {
        format!("this {verb} would have no order: leave `order_by` away")
    } else if !core.include.is_empty() {
        format!("this {verb} returns no rows: leave `select_related` away")
    } else {
        return Ok(());
    };
    Err(Error::invalid(class_name, None, reason))
}

/// Writes every row of the query, each exactly once.
pub(super) async fn write(client: &Client, core: &Core, write: Write, how: &How<'_>) -> Result<Written> {
    let mut rows = Rows {
        client,
        pager: ids(write.class_name, core),
        read: VecDeque::new(),
        known: 0,
        ended: false,
        write,
        written: Written::default(),
        in_doubt: Vec::new(),
        untouched: Vec::new(),
    };
    if depends_on_other_rows(core)? {
        rows.read(usize::MAX).await?;
    }
    let Some(cause) = run(client, how, &mut rows).await else {
        return Ok(rows.written);
    };
    rows.untouched.extend(rows.read);
    let Written { done, failed } = rows.written;
    let nothing_sent =
        done == 0 && failed.is_empty() && rows.in_doubt.is_empty() && rows.untouched.is_empty();
    let cause = match Arc::try_unwrap(cause) {
        // the ids could not be read at all
        Ok(cause) if nothing_sent => return Err(cause),
        Ok(cause) => Arc::new(cause),
        Err(shared) => shared,
    };
    Err(Error::Interrupted(Box::new(Interrupted {
        class_name: rows.write.class_name,
        done,
        failed,
        in_doubt: rows.in_doubt,
        untouched: rows.untouched,
        unread: !rows.ended,
        cause,
    })))
}

/// True where writing one row may change whether another one matches. All ids are read first then; otherwise
/// reading goes on while rows are written: each page begins behind the last one's ids, and does not see what
/// was done to those.
fn depends_on_other_rows(core: &Core) -> Result<bool> {
    let text = serde_json::to_string(&conditions(core))
        .map_err(|error| Error::invalid("query", None, error.to_string()))?;
    // within a value the quotes would be escaped
    let keys = [
        r#""$inQuery""#,
        r#""$notInQuery""#,
        r#""$select""#,
        r#""$dontSelect""#,
    ];
    Ok(keys.iter().any(|key| text.contains(key)))
}

struct Rows<'a> {
    client: &'a Client,
    pager: Pager,
    /// Ids that were read, and not yet sent.
    read: VecDeque<ObjectId>,
    /// How many ids were read so far.
    known: u64,
    /// All ids are read.
    ended: bool,
    write: Write,
    written: Written,
    in_doubt: Vec<ObjectId>,
    untouched: Vec<ObjectId>,
}

impl Rows<'_> {
    /// Reads until there are so many ids.
    async fn read(&mut self, wanted: usize) -> Result<()> {
        while !self.ended && self.read.len() < wanted {
            let mut page = ReadRows::new();
            let came = self.pager.next::<ObjectId>(self.client, &mut page).await?;
            self.ended = came == 0 || self.pager.is_done();
            self.known += came as u64;
            for id in page {
                self.read.push_back(id?);
            }
        }
        Ok(())
    }

    fn request(&self, id: ObjectId) -> Request {
        Request {
            index: 0,
            method: self.write.method,
            class_name: self.write.class_name,
            id: Some(id),
            // the same for all of them
            body: self.write.body.as_ref().map(|body| 0..body.len()),
        }
    }
}

impl Work for Rows<'_> {
    fn next(&mut self, most: usize) -> BoxFuture<'_, Result<Requests>> {
        async move {
            self.read(most).await?;
            let ids: Vec<_> = self.read.drain(..most.min(self.read.len())).collect();
            Ok(Requests {
                list: ids.into_iter().map(|id| self.request(id)).collect(),
                bodies: self.write.body.clone().unwrap_or_default(),
            })
        }
        .boxed()
    }

    fn answered(&mut self, request: Request, answer: Result<Bytes>) {
        let Some(id) = request.id else { return };
        match answer {
            Ok(_) => self.written.done += 1,
            Err(Error::InDoubt(_)) => self.in_doubt.push(id),
            Err(Error::Untouched(_)) => self.untouched.push(id),
            Err(error) => self.written.failed.push(RowFailure { id, error }),
        }
    }

    fn progress(&self) -> Progress {
        let failed = self.written.failed.len() + self.in_doubt.len() + self.untouched.len();
        Progress {
            done: self.written.done,
            failed: failed as u64,
            total: self.ended.then_some(self.known),
        }
    }
}
