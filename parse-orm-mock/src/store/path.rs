//! Paths into rows, with MongoDB's way through arrays.

use serde_json::Value;

use super::Row;
use crate::value::compare;

/// A field name, split at its dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub(crate) fn new(key: &str) -> Self {
        Self(key.split('.').map(str::to_owned).collect())
    }

    /// A path whose parts may have dots in them.
    pub(crate) fn of<const N: usize>(parts: [&str; N]) -> Self {
        Self(parts.map(str::to_owned).to_vec())
    }

    pub(crate) fn is_object_id(&self) -> bool {
        self.0 == ["objectId"]
    }

    /// The value at the path when no array is crossed.
    pub(crate) fn first<'a>(&self, row: &'a Row) -> Option<&'a Value> {
        let (root, rest) = self.0.split_first()?;
        rest.iter()
            .try_fold(row.get(root)?, |value, part| value.get(part))
    }

    /// Whether an array is at the path or on the way there.
    pub(crate) fn meets_array(&self, row: &Row) -> bool {
        let Some((root, rest)) = self.0.split_first() else {
            return false;
        };
        let mut value = row.get(root);
        for part in rest {
            if value.is_some_and(Value::is_array) {
                return true;
            }
            value = value.and_then(|value| value.get(part));
        }
        value.is_some_and(Value::is_array)
    }

    /// Whether any value at the path passes; a missing one is `None`.
    pub(crate) fn any(&self, row: &Row, test: &mut dyn FnMut(Option<&Value>) -> bool) -> bool {
        let Some((root, rest)) = self.0.split_first() else {
            return false;
        };
        match row.get(root) {
            None => test(None),
            Some(value) => descend(value, rest, test),
        }
    }

    /// The value that a row sorts by: of an array the smallest element, or the largest when descending.
    pub(crate) fn sort_value<'a>(&self, row: &'a Row, descending: bool) -> Option<&'a Value> {
        match self.first(row)? {
            Value::Array(items) if descending => items.iter().max_by(|a, b| compare(a, b)),
            Value::Array(items) => items.iter().min_by(|a, b| compare(a, b)),
            value => Some(value),
        }
    }
}

fn descend(value: &Value, path: &[String], test: &mut dyn FnMut(Option<&Value>) -> bool) -> bool {
    let Some((part, rest)) = path.split_first() else {
        return test(Some(value));
    };
    match value {
        Value::Object(map) => match map.get(part) {
            None => test(None),
            Some(inner) => descend(inner, rest, test),
        },
        Value::Array(items) => {
            let indexed = part.parse::<usize>().ok().and_then(|index| items.get(index));
            if indexed.is_some_and(|item| descend(item, rest, test)) {
                return true;
            }
            let mut objects = items.iter().filter(|item| item.is_object()).peekable();
            if indexed.is_none() && objects.peek().is_none() {
                return test(None);
            }
            objects.any(|item| descend(item, path, test))
        }
        _ => test(None),
    }
}
