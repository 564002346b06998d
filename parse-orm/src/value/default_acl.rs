//! The ACL of new objects: of those that a client creates, or of those of a class.

use super::{Acl, ObjectId, Permission, Who};
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// How the server calls who creates an object, in a class's default ACL.
const CREATOR: &str = "currentUser";

/// The ACL of new objects for which none is given: an [`Acl`], and what the user who creates the object may do.
///
/// A client has one by [`ClientBuilder::default_acl`](crate::ClientBuilder::default_acl), a class by
/// its permissions; the client's wins.
///
/// ```
/// use parse_orm::{Acl, DefaultAcl, Who};
/// let private = DefaultAcl::owner(); // nobody but the user who creates the object
/// let shown = DefaultAcl::from(Acl::new().allow_read(Who::Public)).and_owner();
/// assert_eq!(
///     serde_json::to_string(&shown).unwrap(), // in a class's permissions
///     r#"{"*":{"read":true},"currentUser":{"read":true,"write":true}}"#
/// );
/// # assert!(private.owner_permission().unwrap().write);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefaultAcl {
    acl: Acl,
    owner: Option<Permission>,
}

impl DefaultAcl {
    /// Nobody but the user who creates the object may read and write it.
    pub fn owner() -> Self {
        Self::from(Acl::new()).and_owner()
    }

    /// The user who creates the object may read and write it, too.
    #[must_use]
    pub fn and_owner(mut self) -> Self {
        self.owner = Some(Permission {
            read: true,
            write: true,
        });
        self
    }

    /// What everyone but the creator may do.
    pub fn acl(&self) -> &Acl {
        &self.acl
    }

    /// What the user who creates the object may do; `None` where that is not said.
    pub fn owner_permission(&self) -> Option<Permission> {
        self.owner
    }

    /// The ACL of what this user creates.
    pub(crate) fn of(&self, user: &ObjectId) -> Acl {
        let mut acl = self.acl.clone();
        let who = Who::User(user.clone());
        let owner = self.owner.unwrap_or_default();
        if owner.read {
            acl = acl.allow_read(who.clone());
        }
        if owner.write {
            acl = acl.allow_write(who);
        }
        acl
    }
}

impl From<Acl> for DefaultAcl {
    fn from(acl: Acl) -> Self {
        let owner = None;
        Self { acl, owner }
    }
}

/// With the creator as `currentUser`.
impl Serialize for DefaultAcl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if let Some(reason) = self.acl.mistake() {
            return Err(S::Error::custom(reason));
        }
        let mut map = to.serialize_map(None)?;
        for (who, permission) in self.acl.entries() {
            map.serialize_entry(&who.key().map_err(S::Error::custom)?, &permission)?;
        }
        if let Some(owner) = &self.owner {
            map.serialize_entry(CREATOR, owner)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for DefaultAcl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut entries = BTreeMap::<String, Permission>::deserialize(from)?;
        let owner = entries.remove(CREATOR);
        let acl = entries.into();
        Ok(Self { acl, owner })
    }
}
