//! Class-level permissions: who may do what with a class, whatever the ACLs of its objects say.

use super::field::ClassFieldType;
use super::name::BUILT_IN;
use crate::value::{Acl, DefaultAcl, IntoRole, IntoUser, ObjectId, Who};
use serde::de::Error as _;
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What can be done with a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClassOperation {
    /// Queries.
    Find,
    /// Reading an object by its id.
    Get,
    /// Counting.
    Count,
    /// Creating objects.
    Create,
    /// Changing objects.
    Update,
    /// Deleting objects.
    Delete,
    /// Adding a field to the class, by a create or an update that is the first to write it.
    AddField,
}

impl ClassOperation {
    /// All that reads: `find`, `get` and `count`.
    pub const READ: [Self; 3] = [Self::Find, Self::Get, Self::Count];
    /// All that writes objects: `create`, `update` and `delete`.
    pub const WRITE: [Self; 3] = [Self::Create, Self::Update, Self::Delete];
    /// Every operation.
    pub const ALL: [Self; 7] = [
        Self::Find,
        Self::Get,
        Self::Count,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::AddField,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Get => "get",
            Self::Count => "count",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::AddField => "addField",
        }
    }
}

/// Just this one: where several operations are asked for, one will do.
impl IntoIterator for ClassOperation {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;
    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}

/// Whom class-level permissions speak of. A [`Who`] is one as well.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Asker {
    /// Everyone.
    Public,
    /// Everyone who has logged in.
    Authenticated,
    /// The user with this id.
    User(ObjectId),
    /// Everyone in the role of this name.
    Role(String),
    /// The user that this field of the object points to, or the users in this array of pointers.
    UserField(String),
    #[doc(hidden)]
    Mistaken(String),
}

impl Asker {
    /// This user: an object of the class `_User`, a pointer to one, or an id.
    pub fn user(user: impl IntoUser) -> Self {
        Who::user(user).into()
    }

    /// Everyone in this role.
    pub fn role(role: impl IntoRole) -> Self {
        Who::role(role).into()
    }

    /// The user that this field of the object points to, or the users in this array of pointers.
    pub fn user_field(name: impl Into<String>) -> Self {
        Self::UserField(name.into())
    }

    /// The name on the wire, which for two of them is one in operations and another in protected fields; `None` for
    /// what is no name in operations.
    fn key(&self, authenticated: &str) -> Result<Option<String>, String> {
        let who = match self {
            Self::Public => Who::Public,
            Self::Authenticated => return Ok(Some(authenticated.into())),
            Self::UserField(_) => return Ok(None),
            Self::User(id)
                if matches!(
                    id.as_str(),
                    "requiresAuthentication" | "authenticated" | "pointerFields"
                ) =>
            {
                return Err(format!(
                    "a user with the id `{id}`, which is a word of the permissions"
                ));
            }
            Self::User(id) => Who::User(id.clone()),
            Self::Role(name) => Who::Role(name.clone()),
            Self::Mistaken(reason) => return Err(reason.clone()),
        };
        who.key().map(Some)
    }
}

impl From<Who> for Asker {
    fn from(who: Who) -> Self {
        match who {
            Who::Public => Self::Public,
            Who::User(id) => Self::User(id),
            Who::Role(name) => Self::Role(name),
            Who::Mistaken(reason) => Self::Mistaken(reason),
        }
    }
}

/// Who may do what with a class. Everything here comes before the ACL of an object, and the master key is asked for
/// none of it.
///
/// An operation that nobody is allowed is refused with code 119; one that is allowed to
/// [`Asker::Authenticated`] is, for everyone else, refused with 101.
///
/// ```
/// use parse_orm::{Acl, Asker, ClassOperation, ClassPermissions, DefaultAcl, Who};
/// let permissions = ClassPermissions::new() // nobody may do anything
///     .allow(ClassOperation::READ, Who::Public)
///     .allow(ClassOperation::Create, Asker::Authenticated)
///     .allow(ClassOperation::WRITE, Who::role("Moderators"))
///     .allow(ClassOperation::Update, Asker::user_field("owner"))
///     .protect(Who::Public, ["phone"]) // hidden from everyone ..
///     .protect(Asker::user_field("owner"), [""; 0]) // .. but the owner
///     .default_acl(DefaultAcl::from(Acl::new().allow_read(Who::Public)).and_owner());
/// assert_eq!(
///     serde_json::to_value(&permissions).unwrap(),
///     serde_json::json!({
///         "find": {"*": true}, "get": {"*": true}, "count": {"*": true},
///         "create": {"requiresAuthentication": true, "role:Moderators": true},
///         "update": {"role:Moderators": true, "pointerFields": ["owner"]},
///         "delete": {"role:Moderators": true},
///         "addField": {},
///         "protectedFields": {"*": ["phone"], "userField:owner": []},
///         "ACL": {"*": {"read": true}, "currentUser": {"read": true, "write": true}},
///     })
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "permissions do nothing until a class has them: `schema.set_permissions(..)`"]
pub struct ClassPermissions {
    allowed: BTreeMap<ClassOperation, BTreeSet<Asker>>,
    read_user_fields: Vec<String>,
    write_user_fields: Vec<String>,
    protected: BTreeMap<Asker, BTreeSet<String>>,
    acl: Option<DefaultAcl>,
    /// What else the server says.
    other: Map<String, Value>,
}

