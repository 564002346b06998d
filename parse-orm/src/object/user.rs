//! Objects and pointers as the users of ACLs and permissions.

use super::{Object, ParseObject, Pointer};
use crate::value::{IntoUser, ObjectId};

fn checked<T: ParseObject>(id: Option<&ObjectId>) -> Result<ObjectId, String> {
    match (T::CLASS_NAME, id) {
        ("_User", Some(id)) => Ok(id.clone()),
        ("_User", None) => Err("a user who is not stored yet: store the user first".into()),
        (class, _) => Err(format!(
            "an object of the class {class} as a user: only those of `_User` are"
        )),
    }
}

impl<T: ParseObject> IntoUser for &Object<T> {
    fn into_user(self) -> Result<ObjectId, String> {
        checked::<T>(Some(self.id()))
    }
}

impl<T: ParseObject> IntoUser for &Pointer<T> {
    fn into_user(self) -> Result<ObjectId, String> {
        checked::<T>(self.id())
    }
}

impl<T: ParseObject> IntoUser for Pointer<T> {
    fn into_user(self) -> Result<ObjectId, String> {
        (&self).into_user()
    }
}
