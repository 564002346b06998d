//! Saving, refreshing and deleting one object.

use super::decode::{answer, row};
use super::encode::Body;
use super::pending::Unanswered;
use super::relation::settle_relations;
use super::{FieldSet, Object, ParseObject, graph};
use crate::client::{Call, Method, NoParams, Path, is_answered};
use crate::value::{Holder, Timestamp, Unstored};
use crate::{Client, Error, ErrorCode, Result, ServerError};

/// What [`Object::refresh`] does with unsaved changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsaved {
    /// They are made again on the newer values: assignments win, operations are applied.
    Keep,
    /// They are dropped.
    Discard,
}

impl<T: ParseObject> Object<T> {
    /// Sends what changed, and nothing if nothing did. One PUT, after the requests that store the
    /// [new objects](crate::Pointer::new) and files which it holds.
    ///
    /// A field that was assigned to goes as its value (`None` where there was something: a Delete), one
    /// that only saw atomic operations as an operation. What the server changed on its side (the result of
    /// an operation, a `beforeSave`) is taken over; objects included by a pointer stay.
    ///
    /// The future may be dropped: see [what is left then](crate::unanswered). With
    /// [request ids](crate::ClientBuilder::request_ids), a save that was not answered can be made again without doing
    /// anything twice.
    ///
    /// # Errors
    /// Every change stays pending when the server refuses or cannot be reached, and when a value cannot be
    /// stored ([`Error::Invalid`], nothing is sent then). [`Error::Dependency`]: something new that the object
    /// holds could not be stored; what was stored is not sent again by another try. [`Error::DoesNotExist`]: the object is gone, or may
    /// not be changed by this client. [`Error::AlreadyApplied`]: another try met the first one, and the object
    /// does not show it. [`Error::Decode`]: the changes *are* saved, but the server answered
    /// with a value of another type.
    pub async fn save(&mut self, client: &Client) -> Result<()> {
        graph::store_one(client, self).await?;
        let Some(body) = self.changes()? else {
            self.pending = None;
            return Ok(());
        };
        let path = Path::Object(T::CLASS_NAME, self.meta.id.as_str());
        let id = client.new_request_id(Method::Put, path, Some(&body));
        let id = id.map(|new| self.known_by(new, &body));
        let put = Call {
            method: Method::Put,
            path: Path::Object(T::CLASS_NAME, self.meta.id.as_str()),
            body: Some(body),
        };
        match client.request_as(put, id).await {
            Ok(bytes) => self.saved(&bytes),
            Err(Error::AlreadyApplied(said)) => self.applied(client, said).await,
            Err(error) => {
                if is_answered(&error) {
                    self.forget();
                }
                Err(self.gone(error))
            }
        }
    }

    /// The id of this save, kept in case nobody hears its answer: that of the one before, where it is the same that
    /// was not answered.
    fn known_by(&mut self, new: String, body: &[u8]) -> String {
        let updated_at = self.meta.updated_at;
        let unanswered = &mut self.pending_mut().unanswered;
        match unanswered {
            Some(before) if before.body == body => before.request_id.clone(),
            _ => {
                *unanswered = Some(Box::new(Unanswered {
                    request_id: new.clone(),
                    body: body.to_owned(),
                    updated_at,
                }));
                new
            }
        }
    }

