//! Users as what ACLs, permissions and roles speak of.

use super::{ParseUser, Session};
use crate::value::{IntoUser, ObjectId};
use crate::{Object, Pointer};

impl<U: ParseUser> IntoUser for &Object<U> {
    fn into_user(self) -> Result<ObjectId, String> {
        Ok(self.id().clone())
    }
}

impl<U: ParseUser> IntoUser for &Session<U> {
    fn into_user(self) -> Result<ObjectId, String> {
        self.user().into_user()
    }
}

impl<U: ParseUser> IntoUser for &Pointer<U> {
    fn into_user(self) -> Result<ObjectId, String> {
        self.id()
            .cloned()
            .ok_or_else(|| "a user who is not stored yet: store the user first".into())
    }
}

impl<U: ParseUser> IntoUser for Pointer<U> {
    fn into_user(self) -> Result<ObjectId, String> {
        (&self).into_user()
    }
}
