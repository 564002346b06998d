//! `$project`, `$addFields` and `$unset`: which fields a document keeps and which it gets.

use serde_json::{Map, Value};

use super::document::Document;
use super::expression::Expression;
use super::mongo;
use crate::number::truthy;
use crate::refusal::Refusal;

type Path = Vec<String>;

/// Fields that are computed, by path.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(Path, Expression)>);

/// The stage `$project`.
#[derive(Debug)]
pub(crate) enum Projection {
    /// What stays, and what is computed.
    Keep(Vec<Path>, Fields),
    Drop(Vec<Path>),
}

/// A field of a specification: a flag or something to compute.
enum Entry<'a> {
    Flag(bool),
    Computed(&'a Value),
}

impl Fields {
    /// `$addFields`, or `$set`.
    pub(crate) fn compile(argument: &Value, stage: &str) -> Result<Self, Refusal> {
        let Value::Object(map) = argument else {
            return Err(mongo(format!("{stage} specification stage must be an object")));
        };
        let mut entries = Vec::new();
        flatten(map, &[], false, &mut entries)?;
        let mut fields = Self::default();
        for (path, entry) in entries {
            if let Entry::Computed(value) = entry {
                fields.0.push((path, Expression::compile(value)?));
            }
        }
        Ok(fields)
    }

    /// Puts the computed values into a document; all are computed from the original.
    pub(crate) fn run(&self, original: &Document, mut document: Document) -> Result<Document, Refusal> {
        for (path, expression) in &self.0 {
            let value = expression.evaluate(original)?;
            set(&mut document, path, value.as_ref());
        }
        Ok(document)
    }
}

impl Projection {
    pub(crate) fn compile(argument: &Value) -> Result<Self, Refusal> {
        let map = argument
            .as_object()
            .ok_or_else(|| mongo("$project specification must be an object"))?;
        if map.is_empty() {
            return Err(mongo("projection specification must have at least one field"));
        }
        let mut entries = Vec::new();
        flatten(map, &[], true, &mut entries)?;
        let (mut keep, mut drop, mut computed) = (Vec::new(), Vec::new(), Fields::default());
        let mut id = None;
        for (path, entry) in entries {
            match entry {
                Entry::Flag(flag) if path == ["_id"] => id = Some(flag),
                Entry::Flag(true) => keep.push(path),
                Entry::Flag(false) => drop.push(path),
                Entry::Computed(value) => computed.0.push((path, Expression::compile(value)?)),
            }
        }
        let keeps = !keep.is_empty() || !computed.0.is_empty();
        if let (true, Some(path)) = (keeps, drop.first()) {
            let name = path.join(".");
            return Err(mongo(format!(
                "Cannot do exclusion on field {name} in inclusion projection"
            )));
        }
        if keeps || (drop.is_empty() && id == Some(true)) {
            if id != Some(false) && !computed.0.iter().any(|(path, _)| path == &["_id"]) {
                keep.push(vec!["_id".to_owned()]);
            }
            return Ok(Self::Keep(keep, computed));
        }
        if id == Some(false) {
            drop.push(vec!["_id".to_owned()]);
        }
        Ok(Self::Drop(drop))
    }

    /// `$unset`: one name or a list of them.
    pub(crate) fn compile_unset(argument: &Value) -> Result<Self, Refusal> {
        let wrong = || mongo("$unset specification must be a string or an array");
        let names: Vec<&str> = match argument {
            Value::String(name) => vec![name],
            Value::Array(names) => names
                .iter()
                .map(|name| name.as_str().ok_or_else(wrong))
                .collect::<Result<_, _>>()?,
            _ => return Err(wrong()),
        };
        names
            .into_iter()
            .map(split)
            .collect::<Result<_, _>>()
            .map(Self::Drop)
    }

    pub(crate) fn run(&self, document: Document) -> Result<Document, Refusal> {
        match self {
            Self::Keep(paths, computed) => {
                let paths: Vec<&[String]> = paths.iter().map(Vec::as_slice).collect();
                computed.run(&document, keep(&document, &paths))
            }
            Self::Drop(paths) => {
                let mut document = document;
                for path in paths {
                    remove(&mut document, path);
                }
                Ok(document)
            }
        }
    }
}

/// The parts of a field's name.
pub(crate) fn split(name: &str) -> Result<Path, Refusal> {
    let path: Path = name.split('.').map(str::to_owned).collect();
    check(&path)?;
    Ok(path)
}

/// Documents do not nest deeper.
fn check(path: &[String]) -> Result<(), Refusal> {
    if path.len() > 200 {
        return Err(mongo("FieldPath is too long"));
    }
    Ok(())
}

/// Nested specifications as paths.
fn flatten<'a>(
    map: &'a Map<String, Value>,
    prefix: &[String],
    flags: bool,
    entries: &mut Vec<(Path, Entry<'a>)>,
) -> Result<(), Refusal> {
    for (name, value) in map {
        if name.starts_with('$') {
            return Err(mongo(format!(
                "FieldPath field names may not start with '$'. Consider using $getField or $setField. Found: {name}"
            )));
        }
        let path = [prefix, split(name)?.as_slice()].concat();
        check(&path)?;
        match value {
            Value::Bool(_) | Value::Number(_) if flags => entries.push((path, Entry::Flag(truthy(value)))),
            Value::Object(inner) if inner.is_empty() => {
                let name = path.join(".");
                let message = format!(
                    "An empty sub-projection is not a valid value. Found empty object at path {name}"
                );
                return Err(mongo(message));
            }
            Value::Object(inner) if !inner.keys().any(|key| key.starts_with('$')) => {
                flatten(inner, &path, flags, entries)?;
            }
            value => entries.push((path, Entry::Computed(value))),
        }
    }
    Ok(())
}

