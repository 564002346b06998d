//! Includes: pointers along a path are replaced by the objects they point to.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::find::{self, Reader};
use super::options::{Find, Shape};
use crate::refusal::Refusal;
use crate::store::permissions::Operation;
use crate::value::is_typed;

/// Replaces the pointers at the wanted paths, shorter paths first.
pub(crate) fn include(reader: Reader<'_>, shape: &Shape, rows: &mut [Value]) -> Result<(), Refusal> {
    for path in &shape.include {
        let mut wanted: HashMap<String, Vec<Value>> = HashMap::new();
        for row in rows.iter() {
            collect(row, path, &mut wanted);
        }
        if wanted.is_empty() {
            continue;
        }
        let mut targets = HashMap::new();
        for (class, ids) in wanted {
            let filter = json!({"objectId": {"$in": ids}});
            let find = Find {
                filter,
                shape: inner_shape(shape, path),
                operation: Some(Operation::Get),
                ..Find::default()
            };
            for mut object in find::find(reader, &class, find)?.rows {
                let Some(id) = object["objectId"].as_str().map(str::to_owned) else {
                    continue;
                };
                if let (Some(user), false) = (object.as_object_mut(), class != "_User" || reader.auth.master)
                {
                    user.shift_remove("authData");
                }
                object["__type"] = json!("Object");
                object["className"] = json!(class);
                targets.insert(id, object);
            }
        }
        for row in rows.iter_mut() {
            replace(row, path, &targets);
        }
    }
    Ok(())
}

/// The selection inside an included object: what follows the path in `keys` and `excludeKeys`.
fn inner_shape(shape: &Shape, path: &[String]) -> Shape {
    let after = |key: &String| {
        let parts: Vec<&str> = key.split('.').collect();
        let inside = parts.len() > path.len() && path.iter().zip(&parts).all(|(a, b)| a == b);
        inside.then(|| (parts[path.len()].to_owned(), parts.len() == path.len() + 1))
    };
    let keys: Vec<String> = shape
        .keys
        .iter()
        .flatten()
        .filter_map(after)
        .map(|(key, _)| key)
        .collect();
    let exclude = shape
        .exclude
        .iter()
        .flatten()
        .filter_map(after)
        .filter(|(_, last)| *last)
        .map(|(key, _)| key);
    let exclude: Vec<String> = exclude.collect();
    Shape {
        keys: (!keys.is_empty()).then_some(keys),
        exclude: (!exclude.is_empty()).then_some(exclude),
        preferences: shape.preferences.of_include(),
        ..Shape::default()
    }
}

fn collect(value: &Value, path: &[String], wanted: &mut HashMap<String, Vec<Value>>) {
    match (value, path.split_first()) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, path, wanted)),
        (Value::Object(map), Some((first, rest))) => {
            if let Some(inner) = map.get(first) {
                collect(inner, rest, wanted);
            }
        }
        (Value::Object(map), None) if is_typed(value, "Pointer") => {
            if let (Some(Value::String(class)), Some(id)) = (map.get("className"), map.get("objectId")) {
                wanted.entry(class.clone()).or_default().push(id.clone());
            }
        }
        _ => {}
    }
}

/// Whether the value is still there afterwards: a pointer without a target vanishes.
fn replace(value: &mut Value, path: &[String], targets: &HashMap<String, Value>) -> bool {
    match (value, path.split_first()) {
        (Value::Array(items), _) => {
            items.retain_mut(|item| replace(item, path, targets));
            true
        }
        (Value::Object(map), Some((first, rest))) => {
            if map
                .get_mut(first)
                .is_some_and(|inner| !replace(inner, rest, targets))
            {
                map.shift_remove(first);
            }
            true
        }
        (value @ Value::Object(_), None) if is_typed(value, "Pointer") => match target(value, targets) {
            Some(object) => {
                *value = object;
                true
            }
            None => false,
        },
        _ => true,
    }
}

fn target(pointer: &Value, targets: &HashMap<String, Value>) -> Option<Value> {
    pointer
        .as_object()
        .and_then(|map: &Map<String, Value>| map.get("objectId")?.as_str())
        .and_then(|id| targets.get(id))
        .cloned()
}
