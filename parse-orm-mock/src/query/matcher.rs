//! Matching: does a row satisfy a filter, by MongoDB's rules for arrays, nulls and dotted paths.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Value;

use super::geo::{Area, Point};
use super::pattern::Pattern;
use super::text::TextSearch;
use crate::store::Row;
use crate::store::path::Path;
use crate::value::{compare_alike, contains, equal, hash};

/// A filter ready to be asked about rows.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    None(Vec<Filter>),
    Field(Path, Vec<Test>),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Than {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One condition on one field.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Equal(Value),
    NotEqual(Value),
    Compare(Than, Value),
    In(OneOf),
    NotIn(OneOf),
    All(Vec<Test>),
    Exists(bool),
    Pattern(Box<Pattern>),
    /// Some element of the array is none of these.
    ElementBeyond(Vec<Value>),
    Within(Area),
    /// Has a location, at most so many radians away; the rows come nearest first.
    Near(Point, Option<f64>),
    Words(TextSearch),
}

impl Filter {
    pub(crate) fn matches(&self, row: &Row) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(row)),
            Self::None(parts) => !parts.iter().any(|part| part.matches(row)),
            Self::Field(path, tests) => tests.iter().all(|test| test.matches(path, row)),
        }
    }

    /// How many `$nearSphere` there are where one may be.
    pub(crate) fn nears(&self) -> usize {
        match self {
            Self::All(parts) => parts.iter().map(Self::nears).sum(),
            Self::Field(_, tests) => tests.iter().filter(|test| matches!(test, Test::Near(..))).count(),
            _ => 0,
        }
    }

    /// The `$nearSphere` of the filter: it orders the rows.
    pub(crate) fn near(&self) -> Option<(&Path, Point)> {
        match self {
            Self::All(parts) => parts.iter().find_map(Self::near),
            Self::Field(path, tests) => tests.iter().find_map(|test| match test {
                Test::Near(point, _) => Some((path, *point)),
                _ => None,
            }),
            _ => None,
        }
    }

    /// How well a row matches the `$text` of the filter.
    pub(crate) fn score(&self, row: &Row) -> Option<f64> {
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.score(row)),
            Self::Field(path, tests) => tests.iter().find_map(|test| match test {
                Test::Words(search) => path
                    .first(row)
                    .and_then(Value::as_str)
                    .and_then(|text| search.score(text)),
                _ => None,
            }),
            _ => None,
        }
    }
}

impl Test {
    pub(crate) fn matches(&self, path: &Path, row: &Row) -> bool {
        match self {
            Self::Equal(operand) => path.any(row, &mut |leaf| equals(leaf, operand)),
            Self::NotEqual(operand) => !path.any(row, &mut |leaf| equals(leaf, operand)),
            Self::In(list) => path.any(row, &mut |leaf| list.equals(leaf)),
            Self::NotIn(list) => !path.any(row, &mut |leaf| list.equals(leaf)),
            Self::All(tests) => !tests.is_empty() && tests.iter().all(|test| test.matches(path, row)),
            Self::Exists(wanted) => path.any(row, &mut |leaf| leaf.is_some()) == *wanted,
            Self::Compare(than, operand) => path.any(row, &mut |leaf| compares(leaf, *than, operand)),
            Self::Pattern(pattern) => path.any(row, &mut |leaf| {
                any_element(leaf, &mut |value| {
                    value.as_str().is_some_and(|text| pattern.finds(text))
                })
            }),
            Self::ElementBeyond(list) => path.any(row, &mut |leaf| match leaf {
                Some(Value::Array(items)) => items.iter().any(|item| !contains(list, item)),
                _ => false,
            }),
            Self::Within(area) => path.any(row, &mut |leaf| leaf.is_some_and(|value| area.holds(value))),
            Self::Near(centre, limit) => path.any(row, &mut |leaf| {
                let point = leaf.and_then(Point::read);
                point.is_some_and(|point| limit.is_none_or(|limit| centre.distance(point) <= limit))
            }),
            Self::Words(search) => path.any(row, &mut |leaf| {
                any_element(leaf, &mut |value| {
                    value.as_str().is_some_and(|text| search.score(text).is_some())
                })
            }),
        }
    }
}

