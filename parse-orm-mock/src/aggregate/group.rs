//! `$group`: documents that agree on an expression become one.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::accumulator::{Accumulator, State};
use super::document::Document;
use super::expression::Expression;
use super::mongo;
use crate::refusal::Refusal;

/// The stage.
#[derive(Debug)]
pub(crate) struct Group {
    id: Expression,
    fields: Vec<(String, Accumulator, Expression)>,
}

impl Group {
    pub(crate) fn compile(argument: &Value) -> Result<Self, Refusal> {
        let Value::Object(map) = argument else {
            return Err(mongo("a group's fields must be specified in an object"));
        };
        let id = map
            .get("_id")
            .ok_or_else(|| mongo("a group specification must include an _id"))?;
        let mut fields = Vec::with_capacity(map.len());
        for (name, value) in map.iter().filter(|(name, _)| *name != "_id") {
            if name.contains('.') {
                return Err(mongo(format!("The field name '{name}' cannot contain '.'")));
            }
            if name.starts_with('$') {
                return Err(mongo(format!(
                    "The field name '{name}' cannot be an operator name"
                )));
            }
            let Value::Object(map) = value else {
                return Err(mongo(format!("The field '{name}' must be an accumulator object")));
            };
            let mut entries = map.iter();
            let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
                return Err(mongo(format!("The field '{name}' must specify one accumulator")));
            };
            let accumulator = Accumulator::find(operator)?;
            let expression = match (operator.as_str(), operand) {
                ("$count", Value::Object(empty)) if empty.is_empty() => Expression::Literal(json!(1)),
                ("$count", _) => {
                    return Err(mongo("$count takes no arguments, i.e. $count:{}"));
                }
                (_, Value::Array(items)) if items.len() != 1 => {
                    return Err(mongo(format!("The {operator} accumulator is a unary operator")));
                }
                (_, Value::Array(items)) => Expression::compile(&items[0])?,
                (_, operand) => Expression::compile(operand)?,
            };
            fields.push((name.clone(), accumulator, expression));
        }
        Ok(Self {
            id: Expression::compile(id)?,
            fields,
        })
    }

    /// The groups in the order in which they first appear; MongoDB promises none.
    pub(crate) fn run(&self, documents: &[Document]) -> Result<Vec<Document>, Refusal> {
        let mut groups: Vec<(Value, Vec<State>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for document in documents {
            // What is missing groups with null.
            let id = self.id.evaluate(document)?.unwrap_or_default();
            let place = *places.entry(id.to_string()).or_insert_with(|| {
                let start = |(_, accumulator, _): &(String, Accumulator, Expression)| accumulator.start();
                groups.push((id, self.fields.iter().map(start).collect()));
                groups.len() - 1
            });
            for ((_, accumulator, expression), state) in self.fields.iter().zip(&mut groups[place].1) {
                accumulator.take(state, expression.evaluate(document)?)?;
            }
        }
        let document = |(id, states): (Value, Vec<State>)| {
            let fields = self.fields.iter().zip(states);
            let fields =
                fields.map(|((name, accumulator, _), state)| (name.clone(), accumulator.finish(state)));
            std::iter::once(("_id".to_owned(), id)).chain(fields).collect()
        };
        Ok(groups.into_iter().map(document).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group(argument: Value, documents: &[Document]) -> Result<Vec<Value>, String> {
        let groups = Group::compile(&argument).and_then(|group| group.run(documents));
        let groups = groups.map_err(|refusal| refusal.message.into_owned())?;
        Ok(groups.into_iter().map(Value::Object).collect())
    }

    fn documents(values: &Value) -> Vec<Document> {
        values
            .as_array()
            .unwrap()
            .iter()
            .map(|value| value.as_object().unwrap().clone())
            .collect()
    }

    #[test]
    fn values_of_a_group() {
        let documents = documents(&json!([
            {"g": 1, "n": 2, "t": "b"}, {"g": 1, "n": null, "t": "a"}, {"g": 1, "t": "b"},
            {"n": 5}, {"g": null, "n": "x"},
        ]));
        let argument = json!({
            "_id": "$g", "sum": {"$sum": "$n"}, "avg": {"$avg": "$n"}, "min": {"$min": "$n"}, "max": {"$max": "$n"},
            "count": {"$count": {}}, "push": {"$push": "$t"}, "set": {"$addToSet": "$t"}, "first": {"$first": "$t"},
            "last": {"$last": "$n"},
        });
        assert_eq!(
            group(argument, &documents).unwrap(),
            [
                json!({
                    "_id": 1, "sum": 2, "avg": 2, "min": 2, "max": 2, "count": 3, "push": ["b", "a", "b"],
                    "set": ["b", "a"], "first": "b", "last": null,
                }),
                json!({
                    "_id": null, "sum": 5, "avg": 5, "min": 5, "max": "x", "count": 2, "push": [], "set": [],
                    "first": null, "last": "x",
                }),
            ]
        );
        assert!(group(json!({"_id": null}), &[]).unwrap().is_empty());
        let tenths = vec![Document::from_iter([("n".to_owned(), json!(0.1))]); 10];
        assert_eq!(
            group(json!({"_id": null, "s": {"$sum": "$n"}}), &tenths).unwrap()[0]["s"],
            json!(1)
        );
    }

    #[test]
    fn mistakes() {
        for (argument, message) in [
            (
                json!({"_id": 1, "a": 1}),
                "The field 'a' must be an accumulator object",
            ),
            (
                json!({"_id": 1, "a": {"$bogus": 1}}),
                "unknown group operator '$bogus'",
            ),
            (
                json!({"_id": 1, "a": {"$sum": [1, 2]}}),
                "The $sum accumulator is a unary operator",
            ),
            (
                json!({"_id": 1, "a.b": {"$sum": 1}}),
                "The field name 'a.b' cannot contain '.'",
            ),
            (json!({"_id": {"$bogus": 1}}), "Unrecognized expression '$bogus'"),
        ] {
            assert_eq!(group(argument, &[]), Err(message.to_owned()));
        }
    }

    proptest! {
        /// Against the naive way: filter for each group, then count and add.
        #[test]
        fn sums_of_groups(rows in prop::collection::vec((0_u8..4, prop::option::of(-1000_i64..1000)), 0..60)) {
            let document = |(g, n): &(u8, Option<i64>)| {
                let mut document = Document::from_iter([("g".to_owned(), json!(g))]);
                if let Some(n) = n {
                    document.insert("n".to_owned(), json!(n));
                }
                document
            };
            let documents: Vec<Document> = rows.iter().map(document).collect();
            let argument = json!({
                "_id": "$g", "sum": {"$sum": "$n"}, "count": {"$sum": 1}, "min": {"$min": "$n"},
                "max": {"$max": "$n"}, "avg": {"$avg": "$n"}, "all": {"$push": "$n"},
            });
            let groups = group(argument, &documents).unwrap();
            let mut keys: Vec<u8> = rows.iter().map(|(g, _)| *g).collect();
            keys.sort_unstable();
            keys.dedup();
            prop_assert_eq!(groups.len(), keys.len());
            for key in keys {
                let members: Vec<_> = rows.iter().filter(|(g, _)| *g == key).collect();
                let numbers: Vec<i64> = members.iter().filter_map(|(_, n)| *n).collect();
                let group = groups.iter().find(|group| group["_id"] == json!(key)).unwrap();
                prop_assert_eq!(&group["sum"], &json!(numbers.iter().sum::<i64>()));
                prop_assert_eq!(&group["count"], &json!(members.len()));
                prop_assert_eq!(&group["min"], &json!(numbers.iter().min()));
                prop_assert_eq!(&group["max"], &json!(numbers.iter().max()));
                prop_assert_eq!(&group["all"], &json!(numbers));
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let mean = numbers.iter().sum::<i64>() as f64 / numbers.len() as f64;
                prop_assert_eq!(group["avg"].as_f64(), (!numbers.is_empty()).then_some(mean));
            }
        }
    }
}
