//! How far a reader of ordered rows has come, and which rows are left.
//!
//! Databases differ in whether rows without a value come first or last. A position therefore keeps both
//! parts of every key apart: how far the rows with a value were read, and how far those without. What is
//! left is exactly what neither has passed, wherever the server puts it.

use super::condition::{Holds, Node, Test};
use super::operand::Operand;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;

/// A place in the order of some keys, of which this is the first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The last value that was passed, and the place among the rows that share it.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    value: Option<(Value, Box<Self>)>,
    /// The place among the rows without a value, if any of them was passed.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    null: Option<Box<Self>>,
}

impl Position {
    /// Passes a row with these values of the keys.
    pub(super) fn pass(&mut self, values: &[Value]) {
        let Some((value, rest)) = values.split_first() else {
            return;
        };
        if value.is_null() {
            self.null.get_or_insert_default().pass(rest);
            return;
        }
        match &mut self.value {
            Some((passed, within)) if passed == value => within.pass(rest),
            last => {
                let mut within = Box::<Self>::default();
                within.pass(rest);
                *last = Some((value.clone(), within));
            }
        }
    }

    /// True when every value is one that rows are ordered by. What a stranger hands in may be anything, and
    /// would become part of a condition: no operators.
    pub(super) fn is_plain(&self) -> bool {
        let plain = |value: &Value| match value {
            Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::Object(date) => {
                date.len() == 2
                    && date.get("__type").is_some_and(|kind| kind == "Date")
                    && date.get("iso").is_some_and(Value::is_string)
            }
            _ => false,
        };
        self.value
            .as_ref()
            .is_none_or(|(value, within)| plain(value) && within.is_plain())
            && self.null.as_ref().is_none_or(|within| within.is_plain())
    }

    /// The condition of the rows that are left; `None`: all of them. The last key is unique.
    pub(super) fn rest(&self, order: &[(Cow<'static, str>, bool)]) -> Option<Node> {
        let ((key, descending), deeper) = order.split_first()?;
        let test = |operator, value: Value| Node::Test {
            key: key.clone(),
            holds: Holds::One,
            test: Test::Compare(operator, Operand::json(value)),
        };
        let within = |value: Value, position: &Self| match position.rest(deeper) {
            Some(rest) => Node::And(vec![test("$eq", value), rest]),
            None => test("$eq", value),
        };
        let mut left = Vec::new();
        match &self.value {
            None if self.null.is_none() => return None,
            // PostgreSQL knows no `$ne` of null within an embedded object
            None if key.contains('.') => left.push(Node::Nor(vec![test("$eq", Value::Null)])),
            None => left.push(test("$ne", Value::Null)),
            Some((value, position)) => {
                match value {
                    // truth values have an order, but not every database compares them
                    Value::Bool(value) if value == descending => left.push(test("$eq", Value::Bool(!value))),
                    Value::Bool(_) => {}
                    // PostgreSQL does not compare with an empty text either; nothing is before it
                    Value::String(empty) if empty.is_empty() => {
                        if !descending {
                            let others = [value.clone(), Value::Null].map(|value| test("$eq", value));
                            left.push(Node::Nor(others.into()));
                        }
                    }
                    value => left.push(test(if *descending { "$lt" } else { "$gt" }, value.clone())),
                }
                if !deeper.is_empty() {
                    left.push(within(value.clone(), position));
                }
            }
        }
        match &self.null {
            Some(position) => left.push(within(Value::Null, position)),
            // every row has these
            None if is_always_there(key) => {}
            None => left.push(test("$eq", Value::Null)),
        }
        Some(if left.len() == 1 {
            left.remove(0)
        } else {
            Node::Or(left)
        })
    }
}

/// True for what no row is without.
pub(super) fn is_always_there(key: &str) -> bool {
    matches!(key, "objectId" | "createdAt" | "updatedAt")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rest(order: &[(&'static str, bool)], passed: &[Value]) -> Value {
        let order: Vec<_> = order
            .iter()
            .map(|(key, descending)| (Cow::Borrowed(*key), *descending))
            .collect();
        let mut position = Position::default();
        for row in passed {
            position.pass(row.as_array().unwrap());
        }
        serde_json::to_value(position.rest(&order)).unwrap()
    }

    #[test]
    fn by_id_it_is_one_comparison() {
        assert_eq!(rest(&[("objectId", false)], &[]), Value::Null);
        assert_eq!(
            rest(&[("objectId", false)], &[json!(["a"]), json!(["b"])]),
            json!({"objectId": {"$gt": "b"}})
        );
    }

    #[test]
    fn ties_are_broken_by_the_next_key_and_rows_without_a_value_are_not_forgotten() {
        assert_eq!(
            rest(
                &[("score", true), ("objectId", false)],
                &[json!([7, "a"]), json!([5, "b"])]
            ),
            json!({"$or": [
                {"score": {"$lt": 5}},
                {"score": 5, "objectId": {"$gt": "b"}},
                {"score": null},
            ]})
        );
    }

    #[test]
    fn rows_without_a_value_that_came_first_leave_the_others() {
        assert_eq!(
            rest(&[("score", false), ("objectId", false)], &[json!([null, "c"])]),
            json!({"$or": [{"score": {"$ne": null}}, {"score": null, "objectId": {"$gt": "c"}}]})
        );
    }

    #[test]
    fn within_embedded_objects_rows_with_a_value_are_those_that_are_not_without() {
        assert_eq!(
            rest(&[("home.city", true), ("objectId", false)], &[json!([null, "c"])]),
            json!({"$or": [
                {"$nor": [{"home.city": null}]},
                {"home.city": null, "objectId": {"$gt": "c"}},
            ]})
        );
    }

    #[test]
    fn nothing_is_before_an_empty_text() {
        let rest = |descending| rest(&[("name", descending), ("objectId", false)], &[json!(["", "c"])]);
        let equal = json!({"name": "", "objectId": {"$gt": "c"}});
        assert_eq!(rest(true), json!({"$or": [equal, {"name": null}]}));
        assert_eq!(
            rest(false),
            json!({"$or": [{"$nor": [{"name": ""}, {"name": null}]}, equal, {"name": null}]})
        );
    }

    #[test]
    fn what_a_stranger_hands_in_holds_no_operators() {
        let read = |json: Value| serde_json::from_value::<Position>(json).unwrap().is_plain();
        let date = json!({"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"});
        assert!(read(json!({"v": [date, {"v": ["id", {}], "n": {}}]})));
        assert!(read(json!({"v": [1.5, {}]})) && read(json!({"v": [true, {}]})));
        for value in [
            json!({"$regex": "^a"}),
            json!({"__type": "Date", "iso": "x", "$gt": 1}),
            json!({"__type": "Pointer", "iso": "x"}),
            json!([1]),
            json!(null),
        ] {
            assert!(!read(json!({"v": [value, {}]})), "{value}");
            assert!(!read(json!({"n": {"v": ["a", {"v": [value, {}]}]}})), "{value}");
        }
    }

    #[test]
    fn truth_values_are_only_compared_for_equality() {
        assert_eq!(
            rest(&[("done", false), ("objectId", false)], &[json!([false, "c"])]),
            json!({"$or": [{"done": true}, {"done": false, "objectId": {"$gt": "c"}}, {"done": null}]})
        );
    }
}
