//! The definition of a class as requests write and read it: fields with their options, permissions, indexes.

use serde_json::{Map, Value, json};

use super::permissions::ClassPermissions;
use super::schema::{
    FieldType, Schema, class_name_is_valid, field_name_is_valid, infer, is_default_field, is_system_class,
    second_geopoint,
};
use super::{Class, Store, builtin};
use crate::number::{to_text, truthy};
use crate::refusal::{Refusal, code};

/// Codes that the catalogue of errors does not name.
const NO_CLASS_NAME: i64 = 135;
const BUILT_IN_FIELD: i64 = 136;

/// Classes without a definition in the database.
const VOLATILE: [&str; 8] = [
    "_JobStatus",
    "_PushStatus",
    "_Hooks",
    "_GlobalConfig",
    "_GraphQLConfig",
    "_JobSchedule",
    "_Audience",
    "_Idempotency",
];

/// Classes that are there from the start.
const STARTING: [&str; 2] = ["_User", "_Role"];

/// What a request says of a class.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) fields: Map<String, Value>,
    /// `None` where nothing is said, or null.
    pub(crate) permissions: Option<Map<String, Value>>,
    /// Null: everybody may do everything again.
    pub(crate) resets_permissions: bool,
    pub(crate) indexes: Option<Map<String, Value>>,
}