impl ClassPermissions {
    /// Nobody may do anything, but for the master key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everybody may do everything, as in a class that nobody restricted.
    pub fn public() -> Self {
        Self::new().allow(ClassOperation::ALL, Asker::Public)
    }

    /// Allows these operations (or this one) to these askers.
    pub fn allow(
        mut self,
        operations: impl IntoIterator<Item = ClassOperation>,
        asker: impl Into<Asker>,
    ) -> Self {
        let asker = asker.into();
        for operation in operations {
            self.allowed.entry(operation).or_default().insert(asker.clone());
        }
        self
    }

    /// Takes these operations (or this one) back from these askers. What they may do as others (as one of the public,
    /// by a role) they still may.
    pub fn forbid(
        mut self,
        operations: impl IntoIterator<Item = ClassOperation>,
        asker: impl Into<Asker>,
    ) -> Self {
        let asker = asker.into();
        for operation in operations {
            if let Some(askers) = self.allowed.get_mut(&operation) {
                askers.remove(&asker);
            }
        }
        self.allowed.retain(|_, askers| !askers.is_empty());
        self
    }

    /// `readUserFields`: the users in these fields may find, get and count the object.
    pub fn read_by_users_in<N: Into<String>>(mut self, fields: impl IntoIterator<Item = N>) -> Self {
        self.read_user_fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// `writeUserFields`: the users in these fields may update and delete the object, and add fields by that.
    pub fn write_by_users_in<N: Into<String>>(mut self, fields: impl IntoIterator<Item = N>) -> Self {
        self.write_user_fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// `protectedFields`: hides these fields from these askers, in every answer. Who is spoken of several times
    /// sees what one of them sees: an empty list for a role shows everything to it.
    pub fn protect<N: Into<String>>(
        mut self,
        asker: impl Into<Asker>,
        fields: impl IntoIterator<Item = N>,
    ) -> Self {
        self.protected
            .insert(asker.into(), fields.into_iter().map(Into::into).collect());
        self
    }

    /// The ACL of new objects that bring none: the server itself gives it to them.
    pub fn default_acl(mut self, acl: impl Into<DefaultAcl>) -> Self {
        self.acl = Some(acl.into());
        self
    }

    /// True when these very askers may do it. What a user may do by a role, or as one of the public, is up to the
    /// server.
    pub fn allows(&self, operation: ClassOperation, asker: impl Into<Asker>) -> bool {
        let askers = self.allowed.get(&operation);
        askers.is_some_and(|askers| askers.contains(&asker.into()))
    }

    /// Who may do it.
    pub fn askers(&self, operation: ClassOperation) -> impl Iterator<Item = &Asker> {
        self.allowed.get(&operation).into_iter().flatten()
    }

    /// The fields whose users may read the object.
    pub fn read_user_fields(&self) -> &[String] {
        &self.read_user_fields
    }

    /// The fields whose users may write the object.
    pub fn write_user_fields(&self) -> &[String] {
        &self.write_user_fields
    }

    /// The fields that are hidden from these askers; `None` where nothing is said of them.
    pub fn protected_from(&self, asker: impl Into<Asker>) -> Option<impl Iterator<Item = &str>> {
        let fields = self.protected.get(&asker.into())?;
        Some(fields.iter().map(String::as_str))
    }

    /// The ACL of new objects that bring none; `None` where they are public.
    pub fn acl_of_new(&self) -> Option<&DefaultAcl> {
        self.acl.as_ref()
    }

    /// Why the permissions cannot be sent.
    pub(super) fn unsendable(&self) -> Option<String> {
        let mut askers = self.allowed.values().flatten().chain(self.protected.keys());
        let asker = askers.find_map(|asker| asker.key("authenticated").err());
        let acl = self.acl.as_ref().and_then(|acl| acl.acl().mistake());
        asker
            .map(|reason| format!("the permissions name {reason}"))
            .or_else(|| acl.map(Into::into))
    }

    /// Why the server would refuse the permissions, of a class whose fields it finds by `field`: the field to blame,
    /// and the reason.
    pub(super) fn mistake(
        &self,
        field: &dyn Fn(&str) -> Option<ClassFieldType>,
    ) -> Option<(Option<String>, String)> {
        let askers = self.allowed.values().flatten().chain(self.protected.keys());
        if let Some(reason) = self.unsendable() {
            return Some((None, reason));
        }
        let of_askers = askers.filter_map(|asker| match asker {
            Asker::UserField(name) => Some(name),
            _ => None,
        });
        for name in of_askers
            .chain(&self.read_user_fields)
            .chain(&self.write_user_fields)
        {
            let reason = match field(name) {
                Some(ClassFieldType::Array) => continue,
                Some(ClassFieldType::Pointer(class)) if class == "_User" => continue,
                Some(other) => format!(
                    "the permissions look for users in it, and it is a {other}: only a Pointer to _User or an Array holds users"
                ),
                None => "the permissions look for users in it, and the class has no such field".into(),
            };
            return Some((Some(name.clone()), reason));
        }
        for name in self.protected.values().flatten() {
            let reason = if BUILT_IN.contains(&name.as_str()) {
                "every object shows this field: it cannot be protected"
            } else if field(name).is_none() {
                "the permissions protect it, and the class has no such field"
            } else {
                continue;
            };
            return Some((Some(name.clone()), reason.into()));
        }
        None
    }
}

/// What one operation says.
struct Rule<'a>(Option<&'a BTreeSet<Asker>>);

impl Serialize for Rule<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let mut fields = Vec::new();
        for asker in self.0.into_iter().flatten() {
            if let Asker::UserField(name) = asker {
                fields.push(name);
            } else if let Some(key) = asker.key("requiresAuthentication").map_err(S::Error::custom)? {
                map.serialize_entry(&key, &true)?;
            }
        }
        if !fields.is_empty() {
            map.serialize_entry("pointerFields", &fields)?;
        }
        map.end()
    }
}

