//! Access control lists: `{"*": {"read": true}, "role:Admin": {"write": true}, "userId": {..}}`.

use super::{FieldType, Form, ObjectId, ParseValue};
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acl {
    entries: BTreeMap<String, Permission>,
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
}

impl Who {
    /// The user with this id.
    pub fn user(id: impl Into<ObjectId>) -> Self {
        Self::User(id.into())
    }

    /// Everyone in the role of this name.
    pub fn role(name: impl Into<String>) -> Self {
        Self::Role(name.into())
    }

    fn key(&self) -> String {
        match self {
            Self::Public => "*".into(),
            Self::User(id) => id.to_string(),
            Self::Role(name) => format!("role:{name}"),
        }
    }

    fn from_key(key: &str) -> Self {
        match key.strip_prefix("role:") {
            Some(name) => Self::role(name),
            None if key == "*" => Self::Public,
            None => Self::user(key),
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

    /// Adds the right to read.
    #[must_use]
    pub fn allow_read(mut self, who: Who) -> Self {
        self.entry(&who).read = true;
        self
    }

    /// Adds the right to change and delete.
    #[must_use]
    pub fn allow_write(mut self, who: Who) -> Self {
        self.entry(&who).write = true;
        self
    }

    /// Takes back everything that this entry allows.
    #[must_use]
    pub fn forbid(mut self, who: &Who) -> Self {
        self.entries.remove(&who.key());
        self
    }

    /// True when this very entry allows reading. What a user may do by being in a role, or as one of
    /// the public, is up to the server.
    pub fn may_read(&self, who: &Who) -> bool {
        self.entries
            .get(&who.key())
            .is_some_and(|permission| permission.read)
    }

    /// True when this very entry allows changing and deleting.
    pub fn may_write(&self, who: &Who) -> bool {
        self.entries
            .get(&who.key())
            .is_some_and(|permission| permission.write)
    }

    /// Every entry.
    pub fn entries(&self) -> impl Iterator<Item = (Who, Permission)> + '_ {
        self.entries
            .iter()
            .map(|(key, permission)| (Who::from_key(key), *permission))
    }

    fn entry(&mut self, who: &Who) -> &mut Permission {
        self.entries.entry(who.key()).or_default()
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