    /// The next save is a request of its own.
    fn forget(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.unanswered = None;
        }
    }

    /// Takes over what became of the object by a save whose answer is lost.
    async fn applied(&mut self, client: &Client, said: Box<ServerError>) -> Result<()> {
        let path = Path::Object(T::CLASS_NAME, self.meta.id.as_str());
        let newer = client
            .read(path, &NoParams {})
            .await
            .and_then(|row| self::row::<T>(&row));
        let unanswered = self
            .pending
            .as_ref()
            .and_then(|pending| pending.unanswered.as_ref());
        let before = unanswered.map_or(self.meta.updated_at, |unanswered| unanswered.updated_at);
        match newer {
            Ok(newer) if newer.meta.updated_at != before || self.shows_in(&newer) => {
                self.renew(newer, FieldSet::EMPTY, Unsaved::Discard);
                Ok(())
            }
            // it stands as it did: the server failed at it, or is still at it
            Ok(_) => {
                self.forget();
                Err(Error::AlreadyApplied(said))
            }
            Err(_) => Err(Error::AlreadyApplied(said)),
        }
    }

    /// Whether anything of what changed here has changed there, too: two saves in one millisecond have one date.
    fn shows_in(&self, newer: &Self) -> bool {
        self.pending.as_ref().is_some_and(|pending| {
            let changed = newer.value.__diff(&pending.value);
            let here = pending.changed(&self.value);
            let acl = pending.acl_changed(self.acl()) && pending.acl_changed(newer.acl());
            acl || changed.iter().any(|field| here.contains(field))
        })
    }

    fn content(&self) -> Option<Body<'_, T>> {
        let pending = self.pending.as_ref()?;
        let mut body = Body::new(&self.value, pending.assigned(&self.value));
        body.held = Some(&pending.value);
        body.operations = Some(&pending.operations);
        body.acl = self.acl().filter(|acl| pending.acl_changed(Some(acl)));
        let nothing = body.fields.is_empty() && pending.operations.is_empty() && body.acl.is_none();
        (!nothing).then_some(body)
    }

    /// The body of a save; `None` where there is nothing to send.
    pub(crate) fn changes(&self) -> Result<Option<Vec<u8>>> {
        self.content().map(|body| body.to_json()).transpose()
    }

    /// Writes the body of a save behind what is there; false where there is nothing to send.
    pub(crate) fn write_changes(&self, to: &mut Vec<u8>) -> Result<bool> {
        let Some(body) = self.content() else {
            return Ok(false);
        };
        body.write(to)?;
        Ok(true)
    }

    /// Takes over the server's answer to a save of everything that has changed.
    pub(crate) fn saved(&mut self, body: &[u8]) -> Result<()> {
        let answer = answer::<T>(body);
        // the server has it: sending an increment twice would be worse than an unread answer
        self.pending = None;
        settle_relations(&mut self.value);
        let answer = answer?;
        if let Some(Timestamp(date)) = answer.updated_at {
            self.meta.updated_at = date;
        }
        if let Some(acl) = answer.acl {
            self.meta.acl = Some(Box::new(acl));
        }
        self.value.__merge(answer.fields);
        Ok(())
    }

    /// Reads the object again. Objects that were included by pointers are not part of it:
    /// [`QuerySet::refresh`](crate::QuerySet::refresh) takes a query set that says which. One GET.
    ///
    /// # Errors
    /// [`Error::DoesNotExist`] when the object is gone or may not be seen; the object here stays as it is.
    pub async fn refresh(&mut self, client: &Client, unsaved: Unsaved) -> Result<()> {
        let path = Path::Object(T::CLASS_NAME, self.meta.id.as_str());
        let bytes = client
            .read(path, &NoParams {})
            .await
            .map_err(|error| self.gone(error))?;
        self.renew(row::<T>(&bytes)?, FieldSet::EMPTY, unsaved);
        Ok(())
    }

    /// Takes over what was read anew, but for the fields that were not part of it.
    pub(crate) fn renew(&mut self, mut newer: Self, left_out: FieldSet, unsaved: Unsaved) {
        newer.value.__carry(self.value.snapshot());
        let known = self
            .pending
            .as_ref()
            .map_or(&self.value, |pending| &pending.value);
        for field in left_out.iter() {
            newer.value.__copy(known, field);
        }
        match self.pending.take().filter(|_| unsaved == Unsaved::Keep) {
            None => *self = newer,
            Some(pending) => {
                let acl = pending.acl_changed(self.acl()).then(|| self.meta.acl.take());
                let (value, mut rebased) = pending.rebase(&self.value, newer.value);
                rebased.acl.clone_from(&newer.meta.acl);
                self.value = value;
                self.meta = newer.meta;
                if let Some(acl) = acl {
                    self.meta.acl = acl;
                }
                self.pending = Some(Box::new(rebased));
            }
        }
    }

    /// Deletes the object on the server and returns the plain value. One DELETE.
    ///
    /// # Errors
    /// [`Error::DoesNotExist`] when it is gone already, or may not be deleted by this client.
    pub async fn delete(self, client: &Client) -> Result<T> {
        let path = Path::Object(T::CLASS_NAME, self.meta.id.as_str());
        client
            .request(Call {
                method: Method::Delete,
                path,
                body: None,
            })
            .await
            .map_err(|error| self.gone(error))?;
        Ok(self.into_inner())
    }

    /// Code 101 about this very object, by its name.
    fn gone(&self, error: Error) -> Error {
        match error {
            Error::Server(refused) if refused.code == Some(ErrorCode::ObjectNotFound) => {
                Error::DoesNotExist {
                    class_name: T::CLASS_NAME,
                    id: Some(self.meta.id.clone()),
                }
            }
            error => error,
        }
    }
}

impl<T: ParseObject> Holder for Object<T> {
    fn class_name(&self) -> &'static str {
        T::CLASS_NAME
    }

    fn field_name(&self, field: usize) -> &'static str {
        T::SCHEMA.fields[field].name
    }

    fn unstored<'a>(&'a self, found: &mut dyn FnMut(usize, Unstored<'a>)) {
        if self.pending.is_some() {
            self.value.__unstored(found);
        }
    }

    fn check(&self) -> Result<()> {
        self.content().map_or(Ok(()), Body::check)
    }
}
