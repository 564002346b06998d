//! The spelling in which values are kept and compared.

use serde_json::{Map, Value, json};

use crate::clock;
use crate::number;
use crate::operations::Effect;
use crate::refusal::{Refusal, code};
use crate::value::type_tag;

pub(crate) fn has_forbidden_key(map: &Map<String, Value>) -> bool {
    map.keys().any(|key| key.contains(['$', '.']))
}

/// The spelling in which a top-level field is kept and compared.
pub(crate) fn canonical(value: Value) -> Result<Value, Refusal> {
    let Value::Object(map) = value else {
        return canonical_inside(value);
    };
    match type_tag(&map) {
        Some("GeoPoint") => Ok(pick(&map, &["__type", "latitude", "longitude"])),
        Some("Polygon") => polygon(&map),
        // The database keeps the name only; the address is made anew for every answer.
        Some("File") => Ok(pick(&map, &["__type", "name"])),
        _ => canonical_inside(Value::Object(map)),
    }
}

/// The spelling of a value inside an array or an object: fewer types are recognised there.
pub(crate) fn canonical_inside(value: Value) -> Result<Value, Refusal> {
    match value {
        Value::Number(number) => Ok(Value::Number(number::as_javascript(&number))),
        Value::Array(items) => items
            .into_iter()
            .map(canonical_inside)
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Value::Object(map) => canonical_object(map),
        other => Ok(other),
    }
}

fn canonical_object(map: Map<String, Value>) -> Result<Value, Refusal> {
    if has_forbidden_key(&map) {
        return Err(Refusal::nested_key());
    }
    match type_tag(&map) {
        Some("Pointer") => return Ok(pick(&map, &["__type", "className", "objectId"])),
        Some("Bytes") => return Ok(pick(&map, &["__type", "base64"])),
        Some("Date") => {
            let iso = map.get("iso").and_then(Value::as_str).and_then(clock::respell);
            return iso
                .map(|iso| json!({"__type": "Date", "iso": iso}))
                .ok_or_else(Refusal::crash);
        }
        _ => {}
    }
    if map.contains_key("__op") {
        return Ok(Effect::of_create(Value::Object(map))?
            .flattened()
            .unwrap_or(Value::Null));
    }
    let mut kept = Map::with_capacity(map.len());
    for (key, value) in map {
        let deletion = value.get("__op").and_then(Value::as_str) == Some("Delete");
        if !deletion {
            kept.insert(key, canonical_inside(value)?);
        }
    }
    Ok(Value::Object(kept))
}

fn pick(map: &Map<String, Value>, keys: &[&str]) -> Value {
    let kept = keys
        .iter()
        .filter_map(|key| map.get(*key).map(|value| ((*key).to_owned(), value.clone())));
    let mut kept: Map<String, Value> = kept.collect();
    for value in kept.values_mut() {
        if let Value::Number(number) = value {
            *number = number::as_javascript(number);
        }
    }
    Value::Object(kept)
}

/// A polygon is kept closed: the last point repeats the first.
fn polygon(map: &Map<String, Value>) -> Result<Value, Refusal> {
    let ring = map
        .get("coordinates")
        .and_then(Value::as_array)
        .ok_or_else(Refusal::crash)?;
    let mut ring: Vec<Value> = ring
        .iter()
        .cloned()
        .map(canonical_inside)
        .collect::<Result<_, _>>()?;
    if ring.first() != ring.last() {
        ring.extend(ring.first().cloned());
    }
    let mut unique: Vec<&Value> = Vec::new();
    for point in &ring {
        if !unique.contains(&point) {
            unique.push(point);
        }
    }
    if unique.len() < 3 {
        return Err(Refusal::new(
            code::INTERNAL,
            "GeoJSON: Loop must have at least 3 different vertices",
        ));
    }
    Ok(json!({"__type": "Polygon", "coordinates": ring}))
}
