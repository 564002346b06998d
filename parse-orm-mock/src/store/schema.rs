//! Schemas: which names are allowed, the type of a field, and the lock-in of a type at its first value.

use std::collections::HashMap;
use std::fmt;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::builtin;
use super::permissions::ClassPermissions;
use crate::number::truthy;
use crate::refusal::{Refusal, code};
use crate::value::is_typed;

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldType {
    Number,
    Text,
    Boolean,
    Date,
    Object,
    Array,
    GeoPoint,
    File,
    Bytes,
    Polygon,
    Acl,
    Pointer(String),
    Relation(String),
}

impl FieldType {
    /// Its name, without the class of a pointer or relation.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Number => "Number",
            Self::Text => "String",
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::Object => "Object",
            Self::Array => "Array",
            Self::GeoPoint => "GeoPoint",
            Self::File => "File",
            Self::Bytes => "Bytes",
            Self::Polygon => "Polygon",
            Self::Acl => "ACL",
            Self::Pointer(_) => "Pointer",
            Self::Relation(_) => "Relation",
        }
    }

    /// The type of this name, where it takes no class and a field can be of it.
    pub(super) fn plain(name: &str) -> Option<Self> {
        let plain = [
            Self::Number,
            Self::Text,
            Self::Boolean,
            Self::Date,
            Self::Object,
            Self::Array,
            Self::GeoPoint,
            Self::File,
            Self::Bytes,
            Self::Polygon,
        ];
        plain.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pointer(class) | Self::Relation(class) => write!(f, "{}<{class}>", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}

/// The fields of a class, and who may do what with it.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    fields: IndexMap<String, FieldType>,
    /// What a definition says of a field beside its type: `required`, `defaultValue`, and whatever else.
    options: HashMap<String, Map<String, Value>>,
    pub(crate) permissions: ClassPermissions,
}

/// The fields that every class has.
const DEFAULT_FIELDS: [(&str, FieldType); 4] = [
    ("objectId", FieldType::Text),
    ("createdAt", FieldType::Date),
    ("updatedAt", FieldType::Date),
    ("ACL", FieldType::Acl),
];

/// Whether every class has this field.
pub(crate) fn is_default_field(name: &str) -> bool {
    DEFAULT_FIELDS.iter().any(|(field, _)| *field == name)
}

impl Default for Schema {
    fn default() -> Self {
        let fields = DEFAULT_FIELDS.map(|(name, kind)| (name.to_owned(), kind));
        Self {
            fields: fields.into(),
            options: HashMap::new(),
            permissions: ClassPermissions::default(),
        }
    }
}

impl Schema {
    /// The schema of a class that comes to be: the server's own classes have fields of their own.
    pub(crate) fn of(class: &str) -> Self {
        let mut schema = Self::default();
        for (name, kind) in builtin::columns(class) {
            schema.fields.insert((*name).to_owned(), kind.field_type());
        }
        schema
    }

    pub(crate) fn get(&self, field: &str) -> Option<&FieldType> {
        self.fields.get(field)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &FieldType)> {
        self.fields.iter().map(|(name, kind)| (name.as_str(), kind))
    }

    /// What a definition says of this field beside its type.
    pub(crate) fn options(&self, field: &str) -> Option<&Map<String, Value>> {
        self.options.get(field)
    }

    /// Adds a field, or changes its options.
    pub(crate) fn define(&mut self, field: &str, kind: FieldType, options: Map<String, Value>) {
        self.fields.insert(field.to_owned(), kind);
        if options.is_empty() {
            self.options.remove(field);
        } else {
            self.options.insert(field.to_owned(), options);
        }
    }

    pub(crate) fn forget(&mut self, field: &str) {
        self.fields.shift_remove(field);
        self.options.remove(field);
    }

    /// Gives a new object the default values that it lacks, and refuses an object without a field that is
    /// required; the names of what was added. An empty text is no value here.
    pub(crate) fn complete(
        &self,
        object: &mut Map<String, Value>,
        creating: bool,
    ) -> Result<Vec<String>, Refusal> {
        let mut added = Vec::new();
        // The order of the definition decides which field is missed first.
        for field in self.fields.keys() {
            let Some(options) = self.options.get(field) else {
                continue;
            };
            let value = object.get(field);
            let deleted = value.is_some_and(|value| value.get("__op") == Some(&json!("Delete")));
            let blank = value.is_some_and(|value| value.is_null() || *value == json!(""));
            if !(value.is_none() || deleted || blank) || (value.is_none() && !creating) {
                continue;
            }
            let default = options.get("defaultValue").filter(|default| !default.is_null());
            match default {
                Some(default) if creating && !blank => {
                    object.insert(field.clone(), default.clone());
                    added.push(field.clone());
                }
                // The real server looks into the null, and fails.
                Some(_) if creating && value.is_some_and(Value::is_null) => return Err(Refusal::crash()),
                _ if options.get("required") == Some(&Value::Bool(true)) => {
                    return Err(Refusal::new(
                        code::VALIDATION_ERROR,
                        format!("{field} is required"),
                    ));
                }
                _ => {}
            }
        }
        Ok(added)
    }

