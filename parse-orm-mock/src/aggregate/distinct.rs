//! `distinct`: every value of a field once; of an array its elements.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::document::{nested, object, of_row};
use crate::query::find::{self, Reader};
use crate::refusal::Refusal;
use crate::store::path::Path;
use crate::store::schema::FieldType;

/// The values of the rows that match, in the order in which they first appear; null and missing do not count.
pub(crate) fn run(
    reader: Reader<'_>,
    class_name: &str,
    filter: Value,
    field: &str,
) -> Result<Vec<Value>, Refusal> {
    let rows = find::matching(reader, class_name, filter)?;
    let Some(class) = reader.store.class(class_name) else {
        return Ok(Vec::new());
    };
    let pointer = match class.schema.get(field) {
        Some(FieldType::Pointer(class)) => Some(class),
        _ => None,
    };
    let column = match (field, pointer) {
        (_, Some(_)) => Path::new(&format!("_p_{field}")),
        ("objectId", _) => Path::new("_id"),
        ("createdAt", _) => Path::new("_created_at"),
        ("updatedAt", _) => Path::new("_updated_at"),
        _ => Path::new(field),
    };
    let mut known = HashSet::new();
    let mut values = Vec::new();
    for row in rows {
        let mut take = |value: &Value| {
            if !value.is_null() && known.insert(value.to_string()) {
                values.push(value.clone());
            }
        };
        column.any(&of_row(row, &class.schema), &mut |leaf| {
            match leaf {
                Some(Value::Array(items)) => items.iter().for_each(&mut take),
                Some(value) => take(value),
                None => {}
            }
            false
        });
    }
    let answer = |value: Value| match (pointer, value) {
        (Some(class), Value::String(text)) => {
            let id = text.split_once('$').map_or("", |(_, id)| id);
            Ok(json!({"__type": "Pointer", "className": class, "objectId": id}))
        }
        // A plain object is taken for a whole row, with everything that belongs to one.
        (None, Value::Object(map)) if !map.contains_key("__type") => {
            object(map, &class.schema).map(Value::Object)
        }
        (_, value) => Ok(nested(value)),
    };
    values.into_iter().map(answer).collect()
}
