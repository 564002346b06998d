//! What the server changes in a pipeline on its way to the database: the names of columns, texts to dates.
//!
//! It does so in `$match`, `$project` and `$group` only: `$sort` on `createdAt` sorts by a column that nobody
//! has, and so does `$sort` on a pointer field. `_created_at` and `_p_player` are their names there.

use serde_json::{Map, Value};

use super::document::{PLAIN_TYPE, date, plain};
use crate::clock;
use crate::store::schema::{FieldType, Schema};

/// The argument of a stage as the database gets it.
pub(crate) fn rewrite(stage: &str, argument: Value, schema: &Schema) -> Value {
    match (stage, argument) {
        ("$group", argument) => group(argument, schema),
        ("$match", argument) => arguments(&argument, schema),
        ("$project", Value::Object(map)) => project(map, schema),
        (_, argument) => argument,
    }
}

fn column(field: &str) -> Option<&'static str> {
    match field {
        "objectId" => Some("_id"),
        "createdAt" => Some("_created_at"),
        "updatedAt" => Some("_updated_at"),
        _ => None,
    }
}

fn arguments(value: &Value, schema: &Schema) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| arguments(item, schema)).collect(),
        Value::Object(map) => {
            let mut out = Map::with_capacity(map.len());
            for (field, value) in map {
                match schema.get(field) {
                    Some(FieldType::Pointer(class)) => {
                        let value = match value {
                            Value::Object(_) | Value::Array(_) | Value::Null => plain(value),
                            id => Value::String(format!("{class}${}", crate::number::to_text(id))),
                        };
                        out.insert(format!("_p_{field}"), value);
                    }
                    Some(FieldType::Date) => {
                        out.insert(column(field).unwrap_or(field).to_owned(), dated(value));
                    }
                    _ => {
                        let name = column(field).unwrap_or(field);
                        let name = if name == "__type" { PLAIN_TYPE } else { name };
                        out.insert(name.to_owned(), arguments(value, schema));
                    }
                }
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}

/// Texts that can be read as dates become dates, at any depth; a list becomes an object on the way.
fn dated(value: &Value) -> Value {
    match value {
        Value::String(text) => match clock::respell(text) {
            Some(iso) => date(&Value::String(iso)),
            None => value.clone(),
        },
        Value::Null => Value::Object(Map::new()),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                let key = if key == "__type" { PLAIN_TYPE } else { key };
                (key.to_owned(), dated(value))
            };
            Value::Object(map.iter().map(entry).collect())
        }
        Value::Array(items) => {
            let entry = |(place, value): (usize, &Value)| (place.to_string(), dated(value));
            Value::Object(items.iter().enumerate().map(entry).collect())
        }
        other => other.clone(),
    }
}

fn project(map: Map<String, Value>, schema: &Schema) -> Value {
    let entry = |(field, value): (String, Value)| match schema.get(&field) {
        Some(FieldType::Pointer(_)) => (format!("_p_{field}"), value),
        _ => (
            column(&field).unwrap_or(&field).to_owned(),
            arguments(&value, schema),
        ),
    };
    Value::Object(map.into_iter().map(entry).collect())
}

fn group(value: Value, schema: &Schema) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| group(item, schema)).collect(),
        Value::Object(map) => {
            let entry = |(key, value)| (key, group(value, schema));
            Value::Object(map.into_iter().map(entry).collect())
        }
        Value::Null => Value::Object(Map::new()),
        Value::String(text) => {
            // Any first letter counts for the dollar.
            let field: String = text.chars().skip(1).collect();
            match (schema.get(&field), field.as_str()) {
                (Some(FieldType::Pointer(_)), _) => Value::String(format!("$_p_{field}")),
                (_, "createdAt") => Value::String("$_created_at".to_owned()),
                (_, "updatedAt") => Value::String("$_updated_at".to_owned()),
                _ => Value::String(text),
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_and_dates() {
        let mut schema = Schema::default();
        let fields = json!({
            "p": {"__type": "Pointer", "className": "B", "objectId": "b"},
            "d": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"},
        });
        schema.admit("A", fields.as_object().unwrap()).unwrap();
        let rewritten = |stage: &str, argument: Value| rewrite(stage, argument, &schema);
        let day = date(&json!("2020-01-01T00:00:00.000Z"));
        assert_eq!(
            rewritten(
                "$match",
                json!({"$or": [{"p": "x", "objectId": "y"}, {"d": {"$gt": "2020-01-01"}}]})
            ),
            json!({"$or": [{"_p_p": "B$x", "_id": "y"}, {"d": {"$gt": day}}]})
        );
        assert_eq!(
            rewritten(
                "$match",
                json!({"createdAt": {"$lt": "2020-01-01"}, "d": {"$in": ["x"]}})
            ),
            json!({"_created_at": {"$lt": day}, "d": {"$in": {"0": "x"}}})
        );
        assert_eq!(
            rewritten("$project", json!({"p": 1, "createdAt": 1, "x": 0})),
            json!({"_p_p": 1, "_created_at": 1, "x": 0})
        );
        assert_eq!(
            rewritten(
                "$group",
                json!({"_id": {"a": "$p"}, "n": {"$max": "$createdAt"}, "o": {"$sum": "$objectId"}})
            ),
            json!({"_id": {"a": "$_p_p"}, "n": {"$max": "$_created_at"}, "o": {"$sum": "$objectId"}})
        );
        assert_eq!(rewritten("$group", json!({"_id": null})), json!({"_id": {}}));
        assert_eq!(
            rewritten("$sort", json!({"createdAt": 1})),
            json!({"createdAt": 1})
        );
    }
}
