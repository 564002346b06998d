//! Access control lists: `{"*": {"read": true}, "role:Admin": {"write": true}, "userId": {..}}`.

use super::{FieldType, Form, ObjectId, ParseValue};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Who may read and write one object.
///
/// An object without an ACL is public. An empty ACL locks it for everyone but the master key.
///
/// ```
/// use parse_orm::{Acl, Who};
/// let acl = Acl::new().allow_read(Who::Public).allow_write(Who::role("Admin"));
/// assert!(acl.may_read(&Who::Public) && !acl.may_write(&Who::Public));
/// assert_eq!(
///     serde_json::to_string(&acl).unwrap(),
///     r#"{"*":{"read":true},"role:Admin":{"write":true}}"#
/// );
/// ```
///
/// An entry that could mean someone else, such as a user with the id `*`, is refused by the `create` or `save` that
/// would send the ACL: [`Error::Invalid`](crate::Error::Invalid), and nothing is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<String, Permission>")]
pub struct Acl {
    entries: BTreeMap<String, Permission>,
    /// The first entry that cannot be sent.
    mistake: Option<Box<str>>,
}

/// What one entry of an [`Acl`] allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Permission {
    /// The object may be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    /// The object may be changed and deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub write: bool,
}

/// Whom an entry of an [`Acl`] speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Who {
    /// Everyone, `*` on the wire.
    Public,
    /// The user with this id.
    User(ObjectId),
    /// Everyone in the role of this name, `role:` and the name on the wire.
    Role(String),
    /// Nobody: an entry with it is refused, for this reason.
    #[doc(hidden)]
    Mistaken(String),
}

/// A user, for an [`Acl`], for permissions and roles: an object of the class `_User`, a session, a pointer, or an id.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a user",
    label = "not a user",
    note = "a user is an object of a model of the class `_User` (`&user`), a `Session` of one, a pointer to one, or an id (`\"Ed1nuqPvcm\"`)",
    note = "everyone is `Who::Public`, and a role is `Who::role(\"Admin\")`"
)]
pub trait IntoUser {
    /// The id, or why there is none.
    #[doc(hidden)]
    fn into_user(self) -> Result<ObjectId, String>;
}

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl IntoUser for $id {
            fn into_user(self) -> Result<ObjectId, String> {
                Ok(self.into())
            }
        }
    )*};
}
ids!(&str, String, ObjectId, &ObjectId);

/// A role, for an [`Acl`] and for permissions: an object of the class `_Role`, or its name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a role",
    label = "not a role",
    note = "a role is an object of the model `Role` (`&role`), or its name (`\"Admin\"`)"
)]
pub trait IntoRole {
    /// The name.
    #[doc(hidden)]
    fn into_role(self) -> String;
}

impl IntoRole for &str {
    fn into_role(self) -> String {
        self.into()
    }
}

impl IntoRole for String {
    fn into_role(self) -> String {
        self
    }
}

impl IntoRole for &String {
    fn into_role(self) -> String {
        self.clone()
    }
}

impl Who {
    /// This user: an object of the class `_User`, a pointer to one, or an id.
    pub fn user(user: impl IntoUser) -> Self {
        user.into_user().map_or_else(Self::Mistaken, Self::User)
    }

    /// Everyone in this role, and in the roles that inherit from it, at any depth: an object of the class `_Role`, or the name.
    pub fn role(role: impl IntoRole) -> Self {
        Self::Role(role.into_role())
    }

    /// The name of the entry on the wire, or why it has none.
    pub(crate) fn key(&self) -> Result<String, String> {
        match self {
            Self::Public => Ok("*".into()),
            Self::User(id) => match id.as_str() {
                "" => Err("a user without an id: store the user first".into()),
                "*" => Err("a user with the id `*`, which means everyone: write `Who::Public`".into()),
                id => match id.strip_prefix("role:") {
                    None => Ok(id.into()),
                    Some(name) => Err(format!(
                        "a user with the id `{id}`, which means a role: write `Who::role({name:?})`"
                    )),
                },
            },
            Self::Role(name) if name.is_empty() => Err("a role without a name".into()),
            Self::Role(name) => match name.strip_prefix("role:") {
                None => Ok(format!("role:{name}")),
                Some(rest) => Err(format!(
                    "a role with the name `{name}`: write `Who::role({rest:?})`, the `role:` is put before it"
                )),
            },
            Self::Mistaken(reason) => Err(reason.clone()),
        }
    }

