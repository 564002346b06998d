//! Objects by their ids, many at once.

use super::field::Field;
use super::paging::{Pager, collect};
use super::set::QuerySet;
use crate::object::{Object, ParseObject};
use crate::value::ObjectId;
use crate::{Client, Error, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Ids in one request: as many as a page has rows.
const CHUNK: usize = 1000;
/// Requests at once.
const CONCURRENCY: usize = 4;

impl<T: ParseObject> QuerySet<T> {
    /// The rows with these ids, by their ids. One request for a thousand ids, and one more where some of them are
    /// missing; none where there are no ids.
    ///
    /// An id that no row of this query set has is not in the map. Conditions hold, and included objects are
    /// included; the order has no meaning.
    ///
    /// ```
    /// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
    /// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
    /// # let server = MockServer::start().await; let client = server.client();
    /// # let [a, b] = [GameScore { score: 1 }.create(&client).await?, GameScore { score: 2 }.create(&client).await?];
    /// let scores = GameScore::objects().in_bulk(&client, [a.id(), b.id(), &"gone".into()]).await?;
    /// assert_eq!((scores.len(), scores[b.id()].score), (2, 2));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] after `limit` or `skip`; [`Error::Decode`] for the first row that does not fit the
    /// model.
    pub async fn in_bulk(
        &self,
        client: &Client,
        ids: impl IntoIterator<Item: Into<ObjectId>> + Send,
    ) -> Result<HashMap<ObjectId, Object<T>>> {
        if self.core.limit.is_some() || self.core.skip > 0 {
            let message = "`in_bulk` cannot follow `limit` or `skip`: the ids say which rows are wanted";
            return Err(Error::invalid(T::CLASS_NAME, None, message));
        }
        // sorted, so that the same ids give the same requests
        let ids: BTreeSet<String> = ids.into_iter().map(|id| id.into().as_str().to_owned()).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let pagers: Vec<_> = ids.chunks(CHUNK).map(|ids| self.among(ids)).collect();
        let mut found = futures::stream::iter(
            pagers
                .into_iter()
                .map(|pager| collect::<Object<T>>(client, pager)),
        )
        .buffer_unordered(CONCURRENCY);
        let mut all = HashMap::with_capacity(ids.len());
        while let Some(rows) = found.try_next().await? {
            for row in rows {
                let row = row?;
                all.insert(row.id().clone(), row);
            }
        }
        Ok(all)
    }

    fn among(&self, ids: &[String]) -> Pager {
        let mut core = self.core.clone();
        core.order.clear();
        let among = Field::<T, ObjectId>::new("objectId").is_in(ids);
        core.added.push(Arc::new(among.node));
        core.limit = Some(ids.len() as u64);
        Pager::new(&core, T::CLASS_NAME)
    }
}