    /// The relation fields: they have no value in a row, yet show on every row.
    pub(crate) fn relations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter_map(|(name, kind)| match kind {
            FieldType::Relation(class) => Some((name.as_str(), class.as_str())),
            _ => None,
        })
    }

    /// Checks an object that is about to be written and adds its new fields.
    ///
    /// As on the real server a value without a type changes nothing, while of fields of another type those before
    /// the first bad one stay in the schema.
    pub(crate) fn admit(&mut self, class: &str, object: &Map<String, Value>) -> Result<(), Refusal> {
        if object
            .values()
            .filter(|value| is_typed(value, "GeoPoint"))
            .count()
            > 1
        {
            return Err(Refusal::mistyped(
                "there can only be one geopoint field in a class",
            ));
        }
        let mut kinds = Vec::with_capacity(object.len());
        for (name, value) in object {
            if let Some(kind) = infer(value)?.filter(|_| name != "ACL") {
                kinds.push((name, kind));
            }
        }
        kinds
            .into_iter()
            .try_for_each(|(name, kind)| self.admit_field(class, name, kind))
    }

    fn admit_field(&mut self, class: &str, name: &str, kind: FieldType) -> Result<(), Refusal> {
        let (name, kind) = match name.split_once('.') {
            Some((root, rest)) if !root.is_empty() => {
                let index = rest
                    .split('.')
                    .next()
                    .is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
                (
                    root,
                    if index {
                        FieldType::Array
                    } else {
                        FieldType::Object
                    },
                )
            }
            _ => (name, kind),
        };
        if !field_name_is_valid(name) {
            return Err(Refusal::bad_key(format!("Invalid field name: {name}.")));
        }
        match self.fields.get(name) {
            Some(expected) if *expected != kind => Err(Refusal::mistyped(format!(
                "schema mismatch for {class}.{name}; expected {expected} but got {kind}"
            ))),
            Some(_) => Ok(()),
            None => {
                if kind == FieldType::GeoPoint
                    && self.fields.values().any(|kind| *kind == FieldType::GeoPoint)
                {
                    return Err(second_geopoint());
                }
                self.fields.insert(name.to_owned(), kind);
                Ok(())
            }
        }
    }
}

pub(super) fn second_geopoint() -> Refusal {
    Refusal::mistyped("MongoDB only supports one GeoPoint field in a class.")
}

/// The type that a written value asks for; `None` for null and for deletions.
pub(super) fn infer(value: &Value) -> Result<Option<FieldType>, Refusal> {
    let map = match value {
        Value::Null => return Ok(None),
        Value::Bool(_) => return Ok(Some(FieldType::Boolean)),
        Value::Number(_) => return Ok(Some(FieldType::Number)),
        Value::String(_) => return Ok(Some(FieldType::Text)),
        Value::Array(_) => return Ok(Some(FieldType::Array)),
        Value::Object(map) => map,
    };
    if let Some(tag) = map.get("__type").filter(|tag| truthy(tag)) {
        let tag = tag.as_str().unwrap_or("[object Object]");
        let has = |key: &str| map.get(key).is_some_and(truthy);
        let number = |key: &str| map.get(key).is_some_and(|value| !value.is_null());
        let class = || {
            map.get("className")
                .and_then(Value::as_str)
                .filter(|class| !class.is_empty())
        };
        let kind = match tag {
            "Pointer" => class().map(|class| FieldType::Pointer(class.to_owned())),
            "Relation" => class().map(|class| FieldType::Relation(class.to_owned())),
            "File" if has("name") => Some(FieldType::File),
            "Date" if has("iso") => Some(FieldType::Date),
            "GeoPoint" if number("latitude") && number("longitude") => Some(FieldType::GeoPoint),
            "Bytes" if has("base64") => Some(FieldType::Bytes),
            "Polygon" if has("coordinates") => Some(FieldType::Polygon),
            _ => None,
        };
        return kind
            .map(Some)
            .ok_or_else(|| Refusal::mistyped(format!("This is not a valid {tag}")));
    }
    match map.get("__op").filter(|op| truthy(op)) {
        None => Ok(Some(FieldType::Object)),
        Some(op) => infer_op(op.as_str().unwrap_or_default(), map),
    }
}

