//! A value on its way to becoming a stored object.

use super::decode::answer;
use super::encode::{Body, bytes};
use super::{Meta, Object, ParseObject};
use crate::client::{Call, Method, Path};
use crate::value::{Acl, ObjectId, Timestamp};
use crate::{Client, Error, Result};
use serde_json::value::RawValue;

/// A value with what only a new object can be given: an ACL, and an id of its own.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64 }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let score = Draft::new(GameScore { score: 1 })
///     .acl(Acl::new().allow_read(Who::Public))
///     .create(&client)
///     .await?;
/// assert!(score.acl().is_some_and(|acl| !acl.may_write(&Who::Public)));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a draft is stored by `create`"]
pub struct Draft<T> {
    value: T,
    acl: Option<Acl>,
    id: Option<ObjectId>,
}

impl<T: ParseObject> Draft<T> {
    /// A draft of this value.
    pub fn new(value: T) -> Self {
        Self {
            value,
            acl: None,
            id: None,
        }
    }

    /// Who may read and write the object, from its first moment.
    pub fn acl(mut self, acl: Acl) -> Self {
        self.acl = Some(acl);
        self
    }

    /// An id of the application's choice. The server must allow custom object ids, and refuses every
    /// create *without* one then.
    pub fn id(mut self, id: impl Into<ObjectId>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The draft, for a request.
    pub(crate) fn new_object(&self) -> New<'_, T> {
        New {
            value: &self.value,
            acl: self.acl.as_ref(),
            id: self.id.as_ref(),
        }
    }

    /// Stores the object. One POST.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) when a value cannot be stored, and whatever the server
    /// answers. The draft stays as it is and can be tried again.
    pub async fn create(&self, client: &Client) -> Result<Object<T>> {
        store(&self.value, self.acl.as_ref(), self.id.as_ref(), client).await
    }
}

impl<T: ParseObject> From<T> for Draft<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Stores a copy of a value as a new object.
pub(super) async fn store<T: ParseObject>(
    value: &T,
    acl: Option<&Acl>,
    id: Option<&ObjectId>,
    client: &Client,
) -> Result<Object<T>> {
    let new = New { value, acl, id };
    let call = Call {
        method: Method::Post,
        path: Path::Class(T::CLASS_NAME),
        body: Some(bytes(new.body()?)),
    };
    new.created(&client.call(call).await?)
}

/// What becomes a stored object.
pub(crate) struct New<'a, T> {
    pub(crate) value: &'a T,
    pub(crate) acl: Option<&'a Acl>,
    pub(crate) id: Option<&'a ObjectId>,
}

impl<T: ParseObject> New<'_, T> {
    /// The body of a create.
    pub(crate) fn body(&self) -> Result<Box<RawValue>> {
        let fields = T::SCHEMA.writable().without(self.value.__absent());
        let mut body = Body::new(self.value, fields);
        (body.acl, body.id) = (self.acl, self.id);
        body.to_json()
    }

    /// The object, by the server's answer to the create.
    pub(crate) fn created(&self, body: &[u8]) -> Result<Object<T>> {
        let raw = answer::<T>(body)?;
        let incomplete = |what| Error::UnexpectedAnswer {
            status: 201,
            excerpt: format!("the answer to a create has no {what}"),
        };
        let id = raw
            .id
            .or_else(|| self.id.cloned())
            .ok_or_else(|| incomplete("objectId"))?;
        let Timestamp(created_at) = raw.created_at.ok_or_else(|| incomplete("createdAt"))?;
        let updated_at = raw.updated_at.map_or(created_at, |Timestamp(date)| date);
        let acl = raw.acl.or_else(|| self.acl.cloned()).map(Box::new);
        let mut value = self.value.snapshot();
        value.__merge(raw.fields);
        Ok(Object::new(
            Meta {
                id,
                created_at,
                updated_at,
                acl,
            },
            value,
        ))
    }
}
