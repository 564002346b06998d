//! Stored objects: what changed since they were read, and how that is sent.

mod decode;
mod draft;
mod dump;
mod encode;
pub(crate) mod graph;
mod model;
mod newborn;
mod operation;
mod pending;
mod pointer;
mod relation;
mod save;
mod shown;

#[cfg(feature = "__internals")]
pub(crate) use decode::answer;
#[cfg(feature = "live-query")]
pub(crate) use decode::one;
pub(crate) use decode::{KeyIndex, columns, describe, object, page, row, rows, tally, value, value_of};
pub use decode::{Misfit, Raw, RawRow};
pub use draft::Draft;
pub(crate) use draft::New;
pub(crate) use encode::body_of;
pub use model::{FieldSet, ParseObject, Schema, Snapshot, WrappedInPointer};
pub use operation::Operation;
pub use pointer::Pointer;
pub(crate) use pointer::not_stored;
pub use relation::Relation;
pub use save::Unsaved;

use crate::value::{Acl, ObjectId};
use chrono::{DateTime, Utc};
use pending::Pending;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// An object that the server holds: a `T` with its id, its dates, its ACL, and the knowledge of what
/// changed since.
///
/// It can be read and changed like the `T` itself. The first mutable access keeps a copy;
/// [`save`](Self::save) compares field by field and sends only what differs, so assigning the old value
/// back makes a field clean again. The atomic operations of the model's accessors trait
/// (`increment_score`, `add_skills`, ..) are sent as such, and the local value shows their result at once.
///
/// ```
/// # use parse_orm::prelude::*; use parse_orm_mock::MockServer;
/// # #[derive(ParseObject, Clone, Debug)] struct GameScore { score: i64, player_name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> parse_orm::Result<()> {
/// # let server = MockServer::start().await; let client = server.client();
/// let mut score = GameScore { score: 1337, player_name: "Sean".into() }.create(&client).await?;
/// score.player_name = "Jang".into();
/// score.increment_score(10);
/// assert_eq!(score.dirty_fields(), ["playerName", "score"]);
/// score.save(&client).await?; // one PUT: {"playerName": "Jang", "score": {"__op": "Increment", "amount": 10}}
/// assert!(!score.is_dirty() && score.score == 1347);
/// # Ok(()) }
/// ```
///
/// Two fields can be borrowed mutably at once only through the plain value: `let value = &mut *score;`
/// first, then `(&mut value.a, &mut value.b)`. A field is moved out by [`into_inner`](Self::into_inner).
pub struct Object<T> {
    meta: Meta,
    value: T,
    pending: Option<Box<Pending<T>>>,
}

/// What every stored object has besides its fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Meta {
    pub(crate) id: ObjectId,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) acl: Option<Box<Acl>>,
}

impl<T: ParseObject> Object<T> {
    pub(crate) fn new(meta: Meta, value: T) -> Self {
        Self {
            meta,
            value,
            pending: None,
        }
    }

    /// The object's id.
    pub fn id(&self) -> &ObjectId {
        &self.meta.id
    }

    /// When the object was created.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.meta.created_at
    }

    /// When the object was last changed.
    pub fn updated_at(&self) -> DateTime<Utc> {
        self.meta.updated_at
    }

    /// Who may read and write the object; `None` is everyone.
    pub fn acl(&self) -> Option<&Acl> {
        self.meta.acl.as_deref()
    }

    /// Changes who may read and write the object, at the next [`save`](Self::save).
    pub fn set_acl(&mut self, acl: Acl) {
        self.pending_mut();
        self.meta.acl = Some(Box::new(acl));
    }

    /// True when a save would send something.
    pub fn is_dirty(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| {
            !pending.changed(&self.value).is_empty() || pending.acl_changed(self.acl())
        })
    }

    /// The Parse names of the fields that a save would send, in alphabetical order.
    pub fn dirty_fields(&self) -> Vec<&'static str> {
        let Some(pending) = &self.pending else {
            return Vec::new();
        };
        let changed = pending.changed(&self.value);
        let mut names: Vec<_> = changed.iter().map(|field| T::SCHEMA.fields[field].name).collect();
        names.extend(pending.acl_changed(self.acl()).then_some("ACL"));
        names.sort_unstable();
        names
    }

    /// Undoes every change since the last save.
    pub fn revert(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.value = pending.value;
            self.meta.acl = pending.acl;
        }
    }

    /// A pointer to this object, holding it: a query's operand, or another object's field.
    pub fn pointer(&self) -> Pointer<T> {
        Pointer::from(self)
    }

    /// The plain value, changes included.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Records an atomic operation and shows its result in the local value. An operation that follows
    /// another one merges with it; where the two cannot be one operation, the field's whole value will be
    /// sent.
    pub(crate) fn operate(&mut self, field: usize, operation: Operation) {
        self.pending_mut();
        let Some(pending) = &mut self.pending else { return };
        pending.operate(&mut self.value, field, operation);
    }

    fn pending_mut(&mut self) -> &mut Pending<T> {
        let Self { meta, value, pending } = self;
        pending.get_or_insert_with(|| Box::new(Pending::new(value, meta.acl.as_deref())))
    }
}

impl<T: Snapshot> Clone for Object<T> {
    fn clone(&self) -> Self {
        Self {
            meta: self.meta.clone(),
            value: self.value.snapshot(),
            pending: self.pending.clone(),
        }
    }
}

impl<T: ParseObject> Deref for Object<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ParseObject> DerefMut for Object<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.pending_mut();
        &mut self.value
    }
}

impl<T: ParseObject + fmt::Debug> fmt::Debug for Object<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Object");
        out.field("id", &self.meta.id).field("value", &self.value);
        if self.is_dirty() {
            out.field("unsaved", &self.dirty_fields());
        }
        out.finish_non_exhaustive()
    }
}