    pub(crate) fn from_key(key: &str) -> Self {
        match key.strip_prefix("role:") {
            Some(name) => Self::Role(name.into()),
            None if key == "*" => Self::Public,
            None => Self::User(key.into()),
        }
    }
}

impl Acl {
    /// An ACL that allows nothing to anyone.
    pub fn new() -> Self {
        Self::default()
    }

    /// An ACL with which everyone may read and write.
    pub fn public() -> Self {
        Self::new().allow_read(Who::Public).allow_write(Who::Public)
    }

    /// An ACL with which only this user, or this role, may read and write.
    ///
    /// ```
    /// use parse_orm::{Acl, Who};
    /// let acl = Acl::only(Who::user("Ed1nuqPvcm"));
    /// assert_eq!(serde_json::to_string(&acl).unwrap(), r#"{"Ed1nuqPvcm":{"read":true,"write":true}}"#);
    /// ```
    pub fn only(who: Who) -> Self {
        Self::new().allow(
            &who,
            Permission {
                read: true,
                write: true,
            },
        )
    }

    /// Adds the right to read.
    #[must_use]
    pub fn allow_read(self, who: Who) -> Self {
        self.allow(
            &who,
            Permission {
                read: true,
                write: false,
            },
        )
    }

    /// Adds the right to change and delete.
    #[must_use]
    pub fn allow_write(self, who: Who) -> Self {
        self.allow(
            &who,
            Permission {
                read: false,
                write: true,
            },
        )
    }

    fn allow(mut self, who: &Who, more: Permission) -> Self {
        match who.key() {
            Ok(key) => {
                let entry = self.entries.entry(key).or_default();
                entry.read |= more.read;
                entry.write |= more.write;
            }
            Err(reason) => {
                let mistake = format!("the ACL names {reason}");
                self.mistake = self.mistake.or_else(|| Some(mistake.into()));
            }
        }
        self
    }

    /// Takes back everything that this entry allows.
    #[must_use]
    pub fn forbid(mut self, who: &Who) -> Self {
        if let Ok(key) = who.key() {
            self.entries.remove(&key);
        }
        self
    }

    /// True when this very entry allows reading. What a user may do by being in a role, or as one of
    /// the public, is up to the server.
    pub fn may_read(&self, who: &Who) -> bool {
        self.permission(who).read
    }

    /// True when this very entry allows changing and deleting.
    pub fn may_write(&self, who: &Who) -> bool {
        self.permission(who).write
    }

    fn permission(&self, who: &Who) -> Permission {
        let entry = who.key().ok().and_then(|key| self.entries.get(&key).copied());
        entry.unwrap_or_default()
    }

    /// Every entry.
    pub fn entries(&self) -> impl Iterator<Item = (Who, Permission)> + '_ {
        self.entries
            .iter()
            .map(|(key, permission)| (Who::from_key(key), *permission))
    }

    /// Why the ACL cannot be sent.
    pub(crate) fn mistake(&self) -> Option<&str> {
        self.mistake.as_deref()
    }

    /// An ACL that cannot be sent, for this reason.
    pub(crate) fn mistaken(reason: &str) -> Self {
        Self {
            mistake: Some(reason.into()),
            ..Self::default()
        }
    }
}

impl From<BTreeMap<String, Permission>> for Acl {
    fn from(entries: BTreeMap<String, Permission>) -> Self {
        let mistake = None;
        Self { entries, mistake }
    }
}

impl Serialize for Acl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.mistake {
            Some(reason) => Err(S::Error::custom(reason)),
            None => self.entries.serialize(to),
        }
    }
}

/// An ACL as an ordinary field's value, stored as an object. A row's own ACL is
/// [`Object::acl`](crate::Object::acl).
impl ParseValue for Acl {
    const TYPE: FieldType = FieldType::Object;
    fn decode<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
    fn encode<S: Serializer>(&self, _: Form, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
