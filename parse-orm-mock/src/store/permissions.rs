//! Class-level permissions: what `classLevelPermissions` of a schema may say, and whom it lets do what.
//!
//! Kept as the client wrote them, because a schema answers them so; read where a request is judged.

use serde_json::{Map, Value, json};

use super::schema::{FieldType, Schema, is_default_field};
use crate::access::acl::Group;
use crate::number::to_text;
use crate::refusal::{Refusal, code};

/// What permissions can be about.
const KEYS: [&str; 11] = [
    "ACL",
    "find",
    "count",
    "get",
    "create",
    "update",
    "delete",
    "addField",
    "readUserFields",
    "writeUserFields",
    "protectedFields",
];

/// What a request does to a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Find,
    Get,
    Count,
    Create,
    Update,
    Delete,
    AddField,
}

impl Operation {
    /// Its name in the permissions.
    pub(crate) fn name(self) -> &'static str {
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

    /// The list of fields whose users may do it.
    fn user_fields(self) -> &'static str {
        match self {
            Self::Find | Self::Get | Self::Count => "readUserFields",
            _ => "writeUserFields",
        }
    }
}

/// The permissions of a class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClassPermissions(Map<String, Value>);

impl Default for ClassPermissions {
    /// Everybody may do everything, as in a class that nobody restricted.
    fn default() -> Self {
        let mut all = Map::new();
        all.insert("ACL".to_owned(), json!({"*": {"read": true, "write": true}}));
        for operation in [
            Operation::Find,
            Operation::Count,
            Operation::Get,
            Operation::Create,
            Operation::Update,
            Operation::Delete,
            Operation::AddField,
        ] {
            all.insert(operation.name().to_owned(), json!({"*": true}));
        }
        all.insert("protectedFields".to_owned(), json!({"*": []}));
        Self(all)
    }
}

impl ClassPermissions {
    /// Checks what a client wrote; an operation it does not name is nobody's.
    ///
    /// The fields are those of the class as it will be; with custom object ids a user's id may be any text.
    pub(crate) fn read(
        written: &Map<String, Value>,
        fields: &Schema,
        custom_ids: bool,
    ) -> Result<Self, Refusal> {
        for (key, value) in written {
            check_entry(key, value, fields, custom_ids)?;
        }
        let mut all = Map::new();
        for name in [
            "find",
            "count",
            "get",
            "create",
            "update",
            "delete",
            "addField",
            "protectedFields",
        ] {
            all.insert(name.to_owned(), json!({}));
        }
        all.extend(written.clone());
        Ok(Self(all))
    }

    /// The permissions as a schema answers them.
    pub(crate) fn emit(&self) -> Value {
        Value::Object(self.0.clone())
    }

    fn of(&self, operation: Operation) -> Option<&Value> {
        self.0.get(operation.name())
    }

    /// Whether the operation is open to one of this group: `*`, roles (`role:Name`) and a user's id.
    pub(crate) fn allows(&self, group: &Group<'_>, operation: Operation) -> bool {
        let Some(rule) = self.of(operation) else {
            return true;
        };
        let open = |name: &str| rule.get(name) == Some(&Value::Bool(true));
        open("*") || group.0.iter().any(|name| open(name))
    }

    /// Refuses an operation that nobody of this group may ever do. What pointer fields allow depends on the
    /// row: see [`pointer_fields`](Self::pointer_fields).
    pub(crate) fn check(
        &self,
        class: &str,
        group: &Group<'_>,
        operation: Operation,
        updating: bool,
    ) -> Result<(), Denial> {
        let Some(rule) = self.of(operation).filter(|_| !self.allows(group, operation)) else {
            return Ok(());
        };
        let denial = || Denial::Forbidden {
            operation,
            class: class.to_owned(),
        };
        if rule
            .get("requiresAuthentication")
            .is_some_and(crate::number::truthy)
        {
            return if group.user().is_some() {
                Ok(())
            } else {
                Err(Denial::Unauthenticated)
            };
        }
        if operation == Operation::Create {
            return Err(denial());
        }
        let listed = |list: Option<&Value>| {
            list.and_then(Value::as_array)
                .is_some_and(|list| !list.is_empty())
        };
        if listed(self.0.get(operation.user_fields())) {
            return Ok(());
        }
        let by_pointer = listed(rule.get("pointerFields"));
        if by_pointer && (operation != Operation::AddField || updating) {
            return Ok(());
        }
        Err(denial())
    }

