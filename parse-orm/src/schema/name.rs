//! Which names classes and fields can have.

use crate::{Error, Result};

/// The classes of the server itself that have a definition to read and change.
const SYSTEM_CLASSES: [&str; 10] = [
    "_User",
    "_Installation",
    "_Role",
    "_Session",
    "_Product",
    "_PushStatus",
    "_JobStatus",
    "_JobSchedule",
    "_Audience",
    "_Idempotency",
];

/// The fields that every class has.
pub(super) const BUILT_IN: [&str; 4] = ["objectId", "createdAt", "updatedAt", "ACL"];

/// The fields that the server gives to its own classes.
fn given(class_name: &str) -> &'static [&'static str] {
    match class_name {
        "_User" => &["username", "password", "email", "emailVerified", "authData"],
        "_Role" => &["name", "users", "roles"],
        "_Session" => &[
            "user",
            "installationId",
            "sessionToken",
            "expiresAt",
            "createdWith",
        ],
        "_Installation" => &[
            "installationId",
            "deviceToken",
            "channels",
            "deviceType",
            "pushType",
            "GCMSenderId",
            "timeZone",
            "localeIdentifier",
            "badge",
            "appVersion",
            "appName",
            "appIdentifier",
            "parseVersion",
        ],
        _ => &[],
    }
}

/// True when a class has the field without anybody adding it.
pub(super) fn is_given(class_name: &str, field: &str) -> bool {
    BUILT_IN.contains(&field) || given(class_name).contains(&field)
}

fn is_word(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !matches!(name, "length" | "className")
}

pub(super) fn class_reason(class_name: &str) -> Option<String> {
    let known = SYSTEM_CLASSES.contains(&class_name) || is_word(class_name);
    (!known).then(|| {
        format!(
            "`{class_name}` cannot be a class: a name begins with a letter and holds letters, digits and `_`, \
             and `length` and `className` are taken"
        )
    })
}

pub(super) fn check_class(class_name: &str) -> Result<()> {
    class_reason(class_name).map_or(Ok(()), |reason| Err(Error::invalid(class_name, None, reason)))
}

/// Refuses what cannot be added to a class or deleted from it.
pub(super) fn check_field(class_name: &str, field: &str) -> Result<()> {
    let reason = if is_given(class_name, field) {
        "the server itself gives this field to the class: it can be neither added nor deleted"
    } else if is_word(field) {
        return Ok(());
    } else {
        "a field's name begins with a letter and holds letters, digits and `_`, and `length` and `className` are taken"
    };
    Err(Error::invalid(class_name, Some(field), reason))
}