/// The parts of an object that the paths lead to, in its own order.
fn keep(object: &Map<String, Value>, paths: &[&[String]]) -> Map<String, Value> {
    let mut kept = Map::new();
    for (name, value) in object {
        let inner: Vec<&[String]> = paths
            .iter()
            .filter(|path| path.first() == Some(name))
            .map(|path| &path[1..])
            .collect();
        let value = if inner.iter().any(|path| path.is_empty()) {
            Some(value.clone())
        } else if inner.is_empty() {
            None
        } else {
            keep_inside(value, &inner)
        };
        if let Some(value) = value {
            kept.insert(name.clone(), value);
        }
    }
    kept
}

fn keep_inside(value: &Value, paths: &[&[String]]) -> Option<Value> {
    match value {
        Value::Object(object) => Some(Value::Object(keep(object, paths))),
        Value::Array(items) => Some(items.iter().filter_map(|item| keep_inside(item, paths)).collect()),
        _ => None,
    }
}

fn remove(object: &mut Map<String, Value>, path: &[String]) {
    match path {
        [] => {}
        [last] => {
            object.shift_remove(last);
        }
        [first, rest @ ..] => {
            if let Some(value) = object.get_mut(first) {
                remove_inside(value, rest);
            }
        }
    }
}

fn remove_inside(value: &mut Value, path: &[String]) {
    match value {
        Value::Object(object) => remove(object, path),
        Value::Array(items) => items.iter_mut().for_each(|item| remove_inside(item, path)),
        _ => {}
    }
}

/// Sets the value at a path, in every element of a list on the way; a value that is missing removes the field.
pub(crate) fn set(object: &mut Map<String, Value>, path: &[String], value: Option<&Value>) {
    match (path, value) {
        ([], _) => {}
        ([_], None) => remove(object, path),
        ([last], Some(value)) => {
            object.insert(last.clone(), value.clone());
        }
        ([first, rest @ ..], value) => {
            if value.is_some() || object.contains_key(first) {
                set_inside(object.entry(first.as_str()).or_insert(Value::Null), rest, value);
            }
        }
    }
}

fn set_inside(place: &mut Value, path: &[String], value: Option<&Value>) {
    match place {
        Value::Array(items) => items.iter_mut().for_each(|item| set_inside(item, path, value)),
        Value::Object(object) => set(object, path, value),
        place => {
            let mut object = Map::new();
            set(&mut object, path, value);
            *place = Value::Object(object);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Document {
        let document = json!({
            "_id": "x", "a": 1, "b": {"c": 2, "d": 3}, "l": [{"x": 1, "y": 2}, 5, {"y": 3}],
        });
        document.as_object().unwrap().clone()
    }

    fn project(argument: Value) -> Result<Value, String> {
        Projection::compile(&argument)
            .and_then(|projection| projection.run(document()))
            .map(Value::Object)
            .map_err(|refusal| refusal.message.into_owned())
    }

    #[test]
    fn projections() {
        for (argument, expected) in [
            (json!({"a": 1}), json!({"_id": "x", "a": 1})),
            (json!({"a": true, "_id": 0}), json!({"a": 1})),
            (json!({"b.c": 1}), json!({"_id": "x", "b": {"c": 2}})),
            (json!({"b": {"c": 1}, "_id": 0}), json!({"b": {"c": 2}})),
            (json!({"l.x": 1, "_id": 0}), json!({"l": [{"x": 1}, {}]})),
            (json!({"_id": 1}), json!({"_id": "x"})),
            (
                json!({"_id": 0, "l": 0, "b.c": 0}),
                json!({"a": 1, "b": {"d": 3}}),
            ),
            (
                json!({"sum": {"$add": ["$a", "$b.c"]}}),
                json!({"_id": "x", "sum": 3}),
            ),
            (
                json!({"_id": "$a", "t": "text", "none": "$none"}),
                json!({"_id": 1, "t": "text"}),
            ),
            (json!({"n": {"m": "$a"}, "_id": 0}), json!({"n": {"m": 1}})),
        ] {
            assert_eq!(project(argument.clone()), Ok(expected), "{argument}");
        }
        for (argument, message) in [
            (
                json!({"a": 1, "b": 0}),
                "Cannot do exclusion on field b in inclusion projection",
            ),
            (json!({"a": {"$bogus": 1}}), "Unrecognized expression '$bogus'"),
            (json!({}), "projection specification must have at least one field"),
        ] {
            assert_eq!(project(argument), Err(message.to_owned()));
        }
    }

    #[test]
    fn fields_are_added() {
        let add = |argument: Value| {
            let fields = Fields::compile(&argument, "$addFields").unwrap();
            let document = fields.run(&document(), document()).unwrap();
            Value::Object(document)
        };
        let added =
            add(json!({"a": "$b.c", "was": "$a", "b.e": 9, "l.z": 1, "b.d": "$$REMOVE", "n": {"m": "x"}}));
        assert_eq!(
            added,
            json!({
                "_id": "x", "a": 2, "b": {"c": 2, "e": 9}, "l": [{"x": 1, "y": 2, "z": 1}, {"z": 1}, {"y": 3, "z": 1}],
                "was": 1, "n": {"m": "x"},
            })
        );
    }
}