    /// The fields one of which must hold the user, for this group to do the operation with a row; empty when
    /// the group needs none.
    pub(crate) fn pointer_fields(&self, group: &Group<'_>, operation: Operation) -> Vec<&str> {
        if self.allows(group, operation) {
            return Vec::new();
        }
        let of_rule = self.of(operation).and_then(|rule| rule.get("pointerFields"));
        let of_class = self.0.get(operation.user_fields());
        let mut fields: Vec<&str> = Vec::new();
        for field in [of_rule, of_class]
            .into_iter()
            .flatten()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
        {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }

    /// The ACL that a new object gets when it brings none; `None` for the open one.
    pub(crate) fn default_acl(&self, user: Option<&str>) -> Option<Value> {
        let acl = self.0.get("ACL")?;
        if *acl == json!({"*": {"read": true, "write": true}}) {
            return None;
        }
        let mut acl = acl.as_object()?.clone();
        if let Some((rights, user)) = acl.shift_remove("currentUser").zip(user) {
            acl.insert(user.to_owned(), rights);
        }
        Some(Value::Object(acl))
    }

    /// The fields that are hidden from a group, by group.
    pub(crate) fn protected_fields(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let groups = self.0.get("protectedFields").and_then(Value::as_object);
        groups.into_iter().flatten().map(|(group, fields)| {
            let fields = fields.as_array().into_iter().flatten();
            (group.as_str(), fields.filter_map(Value::as_str).collect())
        })
    }
}

/// An operation that the permissions refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denial {
    /// `requiresAuthentication`, and nobody has logged in.
    Unauthenticated,
    /// Not for this group.
    Forbidden { operation: Operation, class: String },
}

impl Denial {
    /// What the client is told; the reason only without `enableSanitizedErrorResponse`.
    pub(crate) fn refusal(&self, sanitized: bool) -> Refusal {
        match self {
            Self::Unauthenticated => {
                let reason = "Permission denied, user needs to be authenticated.";
                Refusal::access(code::OBJECT_NOT_FOUND, reason, sanitized)
            }
            Self::Forbidden { operation, class } => {
                let reason = format!(
                    "Permission denied for action {} on class {class}.",
                    operation.name()
                );
                Refusal::access(code::OPERATION_FORBIDDEN, reason, sanitized)
            }
        }
    }
}

