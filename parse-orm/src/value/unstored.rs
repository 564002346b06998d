//! What a value may hold that has to be stored before it: new objects behind pointers, new files.

use super::file::NewFile;
use super::{Acl, ObjectId};
use crate::Result;
use futures::lock::Mutex;

/// Something new, found inside of a value.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "handed on by generated code only")]
pub enum Unstored<'a> {
    /// An object behind a pointer.
    Object(&'a dyn NewObject),
    /// The contents of a file.
    File(&'a NewFile),
}

/// Where what is found goes.
pub type Found<'f, 'a> = &'f mut dyn FnMut(Unstored<'a>);

/// What is going to be sent, of whatever model: a create or a save.
pub trait Holder: Sync {
    /// Its class.
    fn class_name(&self) -> &'static str;
    /// The stored name of a field.
    fn field_name(&self, field: usize) -> &'static str;
    /// What it holds itself, with the number of the field.
    fn unstored<'a>(&'a self, found: &mut dyn FnMut(usize, Unstored<'a>));
    /// Whether it can be sent, once what it holds is stored.
    ///
    /// # Errors
    /// Names the field that has no wire form.
    fn check(&self) -> Result<()>;
}

/// A value on its way to becoming a stored object.
pub trait NewObject: Holder {
    /// Its id, once it is stored.
    fn stored_id(&self) -> Option<&ObjectId>;
    /// What a create sends; with this ACL, where it has none of its own.
    ///
    /// # Errors
    /// As `check`, and for what it holds and is not stored.
    fn body(&self, default: Option<&Acl>) -> Result<Vec<u8>>;
    /// Takes the answer to the create.
    ///
    /// # Errors
    /// When it is not one.
    fn stored(&self, answer: &[u8], default: Option<&Acl>) -> Result<()>;
    /// Held by who stores it, so that nobody else does at the same time.
    fn gate(&self) -> &Mutex<()>;
}