fn infer_op(op: &str, map: &Map<String, Value>) -> Result<Option<FieldType>, Refusal> {
    match op {
        "Increment" => Ok(Some(FieldType::Number)),
        "Delete" => Ok(None),
        "Add" | "AddUnique" | "Remove" => Ok(Some(FieldType::Array)),
        "AddRelation" | "RemoveRelation" => {
            // The real server reads `objects[0].className` without a look.
            let first = map
                .get("objects")
                .and_then(|objects| objects.get(0))
                .ok_or_else(Refusal::crash)?;
            let class = first
                .get("className")
                .and_then(Value::as_str)
                .unwrap_or("undefined");
            Ok(Some(FieldType::Relation(class.to_owned())))
        }
        "Batch" => infer(
            map.get("ops")
                .and_then(|ops| ops.get(0))
                .ok_or_else(Refusal::crash)?,
        ),
        // An exception that is no Parse error: the client sees only code 1. SetOnInsert ends here too.
        _ => Err(Refusal::crash()),
    }
}

/// The classes the server itself owns.
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

/// Whether the class belongs to the server.
pub(crate) fn is_system_class(name: &str) -> bool {
    SYSTEM_CLASSES.contains(&name)
}

/// Whether a class of this name can exist.
pub(crate) fn class_name_is_valid(name: &str) -> bool {
    is_system_class(name) || is_join_name(name) || field_name_is_valid(name)
}

fn is_join_name(name: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    name.strip_prefix("_Join:")
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(key, class)| word(key) && word(class))
}

/// Whether a field of this name can exist.
pub(crate) fn field_name_is_valid(name: &str) -> bool {
    name != "className"
        && name != "length"
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Refuses an object that lacks, or an update that deletes, a field which the server's own class must have.
pub(crate) fn check_required(
    class: &str,
    object: &Map<String, Value>,
    updating: bool,
) -> Result<(), Refusal> {
    let missing = |column: &&&str| {
        let value = object.get(**column);
        if updating {
            value.is_some_and(|value| value.get("__op").and_then(Value::as_str) == Some("Delete"))
        } else {
            !value.is_some_and(truthy)
        }
    };
    match builtin::required(class).iter().find(missing) {
        Some(column) => Err(Refusal::mistyped(format!("{column} is required."))),
        None => Ok(()),
    }
}

/// The default `requestKeywordDenylist`: keys that hint at an attack, anywhere in the object.
pub(crate) fn check_keywords(object: &Map<String, Value>) -> Result<(), Refusal> {
    let prohibited = |keyword: &str| {
        Refusal::new(
            code::INVALID_KEY_NAME,
            format!("Prohibited keyword in request data: {keyword}."),
        )
    };
    // The names are regular expressions on the real server: a part of the key is enough.
    if any_entry(object, &|key, value| {
        key.contains("_bsontype") && value.as_str().is_some_and(|text| text.contains("Code"))
    }) {
        return Err(prohibited(r#"{"key":"_bsontype","value":"Code"}"#));
    }
    for keyword in ["constructor", "__proto__"] {
        if any_entry(object, &|key, _| key.contains(keyword)) {
            return Err(prohibited(&format!(r#"{{"key":"{keyword}"}}"#)));
        }
    }
    Ok(())
}

fn any_entry(object: &Map<String, Value>, test: &dyn Fn(&str, &Value) -> bool) -> bool {
    fn inside(value: &Value, test: &dyn Fn(&str, &Value) -> bool) -> bool {
        match value {
            Value::Object(map) => any_entry(map, test),
            Value::Array(items) => items.iter().any(|item| inside(item, test)),
            _ => false,
        }
    }
    object
        .iter()
        .any(|(key, value)| test(key, value) || inside(value, test))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn admit(schema: &mut Schema, object: &Value) -> Result<(), Refusal> {
        schema.admit("GameScore", object.as_object().unwrap())
    }

    #[test]
    fn a_type_is_locked_in_by_its_first_value() {
        let mut schema = Schema::default();
        admit(&mut schema, &json!({"score": 1, "nothing": null})).unwrap();
        let refusal = admit(&mut schema, &json!({"score": "x"})).unwrap_err();
        assert_eq!(
            refusal.message,
            "schema mismatch for GameScore.score; expected Number but got String"
        );
        admit(&mut schema, &json!({"nothing": "text"})).unwrap();
        let refusal = admit(&mut schema, &json!({"score.x": 1})).unwrap_err();
        assert_eq!(
            refusal.message,
            "schema mismatch for GameScore.score; expected Number but got Object"
        );
    }

    #[test]
    fn only_one_geopoint() {
        let point = json!({"__type": "GeoPoint", "latitude": 0, "longitude": 0});
        let mut schema = Schema::default();
        admit(&mut schema, &json!({"a": point})).unwrap();
        assert_eq!(
            admit(&mut schema, &json!({"b": point})).unwrap_err().code,
            Some(111)
        );
    }

    #[test]
    fn names() {
        for name in ["a", "A1_", "_User", "_Join:users:_Role"] {
            assert!(class_name_is_valid(name), "{name}");
        }
        for name in ["", "1a", "a-b", "_x", "length", "className", "a.b", "é"] {
            assert!(!field_name_is_valid(name), "{name}");
        }
    }
}