fn check_entry(key: &str, value: &Value, fields: &Schema, custom_ids: bool) -> Result<(), Refusal> {
    if !KEYS.contains(&key) {
        let message = format!("{key} is not a valid operation for class level permissions");
        return Err(Refusal::json(message));
    }
    let must_be = |what: &str| {
        let text = to_text(value);
        Refusal::json(format!(
            "'{text}' is not a valid value for class level permissions {key} - must be an {what}"
        ))
    };
    if matches!(key, "readUserFields" | "writeUserFields") {
        let list = value.as_array().ok_or_else(|| must_be("array"))?;
        return list
            .iter()
            .try_for_each(|field| check_pointer(field, fields, key));
    }
    // An array is an object with numbers for keys.
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(name, rule)| (name.clone(), rule)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(place, rule)| (place.to_string(), rule))
            .collect(),
        _ => return Err(must_be("object")),
    };
    for (name, rule) in entries {
        let rule_of_key = if key == "protectedFields" {
            ["userField:", "role:", "authenticated"]
        } else {
            ["pointerFields", "role:", "requiresAuthentication"]
        };
        let known = rule_of_key.iter().any(|known| match known.strip_suffix(':') {
            Some(_) => name.starts_with(known),
            None => name == *known,
        });
        if !known && name != "*" && !is_user_id(&name, custom_ids) {
            let message = format!("'{name}' is not a valid key for class level permissions");
            return Err(Refusal::json(message));
        }
        match key {
            "protectedFields" => check_protected(&name, rule, fields)?,
            _ if name == "pointerFields" => match rule.as_array() {
                // The real server puts the whole rule where the name of the operation should be.
                Some(list) => list
                    .iter()
                    .try_for_each(|field| check_pointer(field, fields, "[object Object]"))?,
                None => return Err(not_an_array(rule, &format!("{key}[{name}]"))),
            },
            "ACL" => check_acl(rule)?,
            _ if *rule != Value::Bool(true) => {
                let message = format!(
                    "'{}' is not a valid value for class level permissions acl {key}:{name}",
                    to_text(rule)
                );
                return Err(Refusal::json(message));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_user_id(name: &str, custom_ids: bool) -> bool {
    !name.is_empty() && (custom_ids || name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn not_an_array(value: &Value, place: &str) -> Refusal {
    let text = to_text(value);
    Refusal::json(format!(
        "'{text}' is not a valid value for {place} - expected an array."
    ))
}

fn check_protected(group: &str, rule: &Value, fields: &Schema) -> Result<(), Refusal> {
    let list = rule
        .as_array()
        .ok_or_else(|| not_an_array(rule, &format!("protectedFields[{group}]")))?;
    for field in list {
        let field = to_text(field);
        if is_default_field(&field) {
            return Err(Refusal::json(format!(
                "Default field '{field}' can not be protected"
            )));
        }
        if fields.get(&field).is_none() {
            let message = format!("Field '{field}' in protectedFields:{group} does not exist");
            return Err(Refusal::json(message));
        }
    }
    Ok(())
}

fn check_pointer(field: &Value, fields: &Schema, place: &str) -> Result<(), Refusal> {
    let field = to_text(field);
    match fields.get(&field) {
        Some(FieldType::Array) => Ok(()),
        Some(FieldType::Pointer(class)) if class == "_User" => Ok(()),
        _ => Err(Refusal::json(format!(
            "'{field}' is not a valid column for class level pointer permissions {place}"
        ))),
    }
}

fn check_acl(rule: &Value) -> Result<(), Refusal> {
    let bad = |text: &str, what: &str| {
        Refusal::json(format!(
            "'{text}' is not a valid {what} for class level permissions acl"
        ))
    };
    let rights = rule.as_object().ok_or_else(|| bad(&to_text(rule), "value"))?;
    let keys: Vec<&str> = rights.keys().map(String::as_str).collect();
    let keys: Vec<&str> = keys
        .into_iter()
        .filter(|key| !matches!(*key, "read" | "write"))
        .collect();
    if !keys.is_empty() {
        return Err(bad(&keys.join(","), "key"));
    }
    let values: Vec<String> = rights
        .values()
        .filter(|value| !value.is_boolean())
        .map(to_text)
        .collect();
    if !values.is_empty() {
        return Err(bad(&values.join(","), "value"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Schema {
        let mut schema = Schema::default();
        let row = json!({
            "owner": {"__type": "Pointer", "className": "_User", "objectId": "u"},
            "other": {"__type": "Pointer", "className": "Team", "objectId": "t"},
            "editors": [],
            "phone": "1",
        });
        schema.admit("Doc", row.as_object().unwrap()).unwrap();
        schema
    }

    fn read(written: Value) -> Result<ClassPermissions, Refusal> {
        ClassPermissions::read(written.as_object().unwrap(), &fields(), false)
    }

    fn group<'a>(names: &[&'a str]) -> Group<'a> {
        Group(names.to_vec())
    }

    #[test]
    fn what_is_no_permission_is_refused_with_its_reason() {
        for (written, message) in [
            (
                json!({"look": {}}),
                "look is not a valid operation for class level permissions",
            ),
            (
                json!({"find": {"nouser!": true}}),
                "'nouser!' is not a valid key for class level permissions",
            ),
            (
                json!({"find": {"*": false}}),
                "'false' is not a valid value for class level permissions acl find:*",
            ),
            (
                json!({"find": true}),
                "'true' is not a valid value for class level permissions find - must be an object",
            ),
            (
                json!({"readUserFields": "owner"}),
                "'owner' is not a valid value for class level permissions readUserFields - must be an array",
            ),
            (
                json!({"readUserFields": ["other"]}),
                "'other' is not a valid column for class level pointer permissions readUserFields",
            ),
            (
                json!({"update": {"pointerFields": ["phone"]}}),
                "'phone' is not a valid column for class level pointer permissions [object Object]",
            ),
            (
                json!({"update": {"pointerFields": true}}),
                "'true' is not a valid value for update[pointerFields] - expected an array.",
            ),
            (
                json!({"protectedFields": {"*": ["nope"]}}),
                "Field 'nope' in protectedFields:* does not exist",
            ),
            (
                json!({"protectedFields": {"*": ["createdAt"]}}),
                "Default field 'createdAt' can not be protected",
            ),
            (
                json!({"protectedFields": {"*": "phone"}}),
                "'phone' is not a valid value for protectedFields[*] - expected an array.",
            ),
            (
                json!({"ACL": {"*": {"see": true}}}),
                "'see' is not a valid key for class level permissions acl",
            ),
            (
                json!({"ACL": {"*": {"read": 1}}}),
                "'1' is not a valid value for class level permissions acl",
            ),
        ] {
            let refusal = read(written).unwrap_err();
            assert_eq!((refusal.code, &*refusal.message), (Some(107), message));
        }
        assert!(
            ClassPermissions::read(
                json!({"find": {"my id": true}}).as_object().unwrap(),
                &fields(),
                true
            )
            .is_ok()
        );
    }

    #[test]
    fn what_is_not_named_is_nobodys() {
        let permissions =
            read(json!({"find": {"*": true}, "update": {"role:Admins": true, "ann": true}})).unwrap();
        let nobody = group(&["*"]);
        assert!(permissions.check("Doc", &nobody, Operation::Find, false).is_ok());
        let denial = permissions
            .check("Doc", &nobody, Operation::Get, false)
            .unwrap_err();
        assert_eq!(denial.refusal(true), Refusal::denied(119));
        assert_eq!(
            denial.refusal(false).message,
            "Permission denied for action get on class Doc."
        );
        for (names, allowed) in [
            (&["*", "role:Admins", "bob"][..], true),
            (&["*", "ann"], true),
            (&["*", "role:Users", "bob"], false),
        ] {
            let checked = permissions.check("Doc", &group(names), Operation::Update, true);
            assert_eq!(checked.is_ok(), allowed, "{names:?}");
        }
        assert_eq!(permissions.emit()["delete"], json!({}));
        assert_eq!(ClassPermissions::default().emit()["delete"], json!({"*": true}));
    }

    #[test]
    fn who_must_have_logged_in_is_told_so_with_101() {
        let permissions = read(json!({"create": {"requiresAuthentication": true}})).unwrap();
        let denial = permissions.check("Doc", &group(&["*"]), Operation::Create, false);
        assert_eq!(denial.unwrap_err().refusal(true).code, Some(101));
        assert!(
            permissions
                .check("Doc", &group(&["*", "ann"]), Operation::Create, false)
                .is_ok()
        );
    }

    #[test]
    fn pointer_fields_leave_it_to_the_row() {
        let permissions = read(json!({
            "find": {"pointerFields": ["owner"]},
            "create": {"pointerFields": ["owner"]},
            "addField": {"pointerFields": ["owner"]},
            "readUserFields": ["editors", "owner"],
        }))
        .unwrap();
        let ann = group(&["*", "ann"]);
        assert!(permissions.check("Doc", &ann, Operation::Find, false).is_ok());
        assert_eq!(
            permissions.pointer_fields(&ann, Operation::Find),
            ["owner", "editors"]
        );
        assert_eq!(
            permissions.pointer_fields(&ann, Operation::Get),
            ["editors", "owner"]
        );
        assert!(permissions.check("Doc", &ann, Operation::Create, false).is_err());
        assert!(
            permissions
                .check("Doc", &ann, Operation::AddField, false)
                .is_err()
        );
        assert!(permissions.check("Doc", &ann, Operation::AddField, true).is_ok());
        assert!(permissions.check("Doc", &ann, Operation::Update, true).is_err());
    }

    #[test]
    fn the_default_acl_names_the_current_user() {
        let permissions =
            read(json!({"ACL": {"*": {"read": true}, "currentUser": {"write": true}}})).unwrap();
        assert_eq!(
            permissions.default_acl(Some("ann")),
            Some(json!({"*": {"read": true}, "ann": {"write": true}}))
        );
        assert_eq!(permissions.default_acl(None), Some(json!({"*": {"read": true}})));
        assert_eq!(ClassPermissions::default().default_acl(Some("ann")), None);
    }
}
