//! Unique indexes: which values of some fields a class holds only once.

use std::collections::HashMap;

use serde_json::Value;

use super::Row;
use crate::options::Index;

/// A sparse unique index, as `ensureUniqueness` of the real server makes it: a row that has none of the fields
/// is not in it, a null is a value, and of an array every element counts.
#[derive(Debug)]
pub(super) struct UniqueIndex {
    fields: Vec<String>,
    /// The id of the row that holds these values, by their JSON text.
    holders: HashMap<String, String>,
}

impl UniqueIndex {
    pub(super) fn new(index: &Index) -> Self {
        Self {
            fields: index.fields.iter().map(|(field, _)| field.clone()).collect(),
            holders: HashMap::new(),
        }
    }

    /// Whether another row than this one holds the values of the row.
    pub(super) fn refuses(&self, id: &str, row: &Row) -> bool {
        self.keys(row)
            .iter()
            .any(|key| self.holders.get(key).is_some_and(|holder| holder != id))
    }

    /// The row that holds a value, in an index of this one field.
    pub(super) fn holder(&self, field: &str, value: &Value) -> Option<&str> {
        let ours = self.fields.len() == 1 && self.fields[0] == field;
        let holder = self.holders.get(&value.to_string());
        holder.filter(|_| ours).map(String::as_str)
    }

    pub(super) fn add(&mut self, id: &str, row: &Row) {
        for key in self.keys(row) {
            self.holders.insert(key, id.to_owned());
        }
    }

    pub(super) fn remove(&mut self, row: &Row) {
        for key in self.keys(row) {
            self.holders.remove(&key);
        }
    }

    /// The entries of a row: one, or one for each element of its array.
    fn keys(&self, row: &Row) -> Vec<String> {
        let value = |field: &String| {
            let mut parts = field.split('.');
            let root = row.get(parts.next()?)?;
            parts.try_fold(root, |value, part| value.get(part))
        };
        let values: Vec<Option<&Value>> = self.fields.iter().map(value).collect();
        if values.iter().all(Option::is_none) {
            return Vec::new();
        }
        let mut entries: Vec<Vec<&Value>> = vec![Vec::new()];
        for value in values {
            let value = value.unwrap_or(&Value::Null);
            let elements: Vec<&Value> = match value {
                Value::Array(items) if !items.is_empty() => items.iter().collect(),
                value => vec![value],
            };
            entries = entries
                .iter()
                .flat_map(|entry| {
                    elements.iter().map(|element| {
                        let mut longer = entry.clone();
                        longer.push(element);
                        longer
                    })
                })
                .collect();
        }
        entries
            .iter()
            .map(|entry| {
                let texts: Vec<String> = entry.iter().map(ToString::to_string).collect();
                texts.join(",")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: &Value) -> Row {
        value.as_object().cloned().unwrap_or_default()
    }

    fn index(fields: &[&str]) -> UniqueIndex {
        let fields = fields.iter().map(|field| (*field).to_owned());
        UniqueIndex::new(&Index::new("A".to_owned(), fields, true))
    }

    #[test]
    fn values_are_held_once() {
        let mut index = index(&["a", "o.b"]);
        let first = row(&json!({"a": 1, "o": {"b": "x"}}));
        index.add("one", &first);
        assert!(index.refuses("two", &first));
        assert!(!index.refuses("one", &first));
        assert!(!index.refuses("two", &row(&json!({"a": 1, "o": {"b": "y"}}))));
        assert!(!index.refuses("two", &row(&json!({"a": 1}))));
        index.remove(&first);
        assert!(!index.refuses("two", &first));
    }

    #[test]
    fn nothing_is_no_value_but_null_is() {
        let mut index = index(&["a"]);
        index.add("one", &row(&json!({})));
        assert!(!index.refuses("two", &row(&json!({}))));
        index.add("one", &row(&json!({"a": null})));
        assert!(index.refuses("two", &row(&json!({"a": null}))));
        index.add("three", &row(&json!({"a": ["x", "y"]})));
        assert!(index.refuses("two", &row(&json!({"a": ["z", "y"]}))));
        assert!(index.refuses("two", &row(&json!({"a": "x"}))));
    }
}
