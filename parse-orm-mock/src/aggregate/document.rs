//! Rows as the database keeps them, and back: pointers are text in `_p_` columns, times have other names.

use serde_json::{Map, Value, json};

use crate::clock;
use crate::number::as_javascript;
use crate::refusal::Refusal;
use crate::store::Row;
use crate::store::schema::{FieldType, Schema, field_name_is_valid};
use crate::value::{is_typed, type_tag};

/// A document of a collection. Dates and bytes keep their `__type`, which here means the type of the database;
/// an object that a client spells so is [`plain`].
pub(crate) type Document = Map<String, Value>;

/// Stands for `__type` where it is no more than a key.
pub(super) const PLAIN_TYPE: &str = "\u{0}__type";

/// The document of a row.
pub(crate) fn of_row(row: &Row, schema: &Schema) -> Document {
    let mut document = Document::with_capacity(row.len() + 1);
    for (name, value) in row {
        match (name.as_str(), schema.get(name)) {
            // Passwords and tokens: the real server takes them out of the answer.
            (name, _) if name.starts_with('_') => {}
            ("objectId", _) => insert(&mut document, "_id", value.clone()),
            ("createdAt", _) => insert(&mut document, "_created_at", date(value)),
            ("updatedAt", _) => insert(&mut document, "_updated_at", date(value)),
            ("ACL", _) => {
                for (column, right) in [("_rperm", "read"), ("_wperm", "write")] {
                    let rights = value.as_object().into_iter().flatten();
                    let names = rights.filter(|(_, rights)| rights.get(right).is_some());
                    insert(
                        &mut document,
                        column,
                        names.map(|(name, _)| name.as_str()).collect(),
                    );
                }
            }
            (_, Some(FieldType::Pointer(_))) => {
                let pointer = pointer_text(value).map_or(Value::Null, Value::String);
                insert(&mut document, &format!("_p_{name}"), pointer);
            }
            (_, Some(FieldType::GeoPoint)) => {
                let pair = json!([value.get("longitude"), value.get("latitude")]);
                insert(
                    &mut document,
                    name,
                    if value.is_null() { Value::Null } else { pair },
                );
            }
            (_, Some(FieldType::Polygon)) if value.get("coordinates").is_some() => {
                let ring = turned(value.get("coordinates"));
                insert(
                    &mut document,
                    name,
                    json!({"type": "Polygon", "coordinates": [ring]}),
                );
            }
            _ => insert(&mut document, name, value.clone()),
        }
    }
    document
}

fn insert(document: &mut Document, key: &str, value: Value) {
    document.insert(key.to_owned(), value);
}

pub(crate) fn date(iso: &Value) -> Value {
    json!({"__type": "Date", "iso": iso})
}

fn pointer_text(pointer: &Value) -> Option<String> {
    let text = |key: &str| pointer.get(key).and_then(Value::as_str);
    Some(format!("{}${}", text("className")?, text("objectId")?))
}

/// Latitude and longitude exchanged.
fn turned(ring: Option<&Value>) -> Value {
    let points = ring.and_then(Value::as_array).into_iter().flatten();
    points.map(|point| json!([point.get(1), point.get(0)])).collect()
}

/// A value of a request as the database reads it: an object is an object, whatever its `__type` says.
pub(crate) fn plain(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                let key = if key == "__type" { PLAIN_TYPE } else { key };
                (key.to_owned(), plain(value))
            };
            Value::Object(map.iter().map(entry).collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Number(number) => Value::Number(as_javascript(number)),
        other => other.clone(),
    }
}

/// The answer for a document; with `pointer_ids` its `_id` is a pointer, of which the id is answered.
pub(crate) fn answer(mut document: Document, schema: &Schema, pointer_ids: bool) -> Result<Value, Refusal> {
    if let Some(id) = document.shift_remove("_id") {
        let id = match id {
            Value::String(text) if pointer_ids => json!(text.split('$').nth(1)),
            id => id,
        };
        let empty = match &id {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            // A date has no keys, so the real server takes it for an empty object.
            Value::Object(map) => map.is_empty() || is_typed(&id, "Date"),
            _ => false,
        };
        document.insert("objectId".to_owned(), if empty { Value::Null } else { id });
    }
    object(document, schema).map(Value::Object)
}

