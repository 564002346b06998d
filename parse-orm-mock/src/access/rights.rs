//! Which rows of a class a request may read or write: by the class's permissions, by ACLs, and by who owns a
//! session.

use serde_json::{Map, Value};

use super::acl::{Group, readable, writable};
use crate::keys::Auth;
use crate::options::Options;
use crate::refusal::{Refusal, code};
use crate::store::permissions::{ClassPermissions, Operation};
use crate::store::schema::Schema;
use crate::store::{Row, Store};
use crate::user::session::pointer;

/// The rows that one operation of one request may touch.
#[derive(Debug, PartialEq)]
pub(crate) struct Rights<'a> {
    group: Option<Group<'a>>,
    operation: Operation,
    holders: Holders,
}

/// What a row must hold beside its ACL's word.
#[derive(Debug, Clone, PartialEq)]
enum Holders {
    Anything,
    /// One of these fields must hold this user.
    User(Vec<String>, Value),
    /// Fields must hold the user, and there is none.
    Nobody,
}

impl<'a> Rights<'a> {
    /// The rights of a request, or why it has none whatever the row.
    pub(crate) fn of(
        store: &Store,
        auth: &'a Auth,
        options: &Options,
        class: &str,
        operation: Operation,
    ) -> Result<Self, Refusal> {
        let Some(group) = auth.group(store) else {
            return Ok(Self {
                group: None,
                operation,
                holders: Holders::Anything,
            });
        };
        let permissions = store.class(class).map(|class| &class.schema.permissions);
        let mut holders = Holders::Anything;
        if let Some(permissions) = permissions {
            let updating = operation == Operation::AddField;
            permissions
                .check(class, &group, operation, updating)
                .map_err(|denial| denial.refusal(options.sanitized_errors))?;
            holders = held(permissions, &group, operation);
        }
        if class == "_Session" {
            holders = match group.user() {
                Some(user) => Holders::User(vec!["user".to_owned()], pointer(user)),
                None => return Err(no_session(options)),
            };
        }
        Ok(Self {
            group: Some(group),
            operation,
            holders,
        })
    }

    /// Whether the row is one of them.
    pub(crate) fn cover(&self, row: &Row) -> bool {
        let by_acl = match self.operation {
            Operation::Find | Operation::Get | Operation::Count => readable(self.group.as_ref(), row),
            _ => writable(self.group.as_ref(), row),
        };
        by_acl
            && match &self.holders {
                Holders::Anything => true,
                Holders::Nobody => false,
                Holders::User(fields, user) => fields
                    .iter()
                    .any(|field| row.get(field).is_some_and(|value| holds(value, user))),
            }
    }

    /// Whether they cover no row, as fields would have to hold a user and there is none.
    pub(crate) fn are_nobodys(&self) -> bool {
        self.holders == Holders::Nobody
    }

    /// Whether both cover the same rows.
    pub(crate) fn same_rows(&self, other: &Self) -> bool {
        self.holders == other.holders
    }
}

fn held(permissions: &ClassPermissions, group: &Group<'_>, operation: Operation) -> Holders {
    let fields = permissions.pointer_fields(group, operation);
    match group.user() {
        _ if fields.is_empty() => Holders::Anything,
        None => Holders::Nobody,
        Some(user) => Holders::User(fields.into_iter().map(str::to_owned).collect(), pointer(user)),
    }
}

/// A pointer to the user, or a list with one in it.
fn holds(value: &Value, user: &Value) -> bool {
    match value {
        Value::Array(items) => items.contains(user),
        value => value == user,
    }
}

/// Sessions are shown to those only who have one.
pub(crate) fn no_session(options: &Options) -> Refusal {
    let reason = "Invalid session token";
    Refusal::access(code::INVALID_SESSION_TOKEN, reason, options.sanitized_errors)
}

/// Refuses an object with fields that its class does not have, where the group may not add any; whether it has
/// such fields.
pub(crate) fn check_new_fields(
    store: &Store,
    auth: &Auth,
    options: &Options,
    class: &str,
    object: &Map<String, Value>,
    updating: bool,
) -> Result<bool, Refusal> {
    let (Some(known), Some(group)) = (store.class(class), auth.group(store)) else {
        return Ok(false);
    };
    if !has_new_fields(&known.schema, object) {
        return Ok(false);
    }
    let permissions = &known.schema.permissions;
    permissions
        .check(class, &group, Operation::AddField, updating)
        .map_err(|denial| denial.refusal(options.sanitized_errors))?;
    Ok(true)
}

fn has_new_fields(schema: &Schema, object: &Map<String, Value>) -> bool {
    object.iter().any(|(key, value)| {
        let root = key.split('.').next().unwrap_or_default();
        let deleted = value.get("__op").and_then(Value::as_str) == Some("Delete");
        !deleted && schema.get(root).is_none()
    })
}
