//! `$inQuery`, `$notInQuery`, `$select` and `$dontSelect`: run first, then replaced by lists.

use serde_json::{Map, Value, json};

use super::find::{self, Reader};
use super::options::{Find, Shape};
use super::preference::Preferences;
use crate::number::{to_text, truthy};
use crate::refusal::Refusal;

/// Replaces every subquery of a filter, wherever it stands, by its result.
///
/// Its own `limit`, `skip` and `order` count for nothing.
pub(crate) fn resolve(
    reader: Reader<'_>,
    filter: &mut Value,
    preferences: &Preferences,
) -> Result<(), Refusal> {
    let run = Run {
        reader,
        preferences: preferences.of_subquery(),
    };
    for (operator, list) in [
        ("$select", "$in"),
        ("$dontSelect", "$nin"),
        ("$inQuery", "$in"),
        ("$notInQuery", "$nin"),
    ] {
        while let Some(holder) = holder_of(filter, operator) {
            let subquery = holder.shift_remove(operator).unwrap_or_default();
            let values = if operator.ends_with("Query") {
                run.pointers(operator, &subquery)?
            } else {
                run.selected(operator, &subquery)?
            };
            match holder.get_mut(list) {
                Some(Value::Array(known)) => known.extend(values),
                _ => {
                    holder.insert(list.to_owned(), Value::Array(values));
                }
            }
        }
    }
    Ok(())
}

/// What all subqueries of a filter are run with.
struct Run<'a> {
    reader: Reader<'a>,
    preferences: Preferences,
}

impl Run<'_> {
    /// `requestComplexity.subqueryLimit`: the rows beyond it are cut off, unless the master key asks.
    fn limit(&self) -> Option<f64> {
        let limit = self
            .reader
            .options
            .subquery_limit
            .filter(|_| !self.reader.auth.master);
        #[expect(clippy::cast_precision_loss, reason = "a limit is far below 2^53")]
        limit.map(|limit| limit as f64)
    }

    fn pointers(&self, operator: &str, subquery: &Value) -> Result<Vec<Value>, Refusal> {
        let part = |key: &str| subquery.get(key).filter(|value| truthy(value));
        let (Some(filter), Some(class)) = (part("where"), part("className")) else {
            return Err(Refusal::query(format!("improper usage of {operator}")));
        };
        let redirect = part("redirectClassNameForKey").map(to_text);
        let (class, rows) = self.run(class, Some(filter), redirect)?;
        let pointer =
            |row: &Value| json!({"__type": "Pointer", "className": class, "objectId": row["objectId"]});
        Ok(rows.iter().map(pointer).collect())
    }

    fn selected(&self, operator: &str, select: &Value) -> Result<Vec<Value>, Refusal> {
        let improper = || Refusal::query(format!("improper usage of {operator}"));
        let query = select
            .get("query")
            .filter(|query| query.is_object())
            .ok_or_else(improper)?;
        let key = select.get("key").filter(|key| truthy(key)).ok_or_else(improper)?;
        let class = query
            .get("className")
            .filter(|class| truthy(class))
            .ok_or_else(improper)?;
        if select.as_object().is_none_or(|select| select.len() != 2) {
            return Err(improper());
        }
        let redirect = query
            .get("redirectClassNameForKey")
            .filter(|key| truthy(key))
            .map(to_text);
        let (_, rows) = self.run(class, query.get("where"), redirect)?;
        let key = to_text(key);
        let value = |row: &Value| {
            key.split('.')
                .try_fold(row, |value, part| value.get(part))
                .cloned()
        };
        Ok(rows.iter().filter_map(value).collect())
    }

    fn run(
        &self,
        class: &Value,
        filter: Option<&Value>,
        redirect: Option<String>,
    ) -> Result<(String, Vec<Value>), Refusal> {
        let filter = filter.cloned().unwrap_or_else(|| json!({}));
        let shape = Shape {
            preferences: self.preferences.clone(),
            ..Shape::default()
        };
        let found = find::find(
            self.reader,
            &to_text(class),
            Find {
                filter,
                redirect,
                limit: self.limit(),
                shape,
                ..Find::default()
            },
        )?;
        Ok((found.class, found.rows))
    }
}

/// The innermost-first holder of an operator.
fn holder_of<'a>(root: &'a mut Value, operator: &str) -> Option<&'a mut Map<String, Value>> {
    match root {
        Value::Array(items) => items.iter_mut().find_map(|item| holder_of(item, operator)),
        Value::Object(map) => {
            if map.get(operator).is_some_and(truthy) {
                return Some(map);
            }
            map.values_mut().find_map(|value| holder_of(value, operator))
        }
        _ => None,
    }
}
