//! Matching: does a row satisfy a filter, by MongoDB's rules for arrays, nulls and dotted paths.

use std::cmp::Ordering;

use fancy_regex::Regex;
use serde_json::Value;

use super::geo::{Area, Point};
use super::text::TextSearch;
use crate::store::Row;
use crate::store::path::Path;
use crate::value::{compare_alike, contains, equal};

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
    In(Vec<Value>),
    NotIn(Vec<Value>),
    All(Vec<Test>),
    Exists(bool),
    Pattern(Box<Regex>),
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
            Self::In(list) => path.any(row, &mut |leaf| list.iter().any(|operand| equals(leaf, operand))),
            Self::NotIn(list) => !path.any(row, &mut |leaf| list.iter().any(|operand| equals(leaf, operand))),
            Self::All(tests) => !tests.is_empty() && tests.iter().all(|test| test.matches(path, row)),
            Self::Exists(wanted) => path.any(row, &mut |leaf| leaf.is_some()) == *wanted,
            Self::Compare(than, operand) => path.any(row, &mut |leaf| compares(leaf, *than, operand)),
            Self::Pattern(regex) => {
                path.any(row, &mut |leaf| {
                    any_element(leaf, &mut |value| {
                        // A pattern that backtracks beyond all bounds matches nothing.
                        value
                            .as_str()
                            .is_some_and(|text| regex.is_match(text).unwrap_or(false))
                    })
                })
            }
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