/// `mongoObjectToParseObject`, and then without the keys that cannot be fields.
pub(crate) fn object(document: Document, schema: &Schema) -> Result<Map<String, Value>, Refusal> {
    let mut answer = Map::with_capacity(document.len());
    for (key, value) in document {
        match key.as_str() {
            "_id" => insert(&mut answer, "objectId", nested(value)),
            "createdAt" | "_created_at" => insert(&mut answer, "createdAt", time(&value)),
            "updatedAt" | "_updated_at" => insert(&mut answer, "updatedAt", time(&value)),
            "_rperm" | "_wperm" => {}
            _ if key == PLAIN_TYPE => insert(&mut answer, "__type", nested(value)),
            _ if key.starts_with("_p_") => {
                let field = &key[3..];
                if let (Some(FieldType::Pointer(_)), Value::String(text)) = (schema.get(field), value) {
                    let (class, id) = text.split_once('$').unwrap_or((&text, ""));
                    let pointer = json!({"__type": "Pointer", "className": class, "objectId": id});
                    insert(&mut answer, field, pointer);
                }
            }
            _ if key.starts_with('_') => {
                return Err(Refusal::query(format!("bad key in untransform: {key}")));
            }
            _ => {
                let value = field(&key, value, schema);
                answer.insert(key, value);
            }
        }
    }
    for (name, class) in schema.relations() {
        let relation = json!({"__type": "Relation", "className": class});
        insert(&mut answer, name, relation);
    }
    answer.retain(|key, _| key == "__type" || is_name(key));
    Ok(answer)
}

fn is_name(key: &str) -> bool {
    field_name_is_valid(key) || key == "className" || key == "length"
}

fn field(name: &str, value: Value, schema: &Schema) -> Value {
    match (schema.get(name), value) {
        (Some(FieldType::File), value) if is_typed(&value, "File") => value,
        (Some(FieldType::GeoPoint), Value::Array(pair)) if pair.len() == 2 => {
            json!({"__type": "GeoPoint", "latitude": pair[1], "longitude": pair[0]})
        }
        (Some(FieldType::Polygon), value) if value.get("type").is_some() => {
            let ring = value.get("coordinates").and_then(|rings| rings.get(0));
            json!({"__type": "Polygon", "coordinates": turned(ring)})
        }
        (_, value) => nested(value),
    }
}

/// A value inside an answer: no column any more, so only its own type tells what it is.
pub(crate) fn nested(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(nested).collect(),
        Value::Object(map) if type_tag(&map) == Some("File") => map.get("name").cloned().unwrap_or_default(),
        Value::Object(map) => {
            let entry = |(key, value): (String, Value)| {
                let key = if key == PLAIN_TYPE {
                    "__type".to_owned()
                } else {
                    key
                };
                (key, nested(value))
            };
            Value::Object(map.into_iter().map(entry).collect())
        }
        other => other,
    }
}

/// `new Date(value)` in the spelling of the object's own times.
fn time(value: &Value) -> Value {
    let text = value
        .as_str()
        .or_else(|| value.get("iso").and_then(Value::as_str));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds are whole, and `as` saturates"
    )]
    let instant = match (text, value) {
        (Some(text), _) => clock::read(text),
        (None, Value::Null) => clock::from_millis(0),
        (None, value) => value
            .as_f64()
            .and_then(|millis| clock::from_millis(millis as i64)),
    };
    instant.map_or(Value::Null, |instant| Value::String(clock::spell(instant)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let mut schema = Schema::default();
        let fields = json!({
            "p": {"__type": "Pointer", "className": "B", "objectId": "b"},
            "g": {"__type": "GeoPoint", "latitude": 1, "longitude": 2},
            "poly": {"__type": "Polygon", "coordinates": [[0, 1], [2, 3], [4, 0], [0, 1]]},
            "d": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"},
            "f": {"__type": "File", "name": "a.txt", "url": "http://x/a.txt"},
            "b": {"__type": "Bytes", "base64": "AAAA"},
            "o": {"p": {"__type": "Pointer", "className": "B", "objectId": "b"}, "n": null},
            "a": [1, "x", [2]],
        });
        schema.admit("A", fields.as_object().unwrap()).unwrap();
        let mut row = fields.as_object().unwrap().clone();
        row.insert("objectId".to_owned(), json!("id"));
        for time in ["createdAt", "updatedAt"] {
            row.insert(time.to_owned(), json!("2020-01-01T00:00:00.000Z"));
        }
        let document = of_row(&row, &schema);
        assert_eq!(document["_p_p"], json!("B$b"));
        assert_eq!(document["g"], json!([2, 1]));
        assert_eq!(document["_created_at"]["__type"], json!("Date"));
        assert_eq!(answer(document, &schema, false).unwrap(), Value::Object(row));
    }

    #[test]
    fn ids_of_groups() {
        let id = |id: Value, pointers: bool| {
            let document = Document::from_iter([("_id".to_owned(), id)]);
            answer(document, &Schema::default(), pointers).unwrap()["objectId"].clone()
        };
        assert_eq!(id(json!("B$b"), true), json!("b"));
        assert_eq!(id(json!("B$b"), false), json!("B$b"));
        assert_eq!(id(json!(0), false), json!(0));
        assert_eq!(id(json!({"a": 1}), false), json!({"a": 1}));
        for empty in [
            json!(""),
            json!({}),
            json!([]),
            json!(null),
            date(&json!("2020-01-01")),
        ] {
            assert_eq!(id(empty, false), json!(null));
        }
    }
}