/// Values, one of which is to be there.
#[derive(Debug, Clone)]
pub(crate) struct OneOf {
    values: Vec<Value>,
    /// Of a long list: where the values of a hash are.
    by_hash: Option<HashMap<u64, Vec<usize>>>,
}

impl From<Vec<Value>> for OneOf {
    fn from(values: Vec<Value>) -> Self {
        const LONG: usize = 8;
        let by_hash = (values.len() >= LONG).then(|| {
            let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::with_capacity(values.len());
            for (place, value) in values.iter().enumerate() {
                by_hash.entry(hash(value)).or_default().push(place);
            }
            by_hash
        });
        Self { values, by_hash }
    }
}

impl OneOf {
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    fn equals(&self, leaf: Option<&Value>) -> bool {
        let Some(by_hash) = &self.by_hash else {
            return self.values.iter().any(|operand| equals(leaf, operand));
        };
        let holds = |value: &Value| {
            let places = by_hash.get(&hash(value)).into_iter().flatten();
            places.into_iter().any(|place| equal(value, &self.values[*place]))
        };
        match leaf {
            None => holds(&Value::Null),
            Some(value) => holds(value) || value.as_array().is_some_and(|items| items.iter().any(holds)),
        }
    }
}

/// A value, or any element of it.
fn any_element(leaf: Option<&Value>, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    match leaf {
        None => false,
        Some(Value::Array(items)) => items.iter().any(test),
        Some(value) => test(value),
    }
}

/// Null equals a missing field; a scalar equals an array that holds it.
fn equals(leaf: Option<&Value>, operand: &Value) -> bool {
    match leaf {
        None => operand.is_null(),
        Some(value) => {
            equal(value, operand) || value.as_array().is_some_and(|items| contains(items, operand))
        }
    }
}

fn compares(leaf: Option<&Value>, than: Than, operand: &Value) -> bool {
    let holds = |value: &Value| match compare_alike(value, operand) {
        None => false,
        Some(order) => match than {
            Than::Less => order == Ordering::Less,
            Than::LessOrEqual => order != Ordering::Greater,
            Than::Greater => order == Ordering::Greater,
            Than::GreaterOrEqual => order != Ordering::Less,
        },
    };
    match leaf {
        None => operand.is_null() && matches!(than, Than::LessOrEqual | Than::GreaterOrEqual),
        Some(value) => holds(value) || value.as_array().is_some_and(|items| items.iter().any(holds)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::query::compile::compile;

    fn filter(value: &Value) -> Filter {
        compile(value.as_object().unwrap(), None).unwrap()
    }

    #[test]
    fn a_long_list_matches_what_its_values_do() {
        let row = json!({"n": 3.0, "t": "Ann", "many": [{"a": 1}, 7], "null": null});
        let row: &Map<String, Value> = row.as_object().unwrap();
        let long = |value: Value| (100..110).map(Value::from).chain([value]).collect::<Value>();
        for (wanted, key, value) in [
            (true, "n", json!(3)),
            (false, "n", json!("3")),
            (true, "t", json!("Ann")),
            (false, "t", json!("ann")),
            (true, "many", json!(7)),
            (true, "null", json!(null)),
            (true, "missing", json!(null)),
            (false, "missing", json!(0)),
        ] {
            for (operator, wanted) in [("$in", wanted), ("$nin", !wanted)] {
                let filter = filter(&json!({key: {operator: long(value.clone())}}));
                assert_eq!(filter.matches(row), wanted, "{key} {operator} {value}");
            }
        }
    }

    #[test]
    fn paths_cross_arrays() {
        let row = json!({"a": [{"b": 1}, {"b": [2, 3]}, 7], "n": null});
        let row: &Map<String, Value> = row.as_object().unwrap();
        for (wanted, value) in [
            (true, json!({"a.b": 1})),
            (true, json!({"a.b": 3})),
            (true, json!({"a.1.b": 2})),
            (false, json!({"a.0.b": 2})),
            (true, json!({"a": 7})),
            (true, json!({"n": null, "missing": null})),
            (false, json!({"a.b": null})),
            (true, json!({"n": {"$lte": null}})),
            (false, json!({"n": {"$lte": 5}})),
            (true, json!({"a.b": {"$gt": 2, "$lt": 2}})),
        ] {
            assert_eq!(filter(&value).matches(row), wanted, "{value}");
        }
    }
}