/// All classes, each as it is answered.
pub(crate) fn all(store: &Store) -> Vec<Value> {
    let mut names: Vec<String> = STARTING.map(str::to_owned).into();
    for name in store.class_names() {
        if !names.contains(&name) && !VOLATILE.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.iter().filter_map(|name| one(store, name)).collect()
}

/// One class; `None` where there is none.
pub(crate) fn one(store: &Store, name: &str) -> Option<Value> {
    match store.class(name) {
        Some(class) => Some(answer(name, class)),
        None if STARTING.contains(&name) || VOLATILE.contains(&name) => {
            let class = Class {
                schema: Schema::of(name),
                ..Class::default()
            };
            let mut answer = answer(name, &class);
            if VOLATILE.contains(&name) {
                answer["classLevelPermissions"] = json!({});
            }
            Some(answer)
        }
        None => None,
    }
}

fn answer(name: &str, class: &Class) -> Value {
    let fields = class.schema.fields().map(|(field, kind)| {
        let mut written = json!({"type": kind.name()});
        if let FieldType::Pointer(target) | FieldType::Relation(target) = kind {
            written["targetClass"] = json!(target);
        }
        for (option, value) in class.schema.options(field).into_iter().flatten() {
            written[option] = value.clone();
        }
        (field.to_owned(), written)
    });
    let fields: Map<String, Value> = fields.collect();
    let mut answer = json!({
        "className": name,
        "fields": fields,
        "classLevelPermissions": class.schema.permissions.emit(),
    });
    if !class.declared.is_empty() {
        answer["indexes"] = json!(class.declared);
    }
    answer
}

fn no_such_class(name: &str) -> Refusal {
    Refusal::new(code::INVALID_CLASS_NAME, format!("Class {name} does not exist."))
}

/// One class, or the refusal of a name that is none.
pub(crate) fn find(store: &Store, name: &str) -> Result<Value, Refusal> {
    one(store, name).ok_or_else(|| no_such_class(name))
}

pub(crate) fn bad_class_name(name: &str) -> Refusal {
    Refusal::new(
        code::INVALID_CLASS_NAME,
        format!(
            "Invalid classname: {name}, classnames can only have alphanumeric characters and _, and must start \
             with an alpha character "
        ),
    )
}

/// Makes a class.
pub(crate) fn create(
    store: &mut Store,
    name: &str,
    written: &Written,
    custom_ids: bool,
) -> Result<Value, Refusal> {
    if one(store, name).is_some() {
        return Err(Refusal::new(
            code::INVALID_CLASS_NAME,
            format!("Class {name} already exists."),
        ));
    }
    if !class_name_is_valid(name) {
        return Err(bad_class_name(name));
    }
    let mut schema = Schema::of(name);
    add_fields(&mut schema, name, &written.fields)?;
    if let Some(permissions) = &written.permissions {
        schema.permissions = ClassPermissions::read(permissions, &schema, custom_ids)?;
    }
    let indexes = written.indexes.clone().unwrap_or_default();
    check_indexes(&schema, &Map::new(), &indexes)?;
    let class = store.ensure_class(name);
    class.schema = schema;
    let mut answer = answer(name, class);
    if !indexes.is_empty() {
        // The index on the ids is there, and this answer does not know it yet.
        class.declared.insert("_id_".to_owned(), id_index());
        answer["indexes"] = json!(indexes);
        class.declared.extend(indexes);
    }
    Ok(answer)
}

fn id_index() -> Value {
    json!({"_id": 1})
}

/// Changes a class. What was done before the first refusal stays done, as on the real server.
pub(crate) fn change(
    store: &mut Store,
    name: &str,
    written: &Written,
    custom_ids: bool,
) -> Result<Value, Refusal> {
    find(store, name)?;
    let schema = match store.class(name) {
        Some(class) => class.schema.clone(),
        None => Schema::of(name),
    };
    for (field, change) in &written.fields {
        match (schema.get(field), deletes(change)) {
            (Some(kind), false) if change.get("type").and_then(Value::as_str) != Some(kind.name()) => {
                return Err(Refusal::schema(format!("Field {field} exists, cannot update.")));
            }
            (None, true) => {
                let message = format!("Field {field} does not exist, cannot delete.");
                return Err(Refusal::schema(message));
            }
            _ => {}
        }
    }
    let (deleted, submitted): (Vec<_>, Vec<_>) =
        written.fields.iter().partition(|(_, change)| deletes(change));
    let mut after = schema.clone();
    for (field, _) in &deleted {
        after.forget(field);
    }
    let new = submitted.iter().filter(|(field, _)| schema.get(field).is_none());
    let new: Map<String, Value> = new
        .map(|(name, field)| ((*name).clone(), (*field).clone()))
        .collect();
    add_fields(&mut after, name, &new)?;
    if let Some(permissions) = &written.permissions {
        after.permissions = ClassPermissions::read(permissions, &after, custom_ids)?;
    } else if written.resets_permissions {
        after.permissions = ClassPermissions::default();
    }
    for (field, _) in &deleted {
        if !field_name_is_valid(field) {
            return Err(Refusal::bad_key(format!("invalid field name: {field}")));
        }
        if is_built_in(name, field) {
            let message = format!("field {field} cannot be changed");
            return Err(Refusal::new(BUILT_IN_FIELD, message));
        }
    }
    store.ensure_class(name);
    for (field, _) in &deleted {
        store.drop_field(name, field);
    }
    let class = store.ensure_class(name);
    for (field, written) in submitted {
        if let Some(held) = schema.get(field) {
            let kind = field_type(written)?;
            check_default(name, field, &kind, written)?;
            if kind != *held {
                return Err(Refusal::mistyped(format!(
                    "schema mismatch for {name}.{field}; expected {held} but got {kind}"
                )));
            }
            class.schema.define(field, kind, options(written));
        } else {
            let kind = field_type(written)?;
            if kind == FieldType::GeoPoint
                && class
                    .schema
                    .fields()
                    .any(|(_, kind)| *kind == FieldType::GeoPoint)
            {
                return Err(second_geopoint());
            }
            class.schema.define(field, kind, options(written));
        }
    }
    class.schema.permissions = after.permissions.clone();
    if let Some(indexes) = &written.indexes {
        check_indexes(&class.schema, &class.declared, indexes)?;
        if class.declared.is_empty() {
            class.declared.insert("_id_".to_owned(), id_index());
        }
        for (index, keys) in indexes {
            if deletes(keys) {
                class.declared.shift_remove(index);
            } else {
                class.declared.insert(index.clone(), keys.clone());
            }
        }
    }
    Ok(answer(name, class))
}

/// Drops a class that holds nothing; one that is not there is no mistake.
pub(crate) fn drop(store: &mut Store, name: &str) -> Result<(), Refusal> {
    if !class_name_is_valid(name) {
        return Err(bad_class_name(name));
    }
    let count = store.class(name).map_or(0, Class::len);
    if count > 0 {
        return Err(Refusal::schema(format!(
            "Class {name} is not empty, contains {count} objects, cannot drop schema."
        )));
    }
    store.drop_class(name);
    Ok(())
}

fn deletes(change: &Value) -> bool {
    change.get("__op") == Some(&json!("Delete"))
}

fn is_built_in(class: &str, field: &str) -> bool {
    is_default_field(field) || builtin::columns(class).iter().any(|(name, _)| *name == field)
}

/// Checks new fields and adds them.
fn add_fields(schema: &mut Schema, class: &str, fields: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, field) in fields {
        if !field_name_is_valid(name) {
            return Err(Refusal::bad_key(format!("invalid field name: {name}")));
        }
        if is_built_in(class, name) {
            let message = format!("field {name} cannot be added");
            return Err(Refusal::new(BUILT_IN_FIELD, message));
        }
        let kind = field_type(field)?;
        check_default(class, name, &kind, field)?;
        let required = field.get("required").is_some_and(truthy);
        if required && field.get("defaultValue").is_none() && matches!(kind, FieldType::Relation(_)) {
            let message = format!("The 'required' option is not applicable for {kind}");
            return Err(Refusal::mistyped(message));
        }
        schema.define(name, kind, options(field));
    }
    let points = schema.fields().filter(|(_, kind)| **kind == FieldType::GeoPoint);
    let points: Vec<&str> = points.map(|(name, _)| name).collect();
    if let [first, second, ..] = points[..] {
        return Err(Refusal::mistyped(format!(
            "currently, only one GeoPoint field may exist in an object. Adding {second} when {first} already exists."
        )));
    }
    Ok(())
}

