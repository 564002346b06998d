//! A value on its way to becoming a stored object.

use super::decode::answer;
use super::encode::{Body, FieldRef};
use super::relation::settle_relations;
use super::{Meta, Object, ParseObject, graph};
use crate::client::{Call, Method, NoParams, Path};
use crate::value::{Acl, Form, Holder, ObjectId, Timestamp, Unstored};
use crate::{Client, Error, Result};
use serde_json::Value;

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
    pub(super) value: T,
    pub(super) acl: Option<Acl>,
    pub(super) id: Option<ObjectId>,
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

    pub(crate) fn value_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// Who may read and write the object, from its first moment. It goes before the
    /// [client's default](crate::ClientBuilder::default_acl).
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

    /// Stores the object. One POST, after those for the [new objects](crate::Pointer::new) and files that it holds.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) when a value cannot be stored,
    /// [`Error::Dependency`](crate::Error::Dependency) when something new that it holds could not be, and
    /// whatever the server answers. The draft stays as it is and can be tried again.
    pub async fn create(&self, client: &Client) -> Result<Object<T>> {
        New::draft(self).create(client).await
    }
}

impl<T: ParseObject> From<T> for Draft<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// What becomes a stored object.
pub(crate) struct New<'a, T> {
    pub(crate) value: &'a T,
    pub(crate) acl: Option<&'a Acl>,
    pub(crate) id: Option<&'a ObjectId>,
}

impl<'a, T> New<'a, T> {
    pub(crate) fn value(value: &'a T) -> Self {
        let (acl, id) = (None, None);
        Self { value, acl, id }
    }

    pub(crate) fn draft(Draft { value, acl, id }: &'a Draft<T>) -> Self {
        let (acl, id) = (acl.as_ref(), id.as_ref());
        Self { value, acl, id }
    }
}

impl<T: ParseObject> New<'_, T> {
    /// Stores a copy of the value as a new object, and before it what it holds.
    pub(super) async fn create(&self, client: &Client) -> Result<Object<T>> {
        graph::store_one(client, self).await?;
        let default = client.acl_of_new(T::CLASS_NAME);
        let call = Call {
            method: Method::Post,
            path: Path::Class(T::CLASS_NAME),
            body: Some(self.body(default)?),
        };
        match (client.request(call).await, self.id) {
            // its answer is lost, and its id is known
            (Err(Error::AlreadyApplied(said)), Some(id)) => {
                let path = Path::Object(T::CLASS_NAME, id.as_str());
                let row = client.read(path, &NoParams {}).await;
                self.created(&row.map_err(|_| Error::AlreadyApplied(said))?, default)
            }
            (answer, _) => self.created(&answer?, default),
        }
    }

    /// As [`create`](Self::create), where the server may know the object by something else than its id. `None`: it did,
    /// and does not say the id.
    pub(crate) async fn create_or_update(&self, client: &Client) -> Result<Option<Object<T>>> {
        graph::store_one(client, self).await?;
        let default = client.acl_of_new(T::CLASS_NAME);
        let call = Call {
            method: Method::Post,
            path: Path::Class(T::CLASS_NAME),
            body: Some(self.body(default)?),
        };
        let answer = client.exchange(call).await?;
        if answer.status == 200 {
            return Ok(None);
        }
        self.created(&answer.body, default).map(Some)
    }

    fn content(&self) -> Body<'_, T> {
        let fields = T::SCHEMA.writable.without(self.value.__absent());
        let mut body = Body::new(self.value, fields);
        (body.acl, body.id) = (self.acl, self.id);
        body
    }

    /// The body of a create, with the client's ACL where the value has none of its own.
    pub(crate) fn body(&self, default: Option<&Acl>) -> Result<Vec<u8>> {
        self.creating(default)?.to_json()
    }

    /// Writes the same behind what is there.
    pub(crate) fn write(&self, default: Option<&Acl>, to: &mut Vec<u8>) -> Result<()> {
        self.creating(default)?.write(to)
    }

    fn creating<'b>(&'b self, default: Option<&'b Acl>) -> Result<Body<'b, T>> {
        if T::CLASS_NAME == "_User" {
            let message = "a user has a password: call `sign_up(&client, password)` instead of storing the value \
                like any other";
            return Err(Error::invalid(T::CLASS_NAME, None, message));
        }
        let mut body = self.content();
        body.acl = body.acl.or(default);
        Ok(body)
    }

    /// What the value and the draft themselves say in the body of a create.
    pub(crate) fn fields(&self) -> Result<Vec<u8>> {
        self.content().to_json()
    }

    /// The wire form of one field, by its name on the server.
    pub(crate) fn field(&self, name: &str) -> Option<Value> {
        let field = FieldRef(self.value, T::__index(name)?, Form::Wire);
        serde_json::to_value(field).ok()
    }

    /// The object, by the server's answer to the create.
    pub(crate) fn created(&self, body: &[u8], default: Option<&Acl>) -> Result<Object<T>> {
        let raw = answer::<T>(body)?;
        let incomplete = |what| Error::UnexpectedAnswer {
            status: 201,
            excerpt: match T::CLASS_NAME {
                "_Installation" => {
                    "the server knew this installation, updated it and does not say its id: use `register`"
                        .into()
                }
                _ => format!("the answer to a create has no {what}"),
            },
        };
        let id = raw
            .id
            .or_else(|| self.id.cloned())
            .ok_or_else(|| incomplete("objectId"))?;
        let Timestamp(created_at) = raw.created_at.ok_or_else(|| incomplete("createdAt"))?;
        let updated_at = raw.updated_at.map_or(created_at, |Timestamp(date)| date);
        let acl = raw.acl.or_else(|| self.acl.or(default).cloned()).map(Box::new);
        let mut value = self.value.snapshot();
        settle_relations(&mut value);
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

impl<T: ParseObject> Holder for New<'_, T> {
    fn class_name(&self) -> &'static str {
        T::CLASS_NAME
    }

    fn field_name(&self, field: usize) -> &'static str {
        T::SCHEMA.fields[field].name
    }

    fn unstored<'a>(&'a self, found: &mut dyn FnMut(usize, Unstored<'a>)) {
        self.value.__unstored(found);
    }

    fn check(&self) -> Result<()> {
        self.content().check()
    }
}
