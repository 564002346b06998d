//! Creating, updating and deleting rows: what is checked in which order, and what is answered.

use serde_json::{Map, Value, json};

use crate::clock;
use crate::number;
use crate::operations::{Effect, apply, relation_changes};
use crate::refusal::{Refusal, code};
use crate::store::schema::{check_keywords, check_required, class_name_is_valid, field_name_is_valid};
use crate::store::{Row, Store, Taken};
use crate::write::canonical::has_forbidden_key;

/// What a create gives back.
#[derive(Debug)]
pub(crate) struct Created {
    pub(crate) id: String,
    pub(crate) body: Value,
}

/// Whether an object that is to be created may bring the id that it brings.
pub(crate) fn check_new_id(object: &Map<String, Value>, custom_ids: bool) -> Result<(), Refusal> {
    if custom_ids {
        if object.get("objectId").is_some_and(|id| !number::truthy(id)) {
            let message = "objectId must not be empty, null or undefined";
            return Err(Refusal::new(code::MISSING_OBJECT_ID, message));
        }
        return Ok(());
    }
    for key in ["objectId", "id"] {
        if object.get(key).is_some_and(number::truthy) {
            return Err(Refusal::bad_key(format!("{key} is an invalid field name.")));
        }
    }
    Ok(())
}

/// Checks what is to be written against the schema, which learns the new fields, and completes it; the names of the
/// fields that got their default value.
pub(crate) fn admit(
    store: &mut Store,
    class_name: &str,
    object: &mut Map<String, Value>,
    updating: bool,
) -> Result<Vec<String>, Refusal> {
    let schema = &mut ensure_class(store, class_name)?.schema;
    schema.admit(class_name, object)?;
    check_required(class_name, object, updating)?;
    check_keywords(object)?;
    schema.complete(object, !updating)
}

/// Creates an object, and tells of its `defaults`. The fields in `internal` are the server's own: nobody sees them.
pub(crate) fn create(
    store: &mut Store,
    class_name: &str,
    id: String,
    mut object: Map<String, Value>,
    internal: Map<String, Value>,
    defaults: &[String],
) -> Result<Created, Refusal> {
    let now = clock::now();
    for own in ["objectId", "createdAt", "updatedAt"] {
        object.shift_remove(own);
    }
    let relations = relation_changes(&mut object)?;
    let mut row = Row::new();
    row.insert("objectId".to_owned(), json!(id));
    row.insert("createdAt".to_owned(), json!(now));
    row.insert("updatedAt".to_owned(), json!(now));
    let mut answer = Map::new();
    for (key, value) in object {
        let effect = Effect::of_create(value)?;
        let told = effect.is_resolved() || defaults.contains(&key);
        apply(&mut row, &key, effect)?;
        if told {
            report(&mut answer, &key, &row);
        }
    }
    row.extend(internal);
    for told in ["objectId", "createdAt"] {
        answer.extend(
            row.get_key_value(told)
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
    store.insert(class_name, &id, row).map_err(duplicate)?;
    relations.commit(store, class_name, &id);
    Ok(Created {
        id,
        body: Value::Object(answer),
    })
}

/// Updates an object if it `may` be; the answer is `updatedAt` and what the operations came to. Of the fields in
/// `internal`, which nobody sees, a null takes the old one away.
pub(crate) fn update(
    store: &mut Store,
    class_name: &str,
    id: &str,
    mut object: Map<String, Value>,
    internal: Map<String, Value>,
    may: impl Fn(&Row) -> bool,
) -> Result<Value, Refusal> {
    let now = clock::now();
    object.shift_remove("createdAt");
    object.shift_remove("updatedAt");
    let relations = relation_changes(&mut object)?;
    for (key, value) in &object {
        if !field_name_is_valid(key.split('.').next().unwrap_or_default()) {
            return Err(Refusal::bad_key(format!("Invalid field name for update: {key}")));
        }
        if value.as_object().is_some_and(has_forbidden_key) {
            return Err(Refusal::nested_key());
        }
    }
    refuse_overlap(&object)?;
    let class = store.ensure_class(class_name);
    let row = class.get(id).filter(|row| may(row));
    let mut row = Row::clone(row.ok_or_else(Refusal::not_found)?);
    // The id is the key of the row: the database does not let it change.
    if object
        .shift_remove("objectId")
        .is_some_and(|given| given != json!(id))
    {
        return Err(Refusal::crash());
    }
    let mut resolved = Vec::new();
    for (key, value) in object {
        let effect = Effect::of_update(value)?;
        if effect.is_resolved() {
            resolved.push(key.clone());
        }
        apply(&mut row, &key, effect)?;
    }
    let mut answer = Map::new();
    for key in resolved {
        report(&mut answer, &key, &row);
    }
    for (key, value) in internal {
        if value.is_null() {
            row.shift_remove(&key);
        } else {
            row.insert(key, value);
        }
    }
    row.insert("updatedAt".to_owned(), json!(now));
    answer.insert("updatedAt".to_owned(), json!(now));
    store.replace(class_name, id, row).map_err(duplicate)?;
    relations.commit(store, class_name, id);
    Ok(Value::Object(answer))
}

/// Deletes an object if it `may` be.
pub(crate) fn delete(
    store: &mut Store,
    class_name: &str,
    id: &str,
    may: impl Fn(&Row) -> bool,
) -> Result<(), Refusal> {
    let row = store.class(class_name).and_then(|class| class.get(id));
    if row.is_some_and(|row| may(row)) && store.remove(class_name, id) {
        Ok(())
    } else {
        Err(Refusal::not_found())
    }
}

fn duplicate(_: Taken) -> Refusal {
    let message = "A duplicate value for a field with unique values was provided";
    Refusal::new(code::DUPLICATE_VALUE, message)
}

fn ensure_class<'a>(store: &'a mut Store, name: &str) -> Result<&'a mut crate::store::Class, Refusal> {
    if !class_name_is_valid(name) {
        return Err(Refusal::json("schema class name does not revalidate"));
    }
    Ok(store.ensure_class(name))
}

/// MongoDB refuses an update of `a` and of `a.b` in one go.
fn refuse_overlap(object: &Map<String, Value>) -> Result<(), Refusal> {
    let inside = |key: &str| {
        object.keys().any(|outer| {
            key.strip_prefix(outer.as_str())
                .is_some_and(|r| r.starts_with('.'))
        })
    };
    if object.keys().any(|key| key.contains('.') && inside(key)) {
        Err(Refusal::crash())
    } else {
        Ok(())
    }
}

/// Puts the value that an operation came to into the answer.
fn report(answer: &mut Map<String, Value>, key: &str, row: &Row) {
    let mut parts = key.split('.');
    let root = parts.next().unwrap_or_default();
    let Some(mut value) = row.get(root).filter(|value| !value.is_null()) else {
        return;
    };
    let Some(second) = parts.clone().next() else {
        answer.insert(root.to_owned(), value.clone());
        return;
    };
    // An index into an array shows the whole array.
    if value.is_array() && second.bytes().all(|b| b.is_ascii_digit()) {
        answer.insert(root.to_owned(), value.clone());
        return;
    }
    let mut place = answer.entry(root).or_insert_with(|| json!({}));
    for part in parts {
        let (Some(inner), Value::Object(map)) = (value.get(part), place) else {
            return;
        };
        value = inner;
        place = map.entry(part).or_insert_with(|| json!({}));
    }
    *place = value.clone();
}