fn options(field: &Value) -> Map<String, Value> {
    let mut options = field.as_object().cloned().unwrap_or_default();
    options.shift_remove("type");
    options.shift_remove("targetClass");
    options
}

fn field_type(field: &Value) -> Result<FieldType, Refusal> {
    if field.is_null() {
        return Err(Refusal::crash());
    }
    let name = field.get("type");
    if let Some("Pointer" | "Relation") = name.and_then(Value::as_str) {
        let name = name.map(to_text).unwrap_or_default();
        let target = match field.get("targetClass").filter(|target| truthy(target)) {
            None => {
                let message = format!("type {name} needs a class name");
                return Err(Refusal::new(NO_CLASS_NAME, message));
            }
            Some(Value::String(target)) => target.clone(),
            Some(_) => return Err(Refusal::json("invalid JSON")),
        };
        if !class_name_is_valid(&target) && !is_system_class(&target) {
            return Err(bad_class_name(&target));
        }
        return Ok(if name == "Pointer" {
            FieldType::Pointer(target)
        } else {
            FieldType::Relation(target)
        });
    }
    let Some(name) = name.and_then(Value::as_str) else {
        return Err(Refusal::json("invalid JSON"));
    };
    FieldType::plain(name).ok_or_else(|| Refusal::mistyped(format!("invalid field type: {name}")))
}

fn check_default(class: &str, name: &str, kind: &FieldType, field: &Value) -> Result<(), Refusal> {
    let Some(default) = field.get("defaultValue") else {
        return Ok(());
    };
    let given = infer(default)?.ok_or_else(Refusal::crash)?;
    let of_object = matches!(given, FieldType::Pointer(_) | FieldType::Relation(_));
    if of_object && matches!(kind, FieldType::Relation(_)) {
        let message = format!("The 'default value' option is not applicable for {kind}");
        return Err(Refusal::mistyped(message));
    }
    if given == *kind {
        return Ok(());
    }
    Err(Refusal::mistyped(format!(
        "schema mismatch for {class}.{name} default value; expected {kind} but got {given}"
    )))
}

fn check_indexes(
    schema: &Schema,
    held: &Map<String, Value>,
    indexes: &Map<String, Value>,
) -> Result<(), Refusal> {
    for (name, keys) in indexes {
        let there = held.contains_key(name);
        match (there, deletes(keys)) {
            (true, false) => return Err(Refusal::query(format!("Index {name} exists, cannot update."))),
            (false, true) => {
                return Err(Refusal::query(format!(
                    "Index {name} does not exist, cannot delete."
                )));
            }
            _ => {}
        }
        for key in keys
            .as_object()
            .filter(|_| !there)
            .into_iter()
            .flat_map(Map::keys)
        {
            if schema.get(key.strip_prefix("_p_").unwrap_or(key)).is_none() {
                return Err(Refusal::query(format!(
                    "Field {key} does not exist, cannot add index."
                )));
            }
        }
    }
    Ok(())
}