struct Protected<'a>(&'a BTreeMap<Asker, BTreeSet<String>>);

impl Serialize for Protected<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (asker, fields) in self.0 {
            let key = match asker {
                Asker::UserField(name) => Some(format!("userField:{name}")),
                other => other.key("authenticated").map_err(S::Error::custom)?,
            };
            if let Some(key) = key {
                map.serialize_entry(&key, fields)?;
            }
        }
        map.end()
    }
}

/// The wire form, as `classLevelPermissions` of a schema. Every operation is spelled out.
impl Serialize for ClassPermissions {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for operation in ClassOperation::ALL {
            map.serialize_entry(operation.name(), &Rule(self.allowed.get(&operation)))?;
        }
        for (name, fields) in [
            ("readUserFields", &self.read_user_fields),
            ("writeUserFields", &self.write_user_fields),
        ] {
            if !fields.is_empty() {
                map.serialize_entry(name, fields)?;
            }
        }
        map.serialize_entry("protectedFields", &Protected(&self.protected))?;
        if let Some(acl) = &self.acl {
            map.serialize_entry("ACL", acl)?;
        }
        for (name, value) in &self.other {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

fn asker(key: &str) -> Asker {
    match key {
        "requiresAuthentication" | "authenticated" => Asker::Authenticated,
        key => match key.strip_prefix("userField:") {
            Some(name) => Asker::UserField(name.into()),
            None => Who::from_key(key).into(),
        },
    }
}

fn names(value: &Value) -> impl Iterator<Item = String> + '_ {
    let names = value.as_array().into_iter().flatten();
    names.filter_map(|name| Some(name.as_str()?.to_owned()))
}

impl<'de> Deserialize<'de> for ClassPermissions {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut other = Map::deserialize(from)?;
        let mut permissions = Self::new();
        for operation in ClassOperation::ALL {
            let Some(Value::Object(rule)) = other.remove(operation.name()) else {
                continue;
            };
            let askers = permissions.allowed.entry(operation).or_default();
            for (key, value) in &rule {
                if key == "pointerFields" {
                    askers.extend(names(value).map(Asker::UserField));
                } else if *value == Value::Bool(true) {
                    askers.insert(asker(key));
                }
            }
        }
        permissions.allowed.retain(|_, askers| !askers.is_empty());
        let mut list = |name: &str| other.remove(name).map(|list| names(&list).collect::<Vec<_>>());
        permissions.read_user_fields = list("readUserFields").unwrap_or_default();
        permissions.write_user_fields = list("writeUserFields").unwrap_or_default();
        if let Some(Value::Object(protected)) = other.remove("protectedFields") {
            let protected = protected
                .iter()
                .map(|(key, fields)| (asker(key), names(fields).collect()));
            permissions.protected = protected.collect();
        }
        // an untouched class says so; alone it changes nothing
        let nothing = |fields: &BTreeSet<String>| fields.is_empty();
        if permissions.protected.len() == 1 && permissions.protected.get(&Asker::Public).is_some_and(nothing)
        {
            permissions.protected.clear();
        }
        if let Some(acl) = other.remove("ACL") {
            let acl = DefaultAcl::deserialize(acl).map_err(D::Error::custom)?;
            permissions.acl = (acl != DefaultAcl::from(Acl::public())).then_some(acl);
        }
        permissions.other = other;
        Ok(permissions)
    }
}
