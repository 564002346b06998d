//! Values as the database sees them: equality by content and MongoDB's order over mixed types.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};

/// One value with its Parse type recognised.
#[derive(Debug, Clone, Copy)]
enum Kind<'a> {
    Null,
    Number(f64),
    Text(&'a str),
    Pointer(&'a str, &'a str),
    Object(&'a Map<String, Value>),
    Array(&'a [Value]),
    Bytes(&'a str),
    Bool(bool),
    Date(&'a str),
}

impl<'a> Kind<'a> {
    fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::Array(items),
            Value::Object(map) => Self::of_object(map),
        }
    }

    fn of_object(map: &'a Map<String, Value>) -> Self {
        let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
        match type_tag(map) {
            Some("Date") => Self::Date(text("iso")),
            Some("Bytes") => Self::Bytes(text("base64")),
            Some("Pointer") => Self::Pointer(text("className"), text("objectId")),
            // The database keeps only the name of a file.
            Some("File") => Self::Text(text("name")),
            _ => Self::Object(map),
        }
    }

    /// MongoDB's order of the types; a comparison matches only inside one of them.
    fn rank(self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
            Self::Pointer(..) => 3,
            Self::Object(_) => 4,
            Self::Array(_) => 5,
            Self::Bytes(_) => 6,
            Self::Bool(_) => 7,
            Self::Date(_) => 8,
        }
    }

    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Self::Text(a), Self::Text(b))
            | (Self::Bytes(a), Self::Bytes(b))
            | (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Pointer(a, x), Self::Pointer(b, y)) => (a, x).cmp(&(b, y)),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(&b),
            (Self::Array(a), Self::Array(b)) => compare_lists(a.iter(), b.iter()),
            (Self::Object(a), Self::Object(b)) => {
                let keys = a.keys().cmp(b.keys());
                compare_lists(a.values(), b.values()).then(keys)
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

fn compare_lists<'a>(a: impl Iterator<Item = &'a Value>, b: impl Iterator<Item = &'a Value>) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match compare(x, y) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

/// The `__type` of an object.
pub(crate) fn type_tag(map: &Map<String, Value>) -> Option<&str> {
    map.get("__type").and_then(Value::as_str)
}

/// Whether the value is an object of this `__type`.
pub(crate) fn is_typed(value: &Value, tag: &str) -> bool {
    value.as_object().and_then(type_tag) == Some(tag)
}

/// The total order used for sorting: types first, then content.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    Kind::of(a).compare(Kind::of(b))
}

/// The order of two values of one type, or `None`: `$gt` and friends never match across types.
pub(crate) fn compare_alike(a: &Value, b: &Value) -> Option<Ordering> {
    let (a, b) = (Kind::of(a), Kind::of(b));
    (a.rank() == b.rank()).then(|| a.compare(b))
}

/// Equality by content: numbers numerically, dates by instant, pointers by class and id, objects regardless
/// of the order of their keys.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (Kind::of(a), Kind::of(b)) {
        (Kind::Object(a), Kind::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, x)| b.get(key).is_some_and(|y| equal(x, y)))
        }
        (Kind::Array(a), Kind::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| equal(x, y)),
        (a, b) => a.rank() == b.rank() && a.compare(b) == Ordering::Equal,
    }
}

/// What equal values have in common. Texts that differ in case only have it, too: names are taken whatever their
/// case.
pub(crate) fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    let kind = Kind::of(value);
    kind.rank().hash(&mut hasher);
    match kind {
        Kind::Null => {}
        // Zero has two signs.
        Kind::Number(number) => (number + 0.0).to_bits().hash(&mut hasher),
        Kind::Text(text) => text.to_lowercase().hash(&mut hasher),
        Kind::Pointer(class, id) => (class, id).hash(&mut hasher),
        Kind::Object(map) => {
            let entries = map.iter().map(|(key, value)| {
                let mut hasher = DefaultHasher::new();
                (key, hash(value)).hash(&mut hasher);
                hasher.finish()
            });
            // In whatever order they come.
            entries.fold(0, u64::wrapping_add).hash(&mut hasher);
        }
        Kind::Array(items) => items.iter().for_each(|item| hash(item).hash(&mut hasher)),
        Kind::Bytes(text) | Kind::Date(text) => text.hash(&mut hasher),
        Kind::Bool(truth) => truth.hash(&mut hasher),
    }
    hasher.finish()
}

/// Whether a list holds the value.
pub(crate) fn contains(list: &[Value], value: &Value) -> bool {
    list.iter().any(|item| equal(item, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equality_is_by_content() {
        let pointer = json!({"__type": "Pointer", "className": "A", "objectId": "1"});
        let turned = json!({"objectId": "1", "className": "A", "__type": "Pointer"});
        assert!(equal(&pointer, &turned));
        assert!(equal(&json!(1), &json!(1.0)));
        assert!(equal(&json!({"a": 1, "b": [2.0]}), &json!({"b": [2], "a": 1})));
        assert_eq!(hash(&json!({"a": [1, -0.0]})), hash(&json!({"a": [1.0, 0]})));
        assert_eq!(hash(&pointer), hash(&turned));
        assert_eq!(hash(&json!("Ann")), hash(&json!("ann")));
        assert_ne!(hash(&json!("1")), hash(&json!(1)));
        assert!(!equal(&json!("1"), &json!(1)));
        assert!(!equal(&json!({"a": 1}), &json!({"a": 1, "b": null})));
    }

    #[test]
    fn types_have_an_order_and_do_not_compare_across() {
        let date = json!({"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"});
        let mut values = [
            date.clone(),
            json!(true),
            json!([1]),
            json!({"a": 1}),
            json!("x"),
            json!(3),
            json!(null),
        ];
        values.sort_by(compare);
        assert_eq!(values[0], json!(null));
        assert_eq!(values[1], json!(3));
        assert_eq!(values[2], json!("x"));
        assert_eq!(values[6], date);
        assert_eq!(compare_alike(&json!("x"), &json!(3)), None);
    }
}
