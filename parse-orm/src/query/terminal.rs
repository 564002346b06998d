//! The terminals: what asks the server.

use super::order::by_id;
use super::paging::{Pager, collect, find};
use super::params::Find;
use super::set::{Core, QuerySet};
use super::slice::Slice;
use crate::client::{NoParams, Path};
use crate::object::{Object, ParseObject, row, tally};
use crate::value::ObjectId;
use crate::{Client, DecodeError, Error, ErrorCode, Result};

macro_rules! terminals {
    ($($set:ident)*) => {$(
        impl<T: ParseObject> $set<T> {
            /// Every row. Reads as many pages as it takes: neither the server's default of 100 rows nor a
            /// lower `maxLimit` cuts it short.
            ///
            /// The pages follow the order (with the id behind it), so that rows which are created or
            /// deleted meanwhile do not shift the others. For more rows than fit into memory there is
            /// [`stream`](Self::stream).
            ///
            /// # Errors
            /// [`Error::Decode`] for the first row that does not fit the model;
            /// [`try_all`](Self::try_all) keeps the others.
            pub async fn all(&self, client: &Client) -> Result<Vec<Object<T>>> {
                let rows = collect(client, Pager::new(&self.core, T::CLASS_NAME)).await?;
                Ok(rows.into_iter().collect::<Result<_, DecodeError>>()?)
            }

            /// Every row, each on its own: one that does not fit the model is an `Err` among the others,
            /// which names its id and the field.
            ///
            /// # Errors
            /// Whatever the server answers to the query as a whole.
            pub async fn try_all(&self, client: &Client) -> Result<Vec<Result<Object<T>, DecodeError>>> {
                collect(client, Pager::new(&self.core, T::CLASS_NAME)).await
            }

            /// The first row, by the ids where no order was given; `None` where there is none.
            ///
            /// # Errors
            /// Whatever the server answers.
            pub async fn first(&self, client: &Client) -> Result<Option<Object<T>>> {
                if self.core.limit == Some(0) {
                    return Ok(None);
                }
                let mut core = self.core.clone();
                ordered::<T>(&mut core);
                core.limit = Some(1);
                let page = find::<T>(client, Find::owned(core, T::CLASS_NAME)).await?;
                Ok(page.rows.into_iter().next().transpose()?)
            }

            /// How many rows there are.
            ///
            /// # Errors
            /// Whatever the server answers.
            pub async fn count(&self, client: &Client) -> Result<u64> {
                let mut core = self.core.clone();
                core.order.clear();
                core.include.clear();
                // the server counts what the conditions match, whatever limit and skip say
                (core.limit, core.skip) = (Some(0), 0);
                let mut find = Find::owned(core, T::CLASS_NAME);
                find.count = true;
                let body = client.read(Path::Class(T::CLASS_NAME), &find).await?;
                let total = tally(&body)?.1.ok_or_else(|| Error::UnexpectedAnswer {
                    status: 200,
                    excerpt: "the answer to a count has no count".into(),
                })?;
                let rest = total.saturating_sub(self.core.skip);
                Ok(self.core.limit.map_or(rest, |limit| rest.min(limit)))
            }

            /// True when there is a row.
            ///
            /// # Errors
            /// Whatever the server answers.
            pub async fn exists(&self, client: &Client) -> Result<bool> {
                if self.core.limit == Some(0) {
                    return Ok(false);
                }
                let mut core = self.core.clone();
                core.include.clear();
                core.limit = Some(1);
                let mut find = Find::owned(core, T::CLASS_NAME);
                find.keys = Some("objectId".into());
                Ok(tally(&client.read(Path::Class(T::CLASS_NAME), &find).await?)?.0 > 0)
            }
        }
    )*};
}

terminals! { QuerySet Slice }

impl<T: ParseObject> QuerySet<T> {
    /// The only row.
    ///
    /// # Errors
    /// [`Error::DoesNotExist`] when there is none, [`Error::MultipleObjects`] when there are several.
    pub async fn get(&self, client: &Client) -> Result<Object<T>> {
        let mut core = self.core.clone();
        core.limit = Some(core.limit.map_or(2, |limit| limit.min(2)));
        let page = find::<T>(client, Find::owned(core, T::CLASS_NAME)).await?;
        let mut rows = page.rows.into_iter();
        match (rows.next(), rows.next()) {
            (Some(row), None) => Ok(row?),
            (None, _) => Err(Error::DoesNotExist {
                class_name: T::CLASS_NAME,
                id: None,
            }),
            (Some(_), Some(_)) => Err(Error::MultipleObjects {
                class_name: T::CLASS_NAME,
            }),
        }
    }

    /// The last row, by the ids where no order was given; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`] after `limit` or `skip`, which count from the other end.
    pub async fn last(&self, client: &Client) -> Result<Option<Object<T>>> {
        if self.core.limit.is_some() || self.core.skip > 0 {
            return Err(Error::invalid(
                T::CLASS_NAME,
                None,
                "`last` cannot follow `limit` or `skip`; reverse the order and use `first`",
            ));
        }
        let mut core = self.core.clone();
        ordered::<T>(&mut core);
        core.order
            .iter_mut()
            .for_each(|(_, descending)| *descending = !*descending);
        core.limit = Some(1);
        let page = find::<T>(client, Find::owned(core, T::CLASS_NAME)).await?;
        Ok(page.rows.into_iter().next().transpose()?)
    }
}

/// By the ids, where no order was given.
fn ordered<T>(core: &mut Core) {
    if core.order.is_empty() {
        let order = by_id::<T>(false);
        core.order.push((order.key, order.descending));
    }
}

pub(super) async fn get_by_id<T: ParseObject>(client: &Client, id: ObjectId) -> Result<Object<T>> {
    if id.as_str().is_empty() {
        return Err(Error::invalid(T::CLASS_NAME, None, "the object id is empty"));
    }
    let body = client
        .read(Path::Object(T::CLASS_NAME, id.as_str()), &NoParams {})
        .await;
    match body {
        Err(error) if error.code() == Some(ErrorCode::ObjectNotFound) => Err(Error::DoesNotExist {
            class_name: T::CLASS_NAME,
            id: Some(id),
        }),
        body => row(&body?),
    }
}
